"""
MIMIC's dates moved into a year that tables cover.

MIMIC moves each patient's dates on its own by a random number of years, into 2100 to 2202: beyond every table and, at
the end, beyond the contract. Here each stay is moved by whole weeks, so that it begins in the first days of January
2026: spans, times of day and days of the week stay as charted. Clocks have no offset and are read as UTC.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

_FIRST_DAY: Final = datetime(2026, 1, 5, tzinfo=UTC)
_WEEK: Final = 7
_FORMAT: Final = "%Y-%m-%d %H:%M:%S"


def clock(text: str) -> datetime:
    """
    Return a time of MIMIC as it stands, read as UTC.

    Raises:
        ValueError: it is none.
    """
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def moved_by(admitted: datetime) -> timedelta:
    """Return by how much the dates of a stay are moved."""
    return timedelta(days=(_FIRST_DAY - admitted).days // _WEEK * _WEEK)
