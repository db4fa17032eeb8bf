"""
From minutes to places on a drawing as wide as wanted, long idle time left out.

An even clock is easiest to read, so time is left out only where that shortens the axis by a third or so.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, tzinfo
from itertools import pairwise
from typing import Final, NamedTuple

from models.interval import Stretch, length
from streams.explain.clock import DAY, day, duration, hour, local, round_times

_STEPS: Final = (
    *(1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720),
    *(DAY, 2 * DAY, 7 * DAY, 30 * DAY, 365 * DAY),
)
"""How far apart ticks may be, in minutes."""
_ROUND: Final = (60, 30, 10)
"""What a lone tick of a short stretch may stand at, best first."""
_SHORTEST_AXIS: Final = 20
_MARGIN: Final = 10
_IDLE: Final = 120
_WORTH: Final = 0.3
"""The share of the axis that leaving time out must save."""


class Tick(NamedTuple):
    """A labelled place on the axis; ``date`` is written where a new local day begins."""

    x: float
    label: str
    date: str
    midnight: bool


class Break(NamedTuple):
    """Idle time left out between two places."""

    left: float
    right: float
    label: str


class Scale(NamedTuple):
    """Minutes to places from 0 to ``width``; even everywhere but inside the breaks."""

    width: float
    zone: tzinfo
    anchors: tuple[tuple[int, float], ...]
    breaks: tuple[Break, ...]

    def at(self, minute: int) -> float:
        """Return the place of an epoch minute, held inside the axis."""
        index = bisect_right(self.anchors, minute, key=lambda anchor: anchor[0])
        if index == 0:
            return self.anchors[0][1]
        if index == len(self.anchors):
            return self.anchors[-1][1]
        (start, left), (stop, right) = self.anchors[index - 1], self.anchors[index]
        return left + (right - left) * (minute - start) / (stop - start)

    @property
    def first_day(self) -> str:
        """Return the local day on which the axis begins, as Mar 2."""
        return day(self.anchors[0][0], self.zone)

    def ticks(self, room: float) -> tuple[Tick, ...]:
        """Return ticks at least ``room`` apart: midnights, then round hours, and one at least after a break."""
        ticks: list[Tick] = []
        seen: date | None = None
        for minute, x in sorted(self._places(room).items()):
            there = local(minute, self.zone)
            new_day = "" if there.date() == seen else day(minute, self.zone)
            seen = there.date()
            ticks.append(Tick(x, hour(minute, self.zone), new_day, (there.hour, there.minute) == (0, 0)))
        return tuple(ticks)

    def _places(self, room: float) -> dict[int, float]:
        pace = (self.anchors[1][1] - self.anchors[0][1]) / (self.anchors[1][0] - self.anchors[0][0])
        step = next((step for step in _STEPS if step * pace >= room), _STEPS[-1])
        stretches = [
            (start, stop) for (start, _), (stop, _) in zip(self.anchors[::2], self.anchors[1::2], strict=True)
        ]
        places: dict[int, float] = {}

        def place(minutes: Iterable[int], edge: float) -> None:
            for minute in minutes:
                x = self.at(minute)
                if x <= edge and all(abs(x - other) >= room for other in places.values()):
                    places[minute] = x

        for each in (max(DAY, step), step):
            for start, stop in stretches:
                place(round_times(start, stop, each, self.zone), self.width - room * 0.7)
        for start, stop in stretches:
            for finer in _ROUND:
                if not any(start <= minute <= stop for minute in places):
                    place(round_times(start, stop, finer, self.zone)[:1], self.width)
        return places


def scale_for(busy: Sequence[Stretch], zone: tzinfo, width: float, gap: float) -> Scale:
    """
    Return the scale on which these busy minutes fill ``width`` and a break takes ``gap``.

    The longest idle stretches are left out, at most as many as leave two thirds of the width to the clock.
    """
    cuts = _worth_leaving_out(busy, int(width / (3 * gap)))
    stretches: list[Stretch] = []
    first = 0
    for index in [*cuts, len(busy) - 1]:
        start, stop = busy[first][0] - _MARGIN, busy[index][1] + _MARGIN
        stop += max(0, _SHORTEST_AXIS - (stop - start))
        stretches.append((start - start % 5, stop + -stop % 5))
        first = index + 1
    pace = (width - gap * len(cuts)) / length(stretches)
    anchors: list[tuple[int, float]] = []
    x = 0.0
    for start, stop in stretches:
        anchors += [(start, x), (stop, x + (stop - start) * pace)]
        x += (stop - start) * pace + gap
    breaks = tuple(
        Break(left, right, duration(start - stop))
        for (stop, left), (start, right) in zip(anchors[1:-1:2], anchors[2::2], strict=True)
    )
    return Scale(width, zone, tuple(anchors), breaks)


def _worth_leaving_out(busy: Sequence[Stretch], most: int) -> list[int]:
    """Return after which busy stretches the idle time is left out."""
    total = busy[-1][1] - busy[0][0]
    idle = sorted(
        (before[1] - after[0], index)
        for index, (before, after) in enumerate(pairwise(busy))
        if after[0] - before[1] - 2 * _MARGIN >= max(_IDLE, total // 10)
    )[:most]
    if -sum(negative for negative, _ in idle) < total * _WORTH:
        return []
    return sorted(index for _, index in idle)
