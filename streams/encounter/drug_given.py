"""What was given, as charted: its attributes, field by field, and how it was given."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

from models.drug import Drug
from models.encounter import Administration
from models.event_subject import RUNNING
from models.field import Technique
from rules.formulary.routes import read_route
from streams.encounter.dated_event import DatedEvent

AS_IT_WENT: Final = RUNNING | {"infusion_started"}
"""The events that tell of an infusion as it goes, not afterwards."""

BOLUS: Final[dict[str, Technique]] = {"push_given": "push", "injection_given": "injection"}
MOMENTARY: Final[frozenset[Technique]] = frozenset({"push", "injection", "on_body_injector"})
PUMP: Final = "pump"
"""The source that counts least on what was given (R-DOC-7)."""

_FLOWING: Final[frozenset[Technique | None]] = frozenset({"infusion", "prolonged_pump", "pca"})
_ATTRIBUTES: Final = Administration._fields[2 : Administration._fields.index("given_at")]
_UNKNOWN: Final[tuple[Any, ...]] = (None,) * len(_ATTRIBUTES)
_DRUG: Final = _ATTRIBUTES.index("drug")
"""The first of them, which ``drug_given`` relies on."""
_ROUTE: Final = _ATTRIBUTES.index("route")

attributes_in: Final = attrgetter(*_ATTRIBUTES)
"""Everything an event says was given, from the drug to the complexity, in the order of ``Administration``."""


def _precedence(entry: DatedEvent) -> tuple[bool, float, bool, float, str, str, str]:
    """Return a sort key that puts the event that counts last: the nurse's after the pump's, then the latest stored."""
    return (
        entry.source != PUMP,
        entry.recorded,
        entry.kind == "administration_charted",
        entry.at,
        entry.source,
        entry.event_id,
        entry.encounter_id,
    )


def drug_given(entries: list[DatedEvent]) -> tuple[tuple[Any, ...], Technique]:
    """Return the last known value of every attribute, and how it was given, from the events that say so."""
    known = _UNKNOWN
    if len(entries) > 1:
        entries.sort(key=_precedence)
    for entry in entries:
        attributes = attributes_in(entry.fields)
        if known is _UNKNOWN:
            known = attributes
        else:
            known = (
                same_drug(known[_DRUG], attributes[_DRUG]),
                *[
                    old if new is None else new
                    for old, new in zip(known[_DRUG + 1 :], attributes[_DRUG + 1 :], strict=True)
                ],
            )
    return known, _technique(entries, known[_ROUTE])


def same_drug(old: Drug | None, new: Drug | None) -> Drug | None:
    """
    Return what two words say was given, the later one second.

    A word that names no drug only says the class of the one that is known. The class said of a drug holds as long as
    the drug is the same; another drug's is asked anew.
    """
    if old is None or new is None:
        return old or new
    if old is new:  # as nearly always: events that are decoded together share the drugs they name
        return new
    if not (new.name or new.code or new.ingredients):
        return (
            old if new.billing_class is None else old.model_copy(update={"billing_class": new.billing_class})
        )
    if new.billing_class is not None or old.billing_class is None:
        return new
    unnamed = not (old.name or old.code or old.ingredients)
    if unnamed or old.model_copy(update={"billing_class": None}) == new:
        return new.model_copy(update={"billing_class": old.billing_class})
    return new


def _flows_by_itself(entry: DatedEvent) -> bool:
    """Tell whether this event alone says that something was infused."""
    event = entry.event
    if event.type == "infusion_started":
        return True
    if event.type != "administration_charted":
        return False
    if event.technique is None:
        return event.stopped_at is not None or bool(event.intervals)
    return event.technique in _FLOWING


def _technique(entries: Sequence[DatedEvent], route: str | None) -> Technique:
    """
    Return how it was given: as charted, else as its events show; ``entries`` are in order of precedence.

    A push that shares its id with an infusion is a bolus from the bag and does not count (R-PUSH-7).
    """
    infused = any(map(_flows_by_itself, entries))
    stated: Technique | None = None
    by_event: Technique | None = None
    for entry in entries:
        bolus = BOLUS.get(entry.kind)
        if bolus is not None:
            by_event = bolus
            if infused:
                continue
        stated = entry.fields.technique or stated
    if stated is not None:
        return stated
    if infused:
        return "infusion"
    if by_event is not None:
        return by_event
    return _technique_of_route(route)


def _technique_of_route(route: str | None) -> Technique:
    """Return how a drug was given of which only the route is charted: as the route's words say, else by its kind."""
    read = read_route(route)
    if read is None:
        return "infusion"
    return read.technique or ("injection" if read.route in {"SC", "IM"} else "infusion")
