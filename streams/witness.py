"""
What one witness, the nurse or the pump, says of one administration.

A charted administration is the witness's word for the whole; what it leaves open, its live events fill in.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from models.encounter import Fault, Flow
from models.event import AdministrationCharted
from models.field import StopReason
from streams.flow_reduction import BAG, DRY, PAUSE, RESUME, RUN, START, STOP, Move, reduce_moves, stated_flows
from streams.ordering import Dated, by_record

_MOVES = {
    "infusion_started": START,
    "infusion_paused": PAUSE,
    "infusion_resumed": RESUME,
    "infusion_bag_changed": BAG,
    "infusion_stopped": STOP,
}
_MOMENTS = frozenset({"push_given", "injection_given"})
_POSSIBLE_IN_A_MOMENT: frozenset[Fault] = frozenset({"stop_before_start", "overlapping_intervals"})


class Testimony(NamedTuple):
    """One witness's record of one administration; instants in whole epoch seconds."""

    flows: tuple[Flow, ...]
    faults: tuple[Fault, ...]
    start: int | None
    """When it began, whether or not anything flowed."""
    moment: int | None
    """When a push or an injection was given."""
    rates: tuple[tuple[int, Decimal], ...]
    bag_changes: tuple[int, ...]
    stop_reason: StopReason | None
    heard: bool = True
    """Whether it says anything about when; a bolus alone says nothing about the infusion."""


SILENT = Testimony(
    heard=False, flows=(), faults=(), start=None, moment=None, rates=(), bag_changes=(), stop_reason=None
)
"""The witness was not there."""


class _Heard:
    """The events of one witness, sorted by what they say; they come in time order."""

    __slots__ = ("changed_rates", "charted", "given", "moves", "started_rates", "stop_reason")

    def __init__(self, entries: Sequence[Dated]) -> None:
        self.moves: list[Move] = []
        self.charted: Dated | None = None
        self.given: Dated | None = None
        self.started_rates: dict[int, Decimal] = {}
        self.changed_rates: dict[int, Decimal] = {}
        self.stop_reason: StopReason | None = None
        for entry in entries:
            event = entry.event
            if event.type == "infusion_rate_changed":
                self._change_rate(entry.at, event.rate_ml_per_h)
            elif event.type == "administration_charted":
                self.charted = _later(self.charted, entry)
            elif event.type in _MOMENTS:
                self.given = _later(self.given, entry)
            else:
                self._move(entry)

    def _move(self, entry: Dated) -> None:
        event = entry.event
        self.moves.append((entry.at, _MOVES[event.type]))
        if event.type == "infusion_started" and event.rate_ml_per_h is not None:
            self.started_rates[int(entry.at)] = event.rate_ml_per_h
        elif event.type == "infusion_stopped":
            self.stop_reason = event.reason or self.stop_reason

    def _change_rate(self, at: float, rate: Decimal) -> None:
        self.moves.append((at, RUN if rate else DRY))
        if rate or int(at) not in self.changed_rates:
            self.changed_rates[int(at)] = rate

    def rates(self) -> tuple[tuple[int, Decimal], ...]:
        """Return every rate with the instant from which it held; a change outweighs a start at one instant."""
        known = {**self.started_rates, **self.changed_rates}
        return tuple(sorted(known.items())) if known else ()


def _later(one: Dated | None, other: Dated) -> Dated:
    return other if one is None or by_record(one) < by_record(other) else one


def _span(start: float, stop: float) -> tuple[tuple[Flow, ...], tuple[Fault, ...]]:
    begin, end = int(start), int(stop)
    return ((Flow(begin, end),), ()) if begin < end else stated_flows((Flow(begin, end),))


def _stated(
    charted: AdministrationCharted, moves: list[Move]
) -> tuple[tuple[Flow, ...], tuple[Fault, ...], float | None]:
    """
    Return the flows, faults and start a charted administration states.

    Stated intervals, or a start and a stop, are the whole of it. One end alone replaces the live one: its pauses
    and the other end stay what the live events say. No times at all leave the live events as they are.
    """
    started = None if charted.started_at is None else charted.started_at.timestamp()
    stopped = None if charted.stopped_at is None else charted.stopped_at.timestamp()
    live_start = next((at for at, move in moves if move == START), None)
    live_stop = next((at for at, move in reversed(moves) if move == STOP), None)
    if charted.intervals:
        return _intervals(charted, moves)
    begin = live_start if started is None else started
    if stopped is not None:
        if begin is None:
            return (), ("stop_without_start",), None
        if started is not None or int(stopped) <= int(begin):
            return *_span(begin, stopped), begin
        kept = [m for m in moves if m[0] < stopped and not (m[1] == STOP and m[0] == live_stop)]
        return *reduce_moves([*kept, (stopped, STOP)]), begin
    if started is not None:
        kept = [m for m in moves if m[0] > started and not (m[1] == START and m[0] == live_start)]
        return *reduce_moves([(started, START), *kept]), started
    return *reduce_moves(moves), begin


