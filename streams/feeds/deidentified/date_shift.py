"""
By how many weeks a stay is moved: one shift for all its instants, chosen by the key. Pure.

Weeks are whole, so weekdays stay. The wall clock of the stay's zone stays too, and so do intervals: where a shift crosses
a change to or from daylight saving time, the offset changes with it. A stay that itself lies across such a change is
moved onto another one, or not by that shift.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.feeds.deidentified.keyed import Keyed


class Shift(NamedTuple):
    """A move by whole weeks on the wall clock of a zone."""

    weeks: int
    correction: timedelta
    """What the offset of the zone is more at the new instants than at the old."""

    def moved(self, at: datetime, zones: Sequence[ZoneInfo]) -> datetime:
        """Return an instant moved; one in the zone's own offset gets the zone's offset there, any other keeps its own."""
        there = at.astimezone(UTC) + timedelta(weeks=self.weeks) - self.correction
        for zone in zones:
            if at.utcoffset() == at.astimezone(zone).utcoffset():
                offset = there.astimezone(zone).utcoffset()
                return there.astimezone(timezone(offset or timedelta()))
        return there.astimezone(at.tzinfo)


def shifts(
    keyed: Keyed, group: str, most_weeks: int, instants: Iterable[datetime], zones: Sequence[ZoneInfo]
) -> Iterator[Shift]:
    """
    Yield the shifts that keep every interval and wall clock of a stay, in the order the key gives them; none is no move.

    ``group`` names what moves together. A stay across a change of clocks may have few, or none within ``most_weeks``.
    """
    every = sorted(set(instants))
    weeks = [number for number in range(-most_weeks, most_weeks + 1) if number]
    for number in sorted(weeks, key=lambda one: keyed.digest("shift", group, str(one))):
        correction = _correction(number, every, zones)
        if correction is not None:
            yield Shift(number, correction)


def _correction(weeks: int, instants: Sequence[datetime], zones: Sequence[ZoneInfo]) -> timedelta | None:
    """Return how much more the offset is after the move; None where it is not the same for every instant and zone."""
    found: timedelta | None = None
    for zone in zones:
        for at in instants:
            here = at.astimezone(zone)
            there = (here.replace(tzinfo=None) + timedelta(weeks=weeks)).replace(tzinfo=zone, fold=here.fold)
            more = _offset(there) - _offset(here)
            if there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != there.replace(tzinfo=None):
                return None  # a wall clock that does not exist on that day
            if found is None:
                found = more
            elif more != found:
                return None
    return timedelta() if found is None else found


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()
