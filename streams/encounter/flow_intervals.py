"""
When it flowed: the starts, pauses, resumptions and stops of one witness, reduced to stretches of flow.

Equal instants, as charts kept by the minute have them, are read so that nothing is lost: a start before
anything else when nothing runs; a pause before the resumption that follows it; a stop before the start or
the bag that carries on at once.
"""

from collections.abc import Sequence

from models.encounter import Fault, Flow

START, PAUSE, DRY, RESUME, RUN, STOP, BAG = range(7)
"""What a witness saw. ``DRY`` is a rate of zero, ``RUN`` one above it. Their order is that of equal instants."""

Move = tuple[float, int]
"""When, in epoch seconds, and what."""

_UNBROKEN = frozenset({RESUME, RUN, BAG})
"""What changes nothing while it flows."""

_BEFORE, _OPEN, _PAUSED, _DRY, _ENDED = range(5)


class _Reading:
    """One witness's line, read from left to right."""

    def __init__(self, moves: Sequence[Move]) -> None:
        self.moves = moves
        self.stops = {at for at, move in moves if move == STOP}
        self.started = any(move == START for _, move in moves)
        self.restarts: set[float] = set()
        self.phase = _BEFORE
        self.opened = 0
        self.flows: list[Flow] = []
        self.twice = False
        self.stopped_early = False

    def _open(self, at: float) -> None:
        self.opened = int(at)
        self.phase = _OPEN

    def _close(self, at: float | None, phase: int) -> None:
        """Keep the stretch that ends here: none of zero length, one with what it touches."""
        self.phase = phase
        stop = None if at is None else int(at)
        if stop == self.opened:
            return
        start = self.opened
        if self.flows and self.flows[-1].stop == start:
            start = self.flows.pop().start
        self.flows.append(Flow(start, stop))

    def _start(self, at: float) -> None:
        if self.phase == _OPEN and int(at) == self.opened:
            return
        if self.phase in {_OPEN, _PAUSED, _DRY} and at in self.stops:
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
            self.phase = _ENDED
        if at in self.restarts:
            self._open(at)

    def _hold(self, at: float, phase: int) -> None:
        """Stop the flow for a while; an explicit pause outweighs a rate of zero."""
        if self.phase == _OPEN:
            self._close(at, phase)
        elif self.phase == _DRY:
            self.phase = phase

    def _go_on(self, at: float, move: int) -> None:
        if self.phase == _OPEN:
            return
        if (
            move == RESUME
            or (move == RUN and self.phase == _DRY)
            or (move == BAG and (self.phase == _ENDED or (self.phase == _BEFORE and not self.started)))
        ):
            self._open(at)

    def read(self) -> tuple[tuple[Flow, ...], tuple[Fault, ...]]:
        for at, move in self.moves:
            if move == START:
                self._start(at)
            elif move == STOP:
                self._stop(at)
            elif move == PAUSE:
                self._hold(at, _PAUSED)
            elif move == DRY:
                self._hold(at, _DRY)
            else:
                self._go_on(at, move)
        if self.phase == _OPEN:
            self._close(None, _OPEN)
        if self.stops and not self.started:
            return (), ("stop_without_start",)
        return tuple(self.flows), self._faults()

    def _faults(self) -> tuple[Fault, ...]:
        faults: list[Fault] = []
        if self.stopped_early and len(self.stops) == 1:
            faults.append("stop_before_start")
        if self.stops and not self.flows:
            faults.append("no_duration")
        if self.twice:
            faults.append("started_twice")
        return tuple(faults)


def reduce_moves(moves: Sequence[Move]) -> tuple[tuple[Flow, ...], tuple[Fault, ...]]:
    """
    Return the stretches of flow, in epoch seconds and in time order, and what cannot have happened so.

    ``moves`` are sorted. A start, a resumption and, unless it is paused, the next bag open a stretch; a pause,
    a rate of zero and a stop close it; a rate above zero opens again what a rate of zero closed. A stretch that
    nothing closed has no stop. Sources: R-TIME-7, R-DOC-5, R-DOC-6.
    """
    if moves and moves[0][1] == START and moves[-1][1] == STOP:
        begin, end = int(moves[0][0]), int(moves[-1][0])
        if begin < end and _UNBROKEN.issuperset([move for _, move in moves[1:-1]]):
            return (Flow(begin, end),), ()
    return _Reading(moves).read()


def stated_flows(stretches: Sequence[Flow]) -> tuple[tuple[Flow, ...], tuple[Fault, ...]]:
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
    return tuple(kept), tuple(faults)
