"""
How long a sender may be silent: three times the median gap of that hour of the week, once two weeks of it are known. Pure.

A feed that speaks every minute on a Monday and every hour on a Sunday is late at another moment on each. Until two weeks
are known a fixed limit stands in.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

TIMES: Final = 3
KNOWN_MINUTES: Final = 14 * 24 * 60
FIXED_MINUTES: Final = 120
"""Minutes of silence that are too many of a sender nobody knows yet."""
_LEAST_GAPS: Final = 3
"""Gaps an hour of the week must have had before their median says anything; else those of the whole week do."""
_HOUR: Final = 60
_WEEK_HOURS: Final = 7 * 24
_EPOCH_WAS: Final = 3 * 24
"""Hours from a Monday's midnight to that of 1970-01-01, a Thursday, UTC."""


class Rhythm(NamedTuple):
    """How a sender speaks."""

    known_minutes: int
    """From its first message that is remembered to the newest."""
    limits: dict[int, float]
    """The limit by hour of the week, in minutes; of hours that had gaps enough."""
    overall: float
    """The limit of any other hour."""

    def limit(self, now_minute: int) -> tuple[float, bool]:
        """Return after how many minutes of silence a sender is late now, and whether its own rhythm says so."""
        if self.known_minutes < KNOWN_MINUTES:
            return FIXED_MINUTES, False
        return self.limits.get(hour_of_week(now_minute), self.overall), True


def hour_of_week(minute: int) -> int:
    """Return which hour of the week an epoch minute is in, from Monday's midnight UTC."""
    return (minute // _HOUR + _EPOCH_WAS) % _WEEK_HOURS


def rhythm(minutes: Sequence[int]) -> Rhythm:
    """Return how a sender speaks, from the epoch minutes in which it did, in order."""
    if not minutes:
        return Rhythm(0, {}, FIXED_MINUTES)
    by_hour: dict[int, list[int]] = {}
    gaps = [later - earlier for earlier, later in pairwise(minutes)]
    for started, gap in zip(minutes, gaps, strict=False):
        by_hour.setdefault(hour_of_week(started), []).append(gap)
    limits = {hour: _limit(found) for hour, found in by_hour.items() if len(found) >= _LEAST_GAPS}
    return Rhythm(minutes[-1] - minutes[0], limits, _limit(gaps) if gaps else FIXED_MINUTES)


def _limit(gaps: Iterable[int]) -> float:
    return TIMES * float(median(gaps))
