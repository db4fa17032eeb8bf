"""
An aware instant as epoch seconds, by plain arithmetic on what is written in it.

``datetime.timestamp`` gives the same number in twice the time, for it looks up two offsets and makes a
duration on the way; most of what is done to an event when it is read would be that.
"""

from datetime import datetime, timedelta
from typing import Final

_FIRST_DAY: Final = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 -- a day of the calendar, wherever it is
_NONE: Final = timedelta()


def epoch_seconds(instant: datetime) -> float:
    """Return the seconds since 1970-01-01 UTC at an aware instant; a whole number of them is an ``int``."""
    zone = instant.tzinfo
    # The zone is asked directly: datetime.utcoffset takes four times as long to do the same.
    offset = None if zone is None else zone.utcoffset(instant)
    if offset is None:
        offset = _NONE
    seconds = (
        (instant.toordinal() - _FIRST_DAY - offset.days) * 86_400
        + instant.hour * 3_600
        + instant.minute * 60
        + instant.second
        - offset.seconds
    )
    fraction = instant.microsecond - offset.microseconds
    return (seconds * 1_000_000 + fraction) / 1_000_000 if fraction else seconds
