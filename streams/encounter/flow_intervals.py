"""
When it flowed: the starts, pauses, resumptions and stops of one source, reduced to stretches of flow.

Equal instants, as charts kept by the minute have them, are read so that nothing is lost: a start before
anything else when nothing runs; a pause before the resumption that follows it; a stop before the start or
the bag that carries on at once.
"""

from collections.abc import Sequence
from typing import NamedTuple

from models.encounter import Fault, Flow
from streams.encounter.whole_seconds import Exact, whole_flows, whole_stretch

START, PAUSE, RATE_ZERO, RESUME, RATE_SET, STOP, BAG = range(7)
"""What a source saw. ``RATE_ZERO`` is a rate of zero, ``RATE_SET`` one above it. Their order is that of equal instants."""

FlowEvent = tuple[float, int]
"""When, in epoch seconds, and what."""

_UNBROKEN = frozenset({RESUME, RATE_SET, BAG})
"""What changes nothing while it flows."""

_BEFORE, _OPEN, _PAUSED, _RATE_ZERO, _ENDED = range(5)


class FlowReading(NamedTuple):
    """What one witness's line comes to: the stretches of flow, and what cannot have happened so."""

    flows: tuple[Flow, ...]
    faults: tuple[Fault, ...]
    open_pause: Flow | None = None
    """From a pause that was never resumed to the stop that followed it."""


class _Reading:
    """One source's flow events, read in time order."""

    def __init__(self, flow_events: Sequence[FlowEvent]) -> None:
        self.flow_events = flow_events
        self.stops = {at for at, flow_event in flow_events if flow_event == STOP}
        self.started = any(flow_event == START for _, flow_event in flow_events)
        self.restarts: set[float] = set()
        self.phase = _BEFORE
        self.opened = 0.0
        self.stretches: list[Exact] = []
        self.twice = False
        self.paused_at = 0.0
        self.open_pause: Flow | None = None
        self.stopped_early = False

    def _open(self, at: float) -> None:
        self.opened = at
        self.phase = _OPEN
        self.open_pause = None

    def _close(self, at: float | None, phase: int) -> None:
        """Keep the stretch that ends here: none of zero length, one with what it touches."""
        self.phase = phase
        if at == self.opened:
            return
        start = self.opened
        if self.stretches and self.stretches[-1][1] == start:
            start = self.stretches.pop()[0]
        self.stretches.append((start, at))

    def _start(self, at: float) -> None:
        if self.phase == _OPEN and int(at) == int(self.opened):
            return
        if self.phase in {_OPEN, _PAUSED, _RATE_ZERO} and at in self.stops:
            self.restarts.add(at)
        elif self.phase == _OPEN:
            self.twice = True
        else:
            self._open(at)

    def _stop(self, at: float) -> None:
        if self.phase == _OPEN:
            self._close(at, _ENDED)
        elif self.phase == _BEFORE:
            self.stopped_early = True
        else:
            if self.phase in {_PAUSED, _RATE_ZERO}:
                self.open_pause = Flow(*whole_stretch(self.paused_at, at))
            self.phase = _ENDED
        if at in self.restarts:
            self._open(at)

    def _hold(self, at: float, phase: int) -> None:
        """Stop the flow for a while; an explicit pause outweighs a rate of zero."""
        if self.phase == _OPEN:
            self.paused_at = at
            self._close(at, phase)
        elif self.phase == _RATE_ZERO:
            self.phase = phase

    def _go_on(self, at: float, flow_event: int) -> None:
        if self.phase == _OPEN:
            return
        if (
            flow_event == RESUME
            or (flow_event == RATE_SET and self.phase == _RATE_ZERO)
            or (flow_event == BAG and (self.phase == _ENDED or (self.phase == _BEFORE and not self.started)))
        ):
            self._open(at)

    def read(self) -> FlowReading:
        for at, flow_event in self.flow_events:
            if flow_event == START:
                self._start(at)
            elif flow_event == STOP:
                self._stop(at)
            elif flow_event == PAUSE:
                self._hold(at, _PAUSED)
            elif flow_event == RATE_ZERO:
                self._hold(at, _RATE_ZERO)
            else:
                self._go_on(at, flow_event)
        if self.phase == _OPEN:
            self._close(None, _OPEN)
        if self.stops and not self.started:
            return FlowReading((), ("stop_without_start",))
        flows = tuple(flow for flow in whole_flows(self.stretches) if flow.start != flow.stop)
        return FlowReading(flows, self._faults(flows), self.open_pause)

    def _faults(self, flows: tuple[Flow, ...]) -> tuple[Fault, ...]:
        faults: list[Fault] = []
        if self.stopped_early and len(self.stops) == 1:
            faults.append("stop_before_start")
        if self.stops and not flows:
            faults.append("no_duration")
        if self.twice:
            faults.append("started_twice")
        return tuple(faults)


def flow_intervals_of(flow_events: Sequence[FlowEvent]) -> FlowReading:
    """
    Return the stretches of flow, in epoch seconds and in time order, and what cannot have happened so.

    ``flow_events`` are sorted. A start, a resumption and, unless it is paused, the next bag open a stretch; a pause,
    a rate of zero and a stop close it; a rate above zero opens again what a rate of zero closed. A stretch that
    nothing closed has no stop. Sources: R-TIME-7, R-DOC-5, R-DOC-6.
    """
    if flow_events and flow_events[0][1] == START and flow_events[-1][1] == STOP:
        begin, end = whole_stretch(flow_events[0][0], flow_events[-1][0])
        if begin < end and _UNBROKEN.issuperset([flow_event for _, flow_event in flow_events[1:-1]]):
            return FlowReading((Flow(begin, end),), ())
    return _Reading(flow_events).read()


def stated_flows(stretches: Sequence[Flow]) -> FlowReading:
    """
    Return stretches stated as such, in time order with touching ones joined, and what cannot have happened so.

    Overlapping ones are kept: which of them is wrong only a person can say (R-DOC-5). An open stretch overlaps
    whatever begins after it.
    """
    kept: list[Flow] = []
    faults: list[Fault] = []
    if any(stop is not None and stop < start for start, stop in stretches):
        faults.append("stop_before_start")
    for flow in sorted(stretches, key=lambda flow: (flow.start, flow.stop is None, flow.stop or 0)):
        if flow.stop is not None and flow.stop <= flow.start:
            continue
        before = kept[-1] if kept else None
        if before is not None and before.stop == flow.start:
            kept[-1] = Flow(before.start, flow.stop)
        else:
            kept.append(flow)
    if stretches and not kept and not faults:
        faults.append("no_duration")
    reached = 0
    for flow in kept:
        if flow.start < reached:
            faults.append("overlapping_intervals")
            break
        reached = max(reached, flow.stop if flow.stop is not None else 1 << 62)
    return FlowReading(tuple(kept), tuple(faults))
