"""
What one source, the nurse or the pump, records of one administration.

A charted administration states the whole; the source's live events fill in what it leaves open.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from models.build import build
from models.encounter import Fault, Flow
from models.event import AdministrationCharted
from models.field import StopReason
from streams.encounter.chart_entries import hang_first, with_other_end
from streams.encounter.dated_event import DatedEvent, by_record
from streams.encounter.epoch import epoch_seconds
from streams.encounter.flow_intervals import (
    BAG,
    PAUSE,
    RATE_SET,
    RATE_ZERO,
    RESUME,
    START,
    STOP,
    FlowEvent,
    FlowReading,
    flow_intervals_of,
    stated_flows,
)
from streams.encounter.whole_seconds import Exact, whole_flows, whole_stretch

_FLOW_EVENTS = {
    "infusion_started": START,
    "infusion_paused": PAUSE,
    "infusion_resumed": RESUME,
    "infusion_bag_changed": BAG,
    "infusion_stopped": STOP,
}
_POSSIBLE_IN_A_MOMENT: frozenset[Fault] = frozenset({"stop_before_start", "overlapping_intervals"})


class SourceRecord(NamedTuple):
    """One source's record of one administration; instants in whole epoch seconds."""

    flows: tuple[Flow, ...]
    faults: tuple[Fault, ...]
    start: int | None
    """When it began, whether or not anything flowed."""
    moment: int | None
    """When a push or an injection was given."""
    rates: tuple[tuple[int, Decimal], ...]
    bag_changes: tuple[int, ...]
    stop_reason: StopReason | None
    open_pause: Flow | None = None
    """From a pause that was never resumed to the stop that followed it."""
    timed: bool = True
    """Whether it says when anything flowed; a bolus alone says nothing about the infusion."""


NO_RECORD = SourceRecord(
    timed=False, flows=(), faults=(), start=None, moment=None, rates=(), bag_changes=(), stop_reason=None
)
"""The source recorded nothing."""


class _SourceEvents:
    """The events of one source, sorted by kind; they come in time order."""

    __slots__ = (
        "bag_changes",
        "bolus",
        "changed_rates",
        "charted",
        "flow_events",
        "latest_charted",
        "started_rates",
        "stop_reason",
    )

    def __init__(self, entries: Sequence[DatedEvent]) -> None:
        self.flow_events: list[FlowEvent] = []
        self.charted: DatedEvent | None = None
        self.latest_charted: DatedEvent | None = None
        self.bolus: DatedEvent | None = None
        self.started_rates: dict[int, Decimal] = {}
        self.changed_rates: dict[int, Decimal] = {}
        self.bag_changes: dict[int, None] = {}
        self.stop_reason: StopReason | None = None
        for entry in entries:
            fields = entry.fields
            kind = entry.kind
            if kind in _FLOW_EVENTS:
                self.flow_events.append((entry.at, _FLOW_EVENTS[kind]))
                if kind == "infusion_stopped":
                    self.stop_reason = fields.reason or self.stop_reason
                elif kind == "infusion_started" and fields.rate_ml_per_h is not None:
                    self.started_rates[int(entry.at)] = fields.rate_ml_per_h
                elif kind == "infusion_bag_changed":
                    self.bag_changes[int(entry.at)] = None
            elif kind == "infusion_rate_changed":
                self._change_rate(entry.at, fields.rate_ml_per_h)
            elif kind == "administration_charted":
                self.charted = _whole(self.charted, entry)
                self.latest_charted = _later(self.latest_charted, entry)
            elif kind != "infusion_bolus":  # out of the bag: it neither opens nor ends a flow
                self.bolus = _later(self.bolus, entry)

    def _change_rate(self, at: float, rate: Decimal) -> None:
        self.flow_events.append((at, RATE_SET if rate else RATE_ZERO))
        if rate or int(at) not in self.changed_rates:
            self.changed_rates[int(at)] = rate

    def rates(self) -> tuple[tuple[int, Decimal], ...]:
        """Return every rate with the instant from which it held; a change outweighs a start at one instant."""
        known = {**self.started_rates, **self.changed_rates}
        return tuple(sorted(known.items())) if known else ()


