"""A time of day on a clock of a zone, as an instant: none where the clock skipped it, and two where it went back."""

from datetime import datetime, timedelta, timezone
from typing import Final, Literal
from zoneinfo import ZoneInfo

ClockFault = Literal["skipped", "twice"]

SKIPPED: Final[ClockFault] = "skipped"
TWICE: Final[ClockFault] = "twice"


def instant_on_clock(clock: datetime, zone: ZoneInfo, *, later: bool = False) -> datetime | ClockFault:
    """
    Return the instant, with its offset as of then, that a clock of the zone showed; the zone of ``clock`` is not read.

    ``later`` takes the second of two instants: for a time that only orders records, never for one that is billed.
    """
    first, second = clock.replace(tzinfo=zone, fold=0), clock.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before is None or after is None or before == after:
        dated = first
    elif before < after:
        return SKIPPED
    elif later:
        dated = second
    else:
        return TWICE
    return dated.replace(tzinfo=timezone(dated.utcoffset() or timedelta()), fold=0)
