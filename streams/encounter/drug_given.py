"""What was given, as charted: its attributes, field by field, and how it was given."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

from models.encounter import Administration
from models.field import Technique
from rules.formulary.routes import read_route
from streams.encounter.dated_event import DatedEvent

GIVEN: Final = frozenset({"infusion_started", "push_given", "injection_given", "administration_charted"})
"""The events that say what was given; the others only say how an infusion went on."""

BOLUS: Final[dict[str, Technique]] = {"push_given": "push", "injection_given": "injection"}
MOMENTARY: Final[frozenset[Technique]] = frozenset({"push", "injection", "on_body_injector"})
PUMP: Final = "pump"
"""The source whose word counts least on what was given (R-DOC-7)."""

_FLOWING: Final[frozenset[Technique | None]] = frozenset({"infusion", "prolonged_pump", "pca"})
_ATTRIBUTES: Final = Administration._fields[2 : Administration._fields.index("given_at")]
_UNKNOWN: Final[tuple[Any, ...]] = (None,) * len(_ATTRIBUTES)
_ROUTE: Final = _ATTRIBUTES.index("route")

attributes_in: Final = itemgetter(*_ATTRIBUTES)
"""Everything an event says was given, from the drug to the complexity, in the order of ``Administration``."""


def _precedence(entry: DatedEvent) -> tuple[bool, float, bool, float, str, str, str]:
    """Return the key under which the event whose word counts comes last: the nurse's, then the latest stored."""
    return (
        entry.source != PUMP,
        entry.recorded,
        entry.fields["type"] == "administration_charted",
        entry.at,
        entry.source,
        entry.event_id,
        entry.encounter_id,
    )


def drug_given(given: list[DatedEvent]) -> tuple[tuple[Any, ...], Technique]:
    """Return the last known value of every attribute, and how it was given, from the events that say so."""
    known = _UNKNOWN
    if len(given) > 1:
        given.sort(key=_precedence)
    for entry in given:
        said = attributes_in(entry.fields)
        if known is _UNKNOWN:
            known = said
        else:
            known = tuple([old if new is None else new for old, new in zip(known, said, strict=True)])
    return known, _technique(given, known[_ROUTE])


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


def _technique(given: Sequence[DatedEvent], route: str | None) -> Technique:
    """
    Return how it was given: as charted, else as its events tell; ``given`` is in order of precedence.

    A push that shares its id with an infusion is a bolus from the bag, so it has no say (R-PUSH-7).
    """
    infused = any(map(_flows_by_itself, given))
    stated: Technique | None = None
    told: Technique | None = None
    for entry in given:
        said = entry.fields
        bolus = BOLUS.get(said["type"])
        if bolus is not None:
            told = bolus
            if infused:
                continue
        stated = said["technique"] or stated
    if stated is not None:
        return stated
    if infused:
        return "infusion"
    if told is not None:
        return told
    return _technique_of_route(route)


def _technique_of_route(route: str | None) -> Technique:
    """Return how a drug was given of which only the route is charted: as the route's words say, else by its kind."""
    read = read_route(route)
    if read is None:
        return "infusion"
    return read.technique or ("injection" if read.route in {"SC", "IM"} else "infusion")
