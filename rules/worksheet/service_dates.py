"""The local date each unit is billed on (R-DOS)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from models.encounter import Encounter
from models.interval import Stretch
from rules.rule import Rule

START_DATE = Rule(
    "R-DOS-1", "A service is dated where it started, with all its units, over midnight too.",
    ("AAPC-FORUM-MID", "HCPRO-MID"), "B",
)  # fmt: skip
OWN_DATE = Rule("R-DOS-2", "Separate later doses carry their own date.", ("HCPRO-MID", "IOM4"), "A")
SPILL = Rule("R-DOS-3", "What would overfill a date goes to the date each hour starts on.", ("HAU-MID",), "C")
ONE_LINE = Rule("R-DOS-4", "Same code, date and modifiers make one line.", (), "K")

RULES = (START_DATE, OWN_DATE, SPILL, ONE_LINE)

HOURS_IN_A_DATE = 24


_DAY_S = 86_400
_QUARTER_S = 900


_EPOCH = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=1024)
def _local_dates(zone: str | None, offset_s: int, day: int) -> tuple[date, ...]:
    """Return the local date of each quarter hour of a day of UTC, days counted from the epoch."""
    # Offsets change on quarter hours everywhere since 1990, so a quarter hour has one date; and not twice in a day.
    place = ZoneInfo(zone) if zone else timezone(timedelta(seconds=offset_s))
    quarters = range(day * _DAY_S, (day + 1) * _DAY_S, _QUARTER_S)
    offset = _offset_at(quarters[0], place)
    if offset != _offset_at(quarters[-1], place):
        return tuple([_date((quarter + _offset_at(quarter, place)) // _DAY_S) for quarter in quarters])
    first, into = divmod(quarters[0] + offset, _DAY_S)
    before = -((into - _DAY_S) // _QUARTER_S)  # quarter hours that begin before the local midnight
    return ((_date(first),) * before + (_date(first + 1),) * (len(quarters) - before))[: len(quarters)]


def _date(day: int) -> date:
    """Return the date so many days after the epoch's."""
    return date.fromordinal(_EPOCH + day)


def _offset_at(second: int, place: tzinfo) -> int:
    """Return the seconds by which a zone is ahead of UTC at an epoch second."""
    offset = datetime.fromtimestamp(second, UTC).astimezone(place).utcoffset() or timedelta()
    return offset.days * _DAY_S + offset.seconds


class Calendar:
    """The facility's calendar: from an instant in epoch seconds to the local date of service."""

    __slots__ = ("_dates", "_day", "_offset_s", "_zone")

    def __init__(self, encounter: Encounter) -> None:
        self._zone = encounter.time_zone
        self._offset_s = encounter.utc_offset_s
        self._day: int | None = None
        self._dates: tuple[date, ...] = ()

    def date_of(self, second: int) -> date:
        """Return the local date of an epoch second; without a zone, by the offset the feed wrote."""
        day = second // _DAY_S
        if day != self._day:  # nearly all of a stay is one day
            self._dates = _local_dates(self._zone, self._offset_s, day)
            self._day = day
        return self._dates[second % _DAY_S // _QUARTER_S]


def first_date(encounter: Encounter, calendar: Calendar) -> date:
    """Return the first date of service, by which rules, policies and classes are chosen."""
    moments: list[int] = []
    for administration in encounter.administrations:
        if administration.given_at is not None:
            moments.append(administration.given_at)
        elif administration.flows:
            moments.append(administration.flows[0].start)
    moments = moments or [p.started_at for p in encounter.procedures if p.started_at is not None]
    known = moments or [
        at
        for at in (encounter.arrived_at, encounter.departed_at, encounter.last_recorded_at)
        if at is not None
    ]
    return calendar.date_of(min(known, default=0))


def clock_at(flows: Sequence[Stretch], flow_second: int) -> int:
    """Return the epoch second at which ``flow_second`` seconds had flowed; the last start when fewer did."""
    left = flow_second
    for start, stop in flows:
        if left < stop - start:
            return start + left
        left -= stop - start
    return flows[-1][0]


def dated_hours(
    started: int,
    flows: Sequence[Stretch],
    first_hour: int,
    units: int,
    calendar: Calendar,
    *,
    by_hour: bool,
    limit: int | None,
) -> list[tuple[date, int]]:
    """
    Return the units of a timed code by date of service.

    ``started`` is the service's first epoch second, ``flows`` the flow that counts. ``first_hour`` is the hour of
    flow that the first of these units stands for: 0 when they include the first hour, 1 when another code has it.
    All units are dated on the start date, unless the policy dates by the hour (P-25) or the start date would hold
    more than a day's hours or more than ``limit`` units.
    """
    start = calendar.date_of(started)
    crowded = units + first_hour > HOURS_IN_A_DATE or (limit is not None and units > limit)
    if not by_hour and not crowded:
        return [(start, units)]
    dated: dict[date, int] = {}
    for hour in range(first_hour, first_hour + units):
        on = calendar.date_of(clock_at(flows, hour * 3600))
        dated[on] = dated.get(on, 0) + 1
    return sorted(dated.items())
