"""One drug given once: what was given, and what the nurse and the pump each record of its times."""

from collections.abc import Sequence
from typing import Final, get_args

from models.build import build
from models.encounter import Administration, Fault, Flow
from models.event_subject import GIVEN
from streams.encounter.dated_event import DatedEvent
from streams.encounter.drug_given import AS_IT_WENT, MOMENTARY, PUMP, drug_given
from streams.encounter.future_times import from_the_future
from streams.encounter.source_record import NO_RECORD, source_record
from streams.encounter.uncorrected import uncorrected

_FAULT_ORDER: Final[tuple[Fault, ...]] = get_args(Fault)


def administration(administration_id: str, entries: Sequence[DatedEvent]) -> Administration:
    """
    Return what these events, in time order and all about one administration, say of it.

    The nurse's record of what was given outweighs the pump's (R-DOC-7). The rules decide whose times are billed.
    """
    return uncorrected(administration_id, entries) or resolved(administration_id, entries)


def resolved(administration_id: str, entries: Sequence[DatedEvent]) -> Administration:
    """Return the same for any events, however many sources, corrections and contradictions there are."""
    drug_entries, pump_entries = [], []
    for entry in entries:
        if entry.kind in GIVEN:
            drug_entries.append(entry)
        if entry.source == PUMP:
            pump_entries.append(entry)
    attributes, technique = drug_given(drug_entries)
    momentary = technique in MOMENTARY
    nurse = pump = NO_RECORD
    if pump_entries:
        pump = source_record(pump_entries, momentary=momentary)
    if len(pump_entries) < len(entries):
        nurse_entries = [entry for entry in entries if entry.source != PUMP] if pump_entries else entries
        nurse = source_record(nurse_entries, momentary=momentary)
    given_at = pump.start if nurse.start is None else nurse.start
    if not drug_entries:  # only how it went on is told: whatever opened its flow was no start (R-DOC-4)
        given_at = None
    if given_at is None and technique != "infusion":
        given_at = pump.moment if nurse.moment is None else nurse.moment
    record = nurse if nurse.timed else pump
    faults = (*record.faults, "future_time") if from_the_future(entries) else record.faults
    return build(
        Administration,
        (
            administration_id,
            technique,
            *attributes,
            given_at,
            nurse.flows,
            pump.flows or _ended_by_pump(nurse.flows, pump_entries),
            nurse.rates or pump.rates,
            nurse.bag_changes or pump.bag_changes,
            nurse.stop_reason or pump.stop_reason,
            _instants_after(entries, given_at),
            tuple(sorted(faults, key=_FAULT_ORDER.index)) if len(faults) > 1 else faults,
            record.open_pause,
            _last_seen(entries),
            (),  # what was thrown away, the stay knows
        ),
    )


def _ended_by_pump(flows: tuple[Flow, ...], pump_entries: Sequence[DatedEvent]) -> tuple[Flow, ...]:
    """Return the pump's record of a flow that only the nurse saw begin: it ends where the pump stopped (11.2, step 3)."""
    if not pump_entries or not flows or flows[-1].stop is not None:
        return ()
    begun = flows[-1].start
    stops = [
        int(entry.at) for entry in pump_entries if entry.event.type == "infusion_stopped" and entry.at > begun
    ]
    return (*flows[:-1], Flow(begun, stops[-1])) if stops else ()


def _last_seen(entries: Sequence[DatedEvent]) -> int | None:
    """Return the last instant at which an infusion was told as it went; a chart entry tells it afterwards."""
    return next((int(entry.at) for entry in reversed(entries) if entry.kind in AS_IT_WENT), None)


def _instants_after(entries: Sequence[DatedEvent], since: int | None) -> tuple[int, ...]:
    """Return every instant after the start at which something was recorded, in epoch seconds and time order."""
    touched = []
    last = -1 if since is None else since
    for entry in entries:
        at = int(entry.at)
        if at > last:
            touched.append(at)
            last = at
    return tuple(touched)
