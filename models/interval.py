"""
Stretches of time as half-open pairs of whole numbers, and the few sums the rules make of them.

A stretch ``(start, stop)`` holds the seconds ``start <= s < stop`` since 1970-01-01 UTC, so lengths add
up across midnight and across a change of the clock (R-TIME-6). Drawings use the same pairs in minutes. A list of
stretches is sorted and disjoint unless a function says that it takes any.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

Stretch = tuple[int, int]


def union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return any stretches as a sorted disjoint list; touching ones become one, empty ones vanish."""
    given = list(stretches)
    if len(given) <= 1:  # most doses flow once, and most sites hold one
        return [(start, stop) for start, stop in given if start < stop]
    joined: list[Stretch] = []
    for start, stop in sorted(given):
        if stop <= start:
            continue
        if joined and start <= joined[-1][1]:
            if stop > joined[-1][1]:
                joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def length(stretches: Iterable[Stretch]) -> int:
    """Return how long disjoint stretches are together, in the unit they are given in."""
    total = 0
    for start, stop in stretches:
        total += stop - start
    return total


def whole_minutes(stretches: Iterable[Stretch]) -> int:
    """Return the whole minutes that disjoint stretches of seconds hold: added up first, then cut once (R-TIME-5)."""
    total = 0
    for start, stop in stretches:
        total += stop - start
    return total // 60


def clip(stretches: Iterable[Stretch], start: int | None, stop: int | None) -> list[Stretch]:
    """Return the parts of stretches between ``start`` and ``stop``; None leaves that side open."""
    kept = []
    for begin, end in stretches:
        first = begin if start is None or begin > start else start
        last = end if stop is None or end < stop else stop
        if first < last:
            kept.append((first, last))
    return kept


class Coverage:
    """A set of instants, kept as sorted disjoint stretches so that a thousand doses stay cheap."""

    __slots__ = ("_starts", "_stops")

    def __init__(self, stretches: Iterable[Stretch] = ()) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in union(stretches) if stretches else ():
            self._starts.append(start)
            self._stops.append(stop)

    def add(self, stretches: Iterable[Stretch]) -> None:
        """Add stretches; overlapping and touching ones join."""
        starts, stops = self._starts, self._stops
        for start, stop in stretches:
            if stop <= start:
                continue
            if not stops or start > stops[-1]:  # what comes in order of time only grows the end
                starts.append(start)
                stops.append(stop)
                continue
            first = bisect_left(stops, start)
            last = bisect_right(starts, stop)
            if first < last:
                start = min(start, starts[first])  # noqa: PLW2901 the stretch grows over what it touches
                stop = max(stop, stops[last - 1])  # noqa: PLW2901 the stretch grows over what it touches
            starts[first:last] = [start]
            stops[first:last] = [stop]

    def within(self, stretches: Iterable[Stretch]) -> list[Stretch]:
        """Return the parts of ``stretches`` that are covered."""
        starts, stops = self._starts, self._stops
        covered: list[Stretch] = []
        if not starts:
            return covered
        for start, stop in stretches:
            index = bisect_right(stops, start)
            while index < len(starts) and starts[index] < stop:
                covered.append((max(start, starts[index]), min(stop, stops[index])))
                index += 1
        return covered

    def outside(self, stretches: Iterable[Stretch]) -> list[Stretch]:
        """Return the parts of ``stretches`` that are not covered."""
        starts, stops = self._starts, self._stops
        free = []
        for begin, end in stretches:
            start = begin
            index = bisect_right(stops, start)
            while index < len(starts) and starts[index] < end:
                if start < starts[index]:
                    free.append((start, starts[index]))
                start = stops[index]
                index += 1
            if start < end:
                free.append((start, end))
        return free

    def stretches(self) -> Sequence[Stretch]:
        """Return everything covered as stretches, in time order."""
        return list(zip(self._starts, self._stops, strict=True))