def _intervals(
    charted: AdministrationCharted, moves: list[Move]
) -> tuple[tuple[Flow, ...], tuple[Fault, ...], float | None]:
    """Return what stated intervals come to; an open last one takes the first live stop after its start."""
    stretches = []
    for interval in charted.intervals:
        stop = interval.stopped_at
        stretches.append(
            Flow(int(interval.started_at.timestamp()), None if stop is None else int(stop.timestamp()))
        )
    stretches.sort(key=lambda flow: flow.start)
    begin, last = stretches[0].start, stretches[-1]
    if last.stop is None:
        ends = charted.stopped_at
        stop_at = next((at for at, move in moves if move == STOP and int(at) > last.start), None)
        if ends is not None and int(ends.timestamp()) > last.start:
            stop_at = ends.timestamp()
        if stop_at is not None:
            stretches[-1] = Flow(last.start, int(stop_at))
    return *stated_flows(stretches), begin


def _one_event(entry: Dated, *, momentary: bool) -> Testimony | None:
    """Return what a push says, or a chart entry with both its times; None is anything less plain."""
    event = entry.event
    if event.type in _MOMENTS:
        at = int(entry.at)
        return Testimony((), (), at, at, (), (), None) if momentary else None
    if event.type != "administration_charted" or event.intervals:
        return None
    if event.started_at is None or event.stopped_at is None:
        return None
    begin, end = int(event.started_at.timestamp()), int(event.stopped_at.timestamp())
    if begin >= end:
        return None
    rate = event.rate_ml_per_h
    rates = () if rate is None else ((begin, rate),)
    return Testimony((Flow(begin, end),), (), begin, None, rates, (), event.stop_reason)


def _start_and_stop(start: Dated, stop: Dated) -> Testimony | None:
    """Return what a start and its stop say; None is any other pair of events."""
    began, ended = start.event, stop.event
    if began.type != "infusion_started" or ended.type != "infusion_stopped":
        return None
    begin, end = int(start.at), int(stop.at)
    if begin == end:
        return None
    rate = began.rate_ml_per_h
    rates = () if rate is None else ((begin, rate),)
    return Testimony((Flow(begin, end),), (), begin, None, rates, (), ended.reason)


def testimony(entries: Sequence[Dated], *, momentary: bool) -> Testimony:
    """
    Return what these events of one witness, in time order, say of one administration.

    ``momentary`` is a push, an injection or an on-body injector: it needs no stop, and its moment is its start.
    """
    plain = None
    if len(entries) == 1:
        plain = _one_event(entries[0], momentary=momentary)
    elif len(entries) == 2:  # noqa: PLR2004 - most infusions are a start and a stop
        plain = _start_and_stop(*entries)
    return plain or _weighed(entries, momentary=momentary)


def _weighed(entries: Sequence[Dated], *, momentary: bool) -> Testimony:
    heard = _Heard(entries)
    moves = heard.moves
    charted = heard.charted.event if heard.charted else None
    moment = heard.given.at if heard.given else None
    if momentary and not any(move == START for _, move in moves):
        anchor = moment if moment is not None or heard.charted is None else heard.charted.at
        if anchor is not None:
            moves.append((anchor, START))
    moves.sort()
    begin: float | None
    if charted is not None and charted.type == "administration_charted":
        flows, faults, begin = _stated(charted, moves)
        if charted.rate_ml_per_h is not None and begin is not None:
            heard.started_rates[int(begin)] = charted.rate_ml_per_h
        heard.stop_reason = charted.stop_reason or heard.stop_reason
    else:
        flows, faults = reduce_moves(moves)
        begin = next((at for at, move in moves if move == START), None)
    if momentary:
        flows = tuple(flow for flow in flows if flow.stop is not None)
        faults = tuple(fault for fault in faults if fault in _POSSIBLE_IN_A_MOMENT)
    if begin is None and flows:
        begin = flows[0].start
    return Testimony(
        heard=bool(moves) or charted is not None,
        flows=flows,
        faults=faults,
        start=None if begin is None else int(begin),
        moment=None if moment is None else int(moment),
        rates=heard.rates(),
        bag_changes=tuple(sorted({int(at) for at, move in moves if move == BAG})),
        stop_reason=heard.stop_reason,
    )
