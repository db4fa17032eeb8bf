"""
The encounter's own clock: epoch minutes as the chart would write them.

Lengths are real minutes; words are local. When the clock is moved at night, an hour that comes twice is shown
twice and one that is skipped is not shown.
"""

from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.encounter import Encounter

DAY: Final = 24 * 60
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DASH: Final = "\N{EN DASH}"
_AS_HOURS: Final = 48
"""From so many hours on a length reads better in days."""


def zone_of(encounter: Encounter) -> tuple[tzinfo, str]:
    """Return the encounter's zone and what to call it; without a known one, the offset of its events."""
    if encounter.time_zone:
        try:
            return ZoneInfo(encounter.time_zone), encounter.time_zone
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # the machine may not know the zone; the events' own offset still tells the time
    zone = timezone(timedelta(seconds=encounter.utc_offset_s))
    return zone, f"{zone.tzname(None)} (no time zone charted)"


def minute_of(instant: int) -> int:
    """Return the epoch minute an instant in epoch seconds lies in."""
    return instant // 60


def local(minute: int, zone: tzinfo) -> datetime:
    """Return an epoch minute as local date and time."""
    return datetime.fromtimestamp(minute * 60, zone)


def hour(minute: int, zone: tzinfo) -> str:
    """Return an epoch minute on the local clock, as 08:05."""
    return f"{local(minute, zone):%H:%M}"


def day(minute: int, zone: tzinfo) -> str:
    """Return the local day of an epoch minute, as Mar 2."""
    date = local(minute, zone)
    return f"{_MONTHS[date.month - 1]} {date.day}"


def from_to(start: int, stop: int | str, zone: tzinfo) -> str:
    """Return two epoch minutes on the local clock, as 08:00 to 09:31 with a dash; a word stands for itself."""
    end = stop if isinstance(stop, str) else hour(stop, zone)
    return f"{hour(start, zone)}{_DASH}{end}"


def duration(minutes: int) -> str:
    """Return whole minutes as a person says them: 45 min, 5 h 30, 2 d 4 h."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    if hours < _AS_HOURS:
        return f"{hours} h {rest:02d}" if rest else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def round_times(start: int, stop: int, step: int, zone: tzinfo) -> list[int]:
    """Return the epoch minutes whose local clock is a multiple of ``step``, both of an hour that comes twice."""
    midnight = local(start, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    last = local(stop, zone).replace(tzinfo=None) + timedelta(hours=2)
    minutes: set[int] = set()
    skipped = (local(start, zone).replace(tzinfo=None) - midnight) // timedelta(minutes=step)
    wall = midnight + timedelta(minutes=step) * max(0, skipped - 2)
    while wall <= last:
        for fold in (0, 1):
            minute = int(wall.replace(tzinfo=zone, fold=fold).timestamp()) // 60
            if start <= minute <= stop and local(minute, zone).replace(tzinfo=None, fold=0) == wall:
                minutes.add(minute)
        wall += timedelta(minutes=step)
    return sorted(minutes)


def clock_change(start: int, stop: int, zone: tzinfo) -> tuple[int, str] | None:
    """Return when the clock was first moved between two minutes, and how, if it was."""

    def offset(minute: int) -> timedelta:
        return local(minute, zone).utcoffset() or timedelta()

    before, after = start, stop
    if offset(before) == offset(after):
        return None
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if offset(middle) == offset(start) else (before, middle)
    moved = int((offset(after) - offset(start)).total_seconds()) // 60
    return after, f"clocks {'forward' if moved > 0 else 'back'} {duration(abs(moved))}"