def _first(flow_events: Iterable[FlowEvent], wanted: int) -> float | None:
    for at, flow_event in flow_events:
        if flow_event == wanted:
            return at
    return None


def _later(earlier: DatedEvent | None, entry: DatedEvent) -> DatedEvent:
    return entry if earlier is None or by_record(earlier) < by_record(entry) else earlier


def _whole(earlier: DatedEvent | None, entry: DatedEvent) -> DatedEvent:
    """Return which of two chart entries says when it was given: one with times before one that only amends it."""
    if earlier is None or _tells_when(earlier) < _tells_when(entry):
        return entry
    return _later(earlier, entry) if _tells_when(earlier) == _tells_when(entry) else earlier


def _tells_when(entry: DatedEvent) -> int:
    fields = entry.fields
    if fields.started_at is not None or fields.stopped_at is not None or fields.intervals:
        return 2
    return 0 if fields.technique is None else 1


def _span(start: float, stop: float) -> FlowReading:
    begin, end = whole_stretch(start, stop)
    return FlowReading((Flow(begin, end),), ()) if begin < end else stated_flows((Flow(begin, end),))


def _stated(charted: AdministrationCharted, flow_events: list[FlowEvent]) -> tuple[FlowReading, float | None]:
    """
    Return the flow and the start a charted administration states.

    Stated intervals, or a start and a stop, are the whole of it; with ``pauses_apart`` the two are the outer times, and
    what the live events say of the flow between them counts. One end alone replaces the live one: its pauses
    and the other end stay what the live events say. No times at all leave the live events as they are.
    """
    started = None if charted.started_at is None else charted.started_at.timestamp()
    stopped = None if charted.stopped_at is None else charted.stopped_at.timestamp()
    live_start = _first(flow_events, START)
    live_stop = _first(reversed(flow_events), STOP)
    if charted.intervals:
        return _intervals(charted, flow_events)
    begin = live_start if started is None else started
    if stopped is not None:
        if begin is None:
            return FlowReading((), ("stop_without_start",)), None
        if started is not None or int(stopped) <= int(begin):
            apart = charted.pauses_apart and int(stopped) > int(begin)
            return _outer(begin, stopped, flow_events) if apart else _span(begin, stopped), begin
        kept = [
            (at, flow_event)
            for at, flow_event in flow_events
            if at < stopped and not (flow_event == STOP and at == live_stop)
        ]
        return flow_intervals_of([*kept, (stopped, STOP)]), begin
    if started is not None:
        kept = [
            (at, flow_event)
            for at, flow_event in flow_events
            if at > started and not (flow_event == START and at == live_start)
        ]
        return flow_intervals_of([(started, START), *kept]), started
    return flow_intervals_of(flow_events), begin


def _outer(started: float, stopped: float, flow_events: list[FlowEvent]) -> FlowReading:
    """Return the flow between outer times: what live events say of it within them, their starts and stops apart."""
    within = [(at, what) for at, what in flow_events if started < at < stopped and what not in {START, STOP}]
    return flow_intervals_of([(started, START), *within, (stopped, STOP)])


def _intervals(
    charted: AdministrationCharted, flow_events: list[FlowEvent]
) -> tuple[FlowReading, float | None]:
    """Return what stated intervals come to; an open last one takes the first live stop after its start."""
    stretches: list[Exact] = []
    for interval in charted.intervals:
        stop = interval.stopped_at
        stretches.append((interval.started_at.timestamp(), None if stop is None else stop.timestamp()))
    stretches.sort(key=lambda stretch: stretch[0])
    begin, (last, stopped) = stretches[0][0], stretches[-1]
    if stopped is None:
        ends = charted.stopped_at
        stop_at = next(
            (at for at, flow_event in flow_events if flow_event == STOP and int(at) > int(last)), None
        )
        if ends is not None and int(ends.timestamp()) > int(last):
            stop_at = ends.timestamp()
        if stop_at is not None:
            stretches[-1] = (last, stop_at)
    return stated_flows(whole_flows(stretches)), begin


