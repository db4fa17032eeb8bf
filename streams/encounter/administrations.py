"""One drug given once: what was given, and what each witness says of its times."""

from collections.abc import Sequence
from typing import Final, get_args

from models.build import build
from models.encounter import Administration, Fault, Flow
from streams.encounter.dated_event import DatedEvent
from streams.encounter.drug_given import GIVEN, MOMENTARY, PUMP, drug_given
from streams.encounter.source_record import NO_RECORD, source_record
from streams.encounter.uncorrected import uncorrected

_FAULT_ORDER: Final[tuple[Fault, ...]] = get_args(Fault)


def administration(administration_id: str, entries: Sequence[DatedEvent]) -> Administration:
    """
    Return what these events, in time order and all about one administration, say of it.

    The nurse's word on what was given outweighs the pump's (R-DOC-7); whose times are billed is not decided here.
    """
    return uncorrected(administration_id, entries) or resolved(administration_id, entries)


def resolved(administration_id: str, entries: Sequence[DatedEvent]) -> Administration:
    """Return the same for any events, however many witnesses, corrections and contradictions there are."""
    given, pumped = [], []
    for entry in entries:
        if entry.fields["type"] in GIVEN:
            given.append(entry)
        if entry.source == PUMP:
            pumped.append(entry)
    attributes, technique = drug_given(given)
    momentary = technique in MOMENTARY
    nurse = pump = NO_RECORD
    if pumped:
        pump = source_record(pumped, momentary=momentary)
    if len(pumped) < len(entries):
        charted = [entry for entry in entries if entry.source != PUMP] if pumped else entries
        nurse = source_record(charted, momentary=momentary)
    given_at = pump.start if nurse.start is None else nurse.start
    if given_at is None and technique != "infusion":
        given_at = pump.moment if nurse.moment is None else nurse.moment
    faults = nurse.faults if nurse.heard else pump.faults
    return build(
        Administration,
        (
            administration_id,
            technique,
            *attributes,
            given_at,
            nurse.flows,
            pump.flows or _ended_by_pump(nurse.flows, pumped),
            nurse.rates or pump.rates,
            nurse.bag_changes or pump.bag_changes,
            nurse.stop_reason or pump.stop_reason,
            _touched(entries, given_at),
            tuple(sorted(faults, key=_FAULT_ORDER.index)) if len(faults) > 1 else faults,
        ),
    )


def _ended_by_pump(flows: tuple[Flow, ...], pumped: Sequence[DatedEvent]) -> tuple[Flow, ...]:
    """Return the pump's record of a flow only the nurse saw begin: its end, told by the pump (11.2, step 3)."""
    if not pumped or not flows or flows[-1].stop is not None:
        return ()
    begun = flows[-1].start
    stops = [int(entry.at) for entry in pumped if entry.event.type == "infusion_stopped" and entry.at > begun]
    return (*flows[:-1], Flow(begun, stops[-1])) if stops else ()


def _touched(entries: Sequence[DatedEvent], since: int | None) -> tuple[int, ...]:
    """Return every instant after the start at which a witness said something, in time order."""
    touched = []
    last = -1 if since is None else since
    for entry in entries:
        at = int(entry.at)
        if at > last:
            touched.append(at)
            last = at
    return tuple(touched)
