"""An instant as text on the wire. Pure."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1 << 14)  # the instants of a stay repeat, and those of a day are few
def rfc3339(epoch_seconds: int) -> str:
    """
    Return an instant in epoch seconds as RFC 3339 in UTC, for example 2026-03-02T13:00:00Z.

    Raises:
        OverflowError: it lies outside the years 1 to 9999.
    """
    return (_EPOCH + timedelta(seconds=epoch_seconds)).isoformat().replace("+00:00", "Z")
