"""
The bar of one administration: its flow cut into stretches billed, not billed, paused or not known.

What a nurse charted, what the rules used and what the stay allows are laid over each other; every minute from
the first to the last belongs to exactly one piece.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from models.encounter import Flow
from rules.coding.spans import Span
from streams.explain.clock import minute_of
from streams.explain.picture import Piece

UNKNOWN_SHOWN: Final = 30
"""Minutes drawn at least of a flow whose stop is not known."""
_PAUSE: Final = "pause"


class Bounds(NamedTuple):
    """Where a stay begins and ends, in epoch minutes."""

    arrived: int | None
    admitted: int | None
    """The inpatient order."""
    departed: int | None
    horizon: int
    """The last moment of which anything is known."""
    open: bool

    def outside(self, start: int) -> str:
        """Return why minutes from ``start`` on are not the hospital's; nothing when they are."""
        if self.admitted is not None and start >= self.admitted:
            return "after the inpatient order"
        if self.departed is not None and start >= self.departed:
            return "after the departure"
        if self.arrived is not None and start < self.arrived:
            return "before the hospital took over"
        return ""


def bar(flows: Sequence[Flow], spans: Sequence[Span], bounds: Bounds) -> tuple[Piece, ...]:
    """Return the pieces of one administration from its first to its last minute, without holes."""
    charted = list(_charted_stretches(flows, bounds))
    flowed = _cover(stretch for stretch in charted if stretch[2] == "flowed")
    perhaps = _cover(stretch for stretch in charted if stretch[2] != "flowed")
    drawn = [span._replace(start=minute_of(span.start), stop=minute_of(span.stop)) for span in spans]
    billed = _cover((span.start, span.stop, span.code) for span in drawn if span.code)
    refused = _cover((span.start, span.stop, span.why) for span in drawn if not span.code)
    ends = {end for span in drawn if span.stop > span.start for end in (span.start, span.stop)}
    ends.update(end for stretch in charted for end in stretch[:2])
    pieces: list[Piece] = []
    for start, stop in pairwise(sorted(ends)):
        code, why = billed(start), refused(start)
        if code:
            piece = Piece(start, stop, "billed", code)
        elif flowed(start) or (why and why != _PAUSE):
            piece = Piece(start, stop, "unbilled", why=why or bounds.outside(start))
        elif fate := perhaps(start):
            piece = Piece(start, stop, "running" if fate == "running" else "unknown")
        else:
            piece = Piece(start, stop, "pause", why=_PAUSE)
        if pieces and pieces[-1][2:] == piece[2:]:
            piece = piece._replace(start=pieces.pop().start)
        pieces.append(piece)
    return tuple(pieces)


def _charted_stretches(flows: Sequence[Flow], bounds: Bounds) -> Iterable[tuple[int, int, str]]:
    """Yield the charted stretch of each flow: start and end in epoch minutes, and flowed, unknown or running."""
    starts = sorted(minute_of(flow.start) for flow in flows)
    for flow in flows:
        begin = minute_of(flow.start)
        later = bisect_right(starts, begin)
        if flow.stop is not None:
            yield begin, max(minute_of(flow.stop), begin + 1), "flowed"
        elif later < len(starts):
            yield begin, starts[later], "unknown"
        else:
            end = max(bounds.horizon, begin + UNKNOWN_SHOWN)
            yield begin, end, "running" if bounds.open else "unknown"


def _cover(stretches: Iterable[tuple[int, int, str]]) -> Callable[[int], str]:
    """Return a function from a minute to the word of its stretch; the latest begun wins, no stretch gives ``""``."""
    ordered = sorted(stretches)
    starts = [start for start, _, _ in ordered]
    reach = list(accumulate((stop for _, stop, _ in ordered), max))

    def at(minute: int) -> str:
        index = bisect_right(starts, minute) - 1
        while index >= 0 and reach[index] > minute:
            if ordered[index][1] > minute:
                return ordered[index][2]
            index -= 1
        return ""

    return at


def same_story(nurse: Sequence[Flow], pump: Sequence[Flow]) -> bool:
    """Tell whether the pump recorded nothing, or the same flows as the nurse to the minute."""

    def minutes(flows: Sequence[Flow]) -> set[tuple[int, int | None]]:
        return {
            (minute_of(flow.start), None if flow.stop is None else minute_of(flow.stop)) for flow in flows
        }

    return not pump or minutes(nurse) == minutes(pump)
