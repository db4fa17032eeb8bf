"""One drug given once: its attributes, how it was given, and what each witness says of its times."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, get_args

from models.encounter import Administration, Fault, Flow
from models.field import Technique
from streams.ordering import Dated
from streams.witness import SILENT, testimony

GIVEN = frozenset({"infusion_started", "push_given", "injection_given", "administration_charted"})
"""The events that say what was given; the others only say how an infusion went on."""

_BOLUS: dict[str, Technique] = {"push_given": "push", "injection_given": "injection"}
_MOMENTARY: frozenset[Technique] = frozenset({"push", "injection", "on_body_injector"})
_FLOWING: frozenset[Technique | None] = frozenset({"infusion", "prolonged_pump", "pca"})
_INJECTED = frozenset({"IM", "INTRAMUSCULAR", "SC", "SQ", "SUBQ", "SUBCUT", "SUBCUTANEOUS"})
_ATTRIBUTES = Administration._fields[2 : Administration._fields.index("given_at")]
"""What is known of it as charted, in the order of the fields: the drug, the route, the order and so on."""
_attributes_in = itemgetter(*_ATTRIBUTES)
_UNKNOWN: dict[str, Any] = dict.fromkeys(_ATTRIBUTES)
_FAULT_ORDER: tuple[Fault, ...] = get_args(Fault)
_PUMP = "pump"


def _precedence(entry: Dated) -> tuple[bool, float, bool, float, str, str, str]:
    """Return the key under which the event whose word counts comes last: the nurse's, then the latest stored."""
    return (
        entry.source != _PUMP,
        entry.recorded,
        entry.event.type == "administration_charted",
        entry.at,
        entry.source,
        entry.event_id,
        entry.encounter_id,
    )


def _attributes(given: Sequence[Dated]) -> dict[str, Any]:
    """Return, field by field, the last known value; ``given`` is in order of precedence."""
    if not given:
        return _UNKNOWN
    if len(given) == 1:
        return vars(given[0].event)
    known = dict(_UNKNOWN)
    for entry in given:
        known.update((field, value) for field, value in vars(entry.event).items() if value is not None)
    return known


def _flows_by_itself(entry: Dated) -> bool:
    """Tell whether this event alone says that something was infused."""
    event = entry.event
    if event.type == "infusion_started":
        return True
    if event.type != "administration_charted":
        return False
    if event.technique is None:
        return event.stopped_at is not None or bool(event.intervals)
    return event.technique in _FLOWING


def _technique(given: Sequence[Dated], known: dict[str, Any]) -> Technique:
    """
    Return how it was given: as charted, else as its events tell.

    A push that shares its id with an infusion is a bolus from the bag, so it has no say (R-PUSH-7).
    """
    if len(given) == 1:
        event = given[0].event
        said: Technique | None = known["technique"]
        if said is not None or event.type != "administration_charted":
            return said or _BOLUS.get(event.type, "infusion")
    infused = any(_flows_by_itself(entry) for entry in given)
    stated: Technique | None = None
    told: Technique | None = None
    for entry in given:
        event = entry.event
        if event.type in _BOLUS:
            told = _BOLUS[event.type]
            if infused:
                continue
        stated = vars(event)["technique"] or stated
    if stated is not None:
        return stated
    if infused:
        return "infusion"
    if told is not None:
        return told
    return "injection" if str(known["route"]).upper() in _INJECTED else "infusion"


def administration(administration_id: str, entries: Sequence[Dated]) -> Administration:
    """
    Return what these events, in time order and all about one administration, say of it.

    The nurse's word on what was given outweighs the pump's (R-DOC-7); whose times are billed is not decided here.
    """
    given, pumped = [], []
    for entry in entries:
        if entry.event.type in GIVEN:
            given.append(entry)
        if entry.source == _PUMP:
            pumped.append(entry)
    if len(given) > 1:
        given.sort(key=_precedence)
    known = _attributes(given)
    technique = _technique(given, known)
    momentary = technique in _MOMENTARY
    if pumped:
        charted = [entry for entry in entries if entry.source != _PUMP]
        nurse = testimony(charted, momentary=momentary) if charted else SILENT
        pump = testimony(pumped, momentary=momentary)
    else:
        nurse, pump = testimony(entries, momentary=momentary), SILENT
    given_at = nurse.start if nurse.start is not None else pump.start
    if given_at is None and technique != "infusion":
        given_at = nurse.moment if nurse.moment is not None else pump.moment
    faults = nurse.faults if nurse.heard else pump.faults
    return Administration._make(
        (
            administration_id,
            technique,
            *_attributes_in(known),
            given_at,
            nurse.flows,
            pump.flows or _ended_by_pump(nurse.flows, pumped),
            nurse.rates or pump.rates,
            nurse.bag_changes or pump.bag_changes,
            nurse.stop_reason or pump.stop_reason,
            _touched(entries, given_at),
            tuple(sorted(faults, key=_FAULT_ORDER.index)) if len(faults) > 1 else faults,
        )
    )


def _ended_by_pump(flows: tuple[Flow, ...], pumped: Sequence[Dated]) -> tuple[Flow, ...]:
    """Return the pump's record of a flow only the nurse saw begin: its end, told by the pump (11.2, step 3)."""
    if not pumped or not flows or flows[-1].stop is not None:
        return ()
    begun = flows[-1].start
    stops = [int(entry.at) for entry in pumped if entry.event.type == "infusion_stopped" and entry.at > begun]
    return (*flows[:-1], Flow(begun, stops[-1])) if stops else ()


def _touched(entries: Sequence[Dated], since: int | None) -> tuple[int, ...]:
    """Return every instant after the start at which a witness said something, in time order."""
    if len(entries) == 1:
        at = int(entries[0].at)
        return () if since is not None and at <= since else (at,)
    instants = {int(entry.at) for entry in entries}
    return tuple(sorted(instants if since is None else [at for at in instants if at > since]))
