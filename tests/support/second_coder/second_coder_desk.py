"""
What the second coder writes on: one sheet per drug given, the pad of units, the flags it raised.

It shares no code with the engine: seconds are the bits of a number, sums are made by counting bits. Only the
interfaces are common: the facts, the policy, the formulary and the edit tables. Every time on a sheet is in
seconds since the desk's zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from second_coder_seconds import Seconds, span, whole

from models.encounter import Administration, Encounter, Flow
from rules.policy.resolve import Policy

POOLED = "every site without a reason of its own"
"""The site group of all access nobody gave a reason for (R-SITE-4)."""

DAY_S = 24 * 3600

UNKNOWN_SITE = "one of several open sites"
"""Where something went whose site nobody charted while several were in place (R-SITE-5)."""

BLOCKING = frozenset(
    {
        "F-ADDON_DATE",
        "F-ADDON_PRIMARY",
        "F-AFTER_DEPARTURE",
        "F-CHEMO_CONCURRENT",
        "F-CLASS_UNKNOWN",
        "F-FUTURE_TIME",
        "F-HYD_NECESSITY",
        "F-IMPLAUSIBLE_PUSH",
        "F-KEY_REASON",
        "F-MISSING_START",
        "F-MISSING_STOP",
        "F-MUE",
        "F-MULTI_INITIAL",
        "F-NCCI",
        "F-NEGATIVE_DURATION",
        "F-NO_ORDER",
        "F-OVERLAP_SELF",
        "F-PCA",
        "F-REFUSED_EVENT",
        "F-ROUTE_CONFLICT",
        "F-SITE_UNKNOWN",
        "F-UNLISTED",
        "F-UNSIGNED_ORDER",
        "F-VOLUME_MISMATCH",
    }
)
"""Flags that always hold a set; others hold it in some cases, and whoever raises them says so."""


@dataclass(slots=True, eq=False)
class Given:
    """One administration as the coder sees it: class, minutes, site group, and what became of it."""

    administration: Administration
    kind: str
    billing: str
    substance: str
    pushable: str
    group: str = POOLED
    route: str | None = None
    start: int = 0
    counted: Seconds = 0
    """The seconds that count."""
    flowed: Seconds = 0
    """Every second it is known to have flowed, whether it counts or not."""
    cut: bool = False
    """Whether the end of the stay ended it, so that its bag was not emptied."""
    unclear: bool = False
    """Whether nobody can tell an electrolyte given as a drug from one that is in a fluid (A-17)."""
    outcome: str = "to code"

    @property
    def identifier(self) -> str:
        """The administration's id."""
        return self.administration.administration_id


@dataclass(slots=True, eq=False)
class Service:
    """What takes part in the choice of the initial: a dose infused, a push, or a group's hydration."""

    kind: str
    billing: str
    substance: str
    start: int
    counted: Seconds
    members: list[Given]
    group: str
    day: date | None = None

    @property
    def identifier(self) -> str:
        """The id of its earliest administration."""
        return min((one.start, one.identifier) for one in self.members)[1]

    @property
    def minutes(self) -> int:
        """Its whole minutes."""
        return whole(self.counted)

    @property
    def orders(self) -> set[str]:
        """The orders it was given under."""
        return {
            one.administration.order_id for one in self.members if one.administration.order_id is not None
        }


@dataclass(slots=True, eq=False)
class Unit:
    """One unit of one code: when its service started, on which date, and on which date its own hour started."""

    code: str
    started: int
    start_date: date
    hour_date: date
    modifiers: set[str]
    members: list[Given]
    other_way: bool = False
    """Whether it was given another way than what a claim edit pairs it with."""


@dataclass
class Desk:
    """Everything written while one encounter is coded."""

    encounter: Encounter
    policy: Policy
    units: list[Unit] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    blocking: set[str] = field(default_factory=set)
    given_on: set[date] = field(default_factory=set)
    """The dates on which anything but a flush was given, once all is seen."""
    paused: list[str] = field(default_factory=list)
    """The administrations with a pause nobody ended."""

    @property
    def office(self) -> bool:
        """Whether the professional rules hold."""
        return self.policy.setting == "office"

    @cached_property
    def zero(self) -> int:
        """The epoch second from which the sheets count: a full minute well before anything was given."""
        instants = [
            instant
            for one in self.encounter.administrations
            for instant in (one.given_at, *(flow.start for flow in one.flows + one.pump_flows))
            if instant is not None
        ]
        return min(instants, default=0) // 60 * 60 - DAY_S

    def raise_flag(self, flag: str, *, holds: bool = False) -> None:
        """Write a flag down; ``holds`` for one that is not always a hold."""
        self.flags.add(flag)
        if holds or flag in BLOCKING:
            self.blocking.add(flag)

    def hold(self, given: Given, flag: str) -> None:
        """Put an administration behind a flag: it is not coded."""
        self.raise_flag(flag, holds=True)
        given.outcome = f"behind {flag}"

    def second(self, instant: int) -> int:
        """Return the second of an instant in epoch seconds, as P-24 rounds it (A-1)."""
        school = self.policy.rounding
        if school == "nearest_minute":
            instant = (instant + 30) // 60 * 60
        elif school != "flow_seconds":
            instant = instant // 60 * 60
        return instant - self.zero

    def closed(self, flows: Iterable[Flow]) -> Seconds:
        """Return every second of the flows that have a stop."""
        seconds = 0
        for flow in flows:
            if flow.stop is not None:
                seconds |= span(self.second(flow.start), self.second(flow.stop))
        return seconds

    def date_of(self, second: int) -> date:
        """Return the local date of a second."""
        return datetime.fromtimestamp(self.zero + second, tz=UTC).astimezone(self.zone()).date()

    def zone(self) -> tzinfo:
        """Return the encounter's zone; the offset of its first event where none is told."""
        if self.encounter.time_zone is not None:
            return ZoneInfo(self.encounter.time_zone)
        return timezone(timedelta(seconds=self.encounter.utc_offset_s))

    def write(self, code: str, started: int, members: list[Given], hour: int | None = None) -> Unit:
        """Write one unit down; ``started`` and ``hour`` are seconds."""
        hour_date = self.date_of(started if hour is None else hour)
        unit = Unit(code, started, self.date_of(started), hour_date, set(), members)
        self.units.append(unit)
        for one in members:
            one.outcome = "billed"
        return unit


def added_hours(minutes: int) -> int:
    """Count the added hours one by one: 91 minutes earn the first, every 60 more another (R-TIME-3)."""
    hours = 0
    while minutes >= 91 + 60 * hours:
        hours += 1
    return hours