def chart_entry(entry: DatedEvent) -> SourceRecord | None:
    """Return the record of a chart entry that states both its times; None when the event is anything else."""
    fields = entry.fields
    if entry.kind != "administration_charted" or fields.intervals:
        return None
    began, ended = epoch_seconds([fields.started_at, fields.stopped_at])
    if began is None or ended is None:
        return None
    begin, end = whole_stretch(began, ended)
    return _stretch(begin, end, fields.rate_ml_per_h, fields.stop_reason) if begin < end else None


def _start_and_stop(start: DatedEvent, stop: DatedEvent) -> SourceRecord | None:
    """Return the record of a start and its stop; None for any other pair of events."""
    if start.kind != "infusion_started" or stop.kind != "infusion_stopped":
        return None
    begin, end = whole_stretch(start.at, stop.at)
    return _stretch(begin, end, start.fields.rate_ml_per_h, stop.fields.reason) if begin < end else None


def _stretch(begin: int, end: int, rate: Decimal | None, reason: StopReason | None) -> SourceRecord:
    rates = () if rate is None else ((begin, rate),)
    return build(SourceRecord, ((build(Flow, (begin, end)),), (), begin, None, rates, (), reason, None, True))


def source_record(entries: Sequence[DatedEvent], *, momentary: bool) -> SourceRecord:
    """
    Return what these events of one source, in time order, say of one administration.

    ``momentary`` is a push, an injection or an on-body injector: it needs no stop, and its moment is its start.
    """
    record = None
    if len(entries) == 1:
        record = chart_entry(entries[0])
    elif len(entries) == 2:  # noqa: PLR2004 - most infusions are a start and a stop
        record = _start_and_stop(*entries)
    return record or _resolved(entries, momentary=momentary)


def _resolved(entries: Sequence[DatedEvent], *, momentary: bool) -> SourceRecord:
    events = _SourceEvents(entries)
    flow_events = events.flow_events
    charted = events.charted.event if events.charted else None
    if charted is not None and charted.type == "administration_charted":
        charted = with_other_end(charted, entries)
        if charted.technique == "infusion":
            events.bag_changes.pop(hang_first(flow_events) or -1, None)
    moment = events.bolus.at if events.bolus else None
    if momentary and _first(flow_events, START) is None:
        anchor = moment if moment is not None or events.charted is None else events.charted.at
        if anchor is not None:
            flow_events.append((anchor, START))
    flow_events.sort()
    begin: float | None
    if charted is not None and charted.type == "administration_charted":
        reading, begin = _stated(charted, flow_events)
        for entry in filter(None, (events.charted, events.latest_charted)):
            if entry.fields.rate_ml_per_h is not None and begin is not None:
                events.started_rates[int(begin)] = entry.fields.rate_ml_per_h
            events.stop_reason = entry.fields.stop_reason or events.stop_reason
    else:
        reading = flow_intervals_of(flow_events)
        begin = _first(flow_events, START)
    flows, faults, open_pause = reading
    if momentary:
        flows = tuple(flow for flow in flows if flow.stop is not None)
        faults = tuple(fault for fault in faults if fault in _POSSIBLE_IN_A_MOMENT)
    if begin is None and flows:
        begin = flows[0].start
    return SourceRecord(
        flows,
        faults,
        None if begin is None else int(begin),
        None if moment is None else int(moment),
        events.rates(),
        tuple(events.bag_changes),
        events.stop_reason,
        open_pause,
        timed=bool(flow_events) or charted is not None,
    )
