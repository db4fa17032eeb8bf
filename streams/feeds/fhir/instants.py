"""
FHIR's dateTime and instant: with an offset as sent, else on the clock of the site's zone.

FHIR asks for an offset wherever there is a time of day; senders leave it out all the same. A date has no minutes. A
fraction finer than a microsecond is cut off, which moves no minute.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from models.field import EARLIEST, LATEST
from streams.feeds.local_time import SKIPPED, instant_on_clock

_TEXT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::(\d\d)(\.\d{1,30})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE
)
_DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_WRITE: Final = "write a time with its offset, for example 2026-03-02T08:00:00-05:00"


class Instant(NamedTuple):
    """An instant, and as RFC 3339 text in the offset it was sent in."""

    text: str
    at: datetime


class InstantFault(NamedTuple):
    """Why a text names no instant; what stood there is not repeated."""

    says: str
    remedy: str
    kind: Literal["date_only", "no_zone", "ambiguous", "format"]


_DATE_ONLY: Final = InstantFault("only tells the date, so no minutes come from it", _WRITE, "date_only")
_NO_INSTANT: Final = InstantFault("not a time of FHIR", _WRITE, "format")
_NEVER: Final = InstantFault("not a date and time that exists", _WRITE, "format")
_RANGE: Final = InstantFault("before 1990 or after 2199", "check the sender's clock", "format")
_NO_ZONE: Final = InstantFault(
    "names no offset, and the site no time zone",
    "send the offset, or write time_zone into the site file",
    "no_zone",
)
_TWICE: Final = InstantFault(
    "names no offset in the hour that the clock went through twice",
    "send the time with its offset",
    "ambiguous",
)
_SKIPPED: Final = InstantFault(
    "a time that the clock skipped that night", "send the time with its offset", "format"
)


@lru_cache(maxsize=8192)
def read_instant(text: str, zone: ZoneInfo | None, *, later: bool = False) -> Instant | InstantFault:
    """Return the instant a text names, or why it names none; ``later`` is for a time that only orders records."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return _DATE_ONLY if _DATE.fullmatch(text) else _NO_INSTANT
    date, clock, seconds, fraction, offset = match.groups()
    written = f"{date}T{clock}:{seconds or '00'}{(fraction or '')[:7]}"
    try:
        dated = datetime.fromisoformat(written + (offset or "Z").upper())
    except ValueError:
        return _NEVER
    if offset is None:
        if zone is None:
            return _NO_ZONE
        told = instant_on_clock(dated, zone, later=later)
        if isinstance(told, str):
            return _SKIPPED if told == SKIPPED else _TWICE
        dated = told
    try:
        known = EARLIEST <= dated < LATEST
    except OverflowError:
        known = False
    return Instant(dated.isoformat(), dated) if known else _RANGE
