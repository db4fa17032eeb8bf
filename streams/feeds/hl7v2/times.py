"""
HL7 times (DTM and TS): as precise as sent, in the offset sent, else on the clock of the site's zone.

A date is no midnight, an hour no full one: nothing that lacks its minutes can measure any. A time on a clock that
was put back that night may mean two instants, and one on a clock that was put forward none; neither is guessed at.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from models.field import EARLIEST, LATEST
from streams.feeds.local_time import SKIPPED, instant_on_clock

Precision = Literal["year", "month", "day", "hour", "minute", "second"]

_DTM: Final = re.compile(
    r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_PRECISIONS: Final[tuple[Precision, ...]] = ("year", "month", "day", "hour", "minute", "second")
_TIMED: Final = frozenset({"minute", "second"})
_US_DATE: Final = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{2,4}(\D|$)", re.ASCII)
_OTHER_DATE: Final = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?", re.ASCII)
_WIDEST: Final = timedelta(hours=14)
_HOUR: Final = 3600
_WRITE: Final = "write YYYYMMDDHHMMSS with an offset, for example 20260302080000-0500"


class WireTime(NamedTuple):
    """A time that names an instant, to the minute at least."""

    text: str
    """RFC 3339 with the offset it was sent in."""
    instant: datetime


class TimeFault(NamedTuple):
    """Why a time names no instant; what stood there is not repeated."""

    says: str
    remedy: str
    kind: Literal["absent", "imprecise", "no_zone", "ambiguous", "format", "impossible"]


ABSENT: Final = TimeFault("missing", _WRITE, "absent")
_US: Final = TimeFault("a date as written in the US, not an HL7 time", _WRITE, "format")
_OTHER: Final = TimeFault("a date with separators, not an HL7 time", _WRITE, "format")
_NO_TIME: Final = TimeFault("not an HL7 time", _WRITE, "format")
_NEVER: Final = TimeFault("not a date and time that exists", _WRITE, "impossible")
_RANGE: Final = TimeFault("before 1990 or after 2199", "check the sender's clock", "impossible")
_OFFSET: Final = TimeFault("an offset that no place on earth has", _WRITE, "impossible")
_NO_ZONE: Final = TimeFault(
    "names no offset, and the site no time zone",
    "send the offset, or write time_zone into the site file",
    "no_zone",
)
_TWICE: Final = TimeFault(
    "names no offset in the hour that the clock went through twice",
    "send the time with its offset",
    "ambiguous",
)
_SKIPPED: Final = TimeFault(
    "a time that the clock skipped that night", "send the time with its offset", "impossible"
)


def _imprecise(precision: Precision) -> TimeFault:
    return TimeFault(f"only tells the {precision}, so no minutes come from it", _WRITE, "imprecise")


@lru_cache(maxsize=8192)
def read_time(text: str, zone: ZoneInfo | None, *, later: bool = False) -> WireTime | TimeFault:
    """
    Return the instant that a DTM or the first component of a TS names, or why it names none.

    ``later`` takes the second of two instants: for a time that only orders records, never for one that is billed.
    """
    if not text:
        return ABSENT
    match = _DTM.fullmatch(text)
    if match is None:
        return _US if _US_DATE.match(text) else _OTHER if _OTHER_DATE.match(text) else _NO_TIME
    parts = [part for part in match.groups()[:6] if part is not None]
    precision = _PRECISIONS[len(parts) - 1]
    fraction, offset = match[7], match[8]
    if precision not in _TIMED or (fraction and precision != "second"):
        return _NO_TIME if fraction else _imprecise(precision)
    try:
        clock = datetime(*map(int, parts), tzinfo=UTC)  # type: ignore[arg-type, misc]  # noqa: DTZ001, RUF100 - six at the most
    except ValueError:
        return _NEVER
    if fraction:
        clock = clock.replace(microsecond=int(fraction[1:].ljust(6, "0")))
    dated = _with_offset(clock, offset) if offset else _on_clock(clock, zone, later=later)
    if isinstance(dated, TimeFault):
        return dated
    try:
        known = EARLIEST <= dated < LATEST
    except OverflowError:
        known = False
    return WireTime(dated.isoformat(), dated) if known else _RANGE


def _with_offset(clock: datetime, offset: str) -> datetime | TimeFault:
    if offset == "Z":
        return clock
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    if ahead > _WIDEST or int(offset[-2:]) * 60 >= _HOUR:
        return _OFFSET
    return clock.replace(tzinfo=timezone(-ahead if offset[0] == "-" else ahead))


def _on_clock(clock: datetime, zone: ZoneInfo | None, *, later: bool) -> datetime | TimeFault:
    if zone is None:
        return _NO_ZONE
    told = instant_on_clock(clock, zone, later=later)
    if isinstance(told, datetime):
        return told
    return _SKIPPED if told == SKIPPED else _TWICE
