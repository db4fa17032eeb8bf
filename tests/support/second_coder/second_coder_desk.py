"""
What the second coder writes on: one sheet per drug given, the pad of units, the flags it raised.

It shares no code with the engine: minutes are counted one by one into sets, sums are made by counting. Only the
interfaces are common: the facts, the policy, the formulary and the edit tables.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from models.encounter import Administration, Encounter
from rules.policy.resolve import Policy

POOLED = "every site without a reason of its own"
"""The site group of all access nobody gave a reason for (R-SITE-4)."""

UNKNOWN_SITE = "one of several open sites"
"""Where something went whose site nobody charted while several were in place (R-SITE-5)."""

BLOCKING = frozenset(
    {
        "F-ADDON_DATE",
        "F-ADDON_PRIMARY",
        "F-AFTER_DEPARTURE",
        "F-CHEMO_CONCURRENT",
        "F-CLASS_UNKNOWN",
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
        "F-SITE_UNKNOWN",
        "F-TOO_LONG",
        "F-UNLISTED",
        "F-UNSIGNED_ORDER",
        "F-VOLUME_MISMATCH",
    }
)
"""Flags that hold a set. F-PUMP_MAR_MISMATCH holds it too when units would change; the desk notes that."""


@dataclass(slots=True, eq=False)
class Given:
    """One administration as the coder sees it: class, minutes, site group, and what became of it."""

    administration: Administration
    kind: str
    billing: str
    substance: str
    pushable: str
    group: str = POOLED
    start: int = 0
    minutes: set[int] = field(default_factory=set)
    flowed: set[int] = field(default_factory=set)
    """Every minute it is known to have flowed, whether it counts or not."""
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
    minutes: set[int]
    members: list[Given]
    group: str
    day: date | None = None

    @property
    def identifier(self) -> str:
        """The id of its earliest administration."""
        return min((one.start, one.identifier) for one in self.members)[1]

    @property
    def orders(self) -> set[str]:
        """The orders it was given under."""
        return {
            one.administration.order_id for one in self.members if one.administration.order_id is not None
        }


@dataclass(slots=True, eq=False)
class Unit:
    """One unit of one code: the date its service started and the date its own hour started."""

    code: str
    start_date: date
    hour_date: date
    modifiers: set[str]
    members: list[Given]
    other_way: bool = False
    """Whether it was given another way than what a claim edit pairs it with."""


@dataclass(slots=True)
class Desk:
    """Everything written while one encounter is coded."""

    encounter: Encounter
    policy: Policy
    units: list[Unit] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    blocking: set[str] = field(default_factory=set)

    @property
    def office(self) -> bool:
        """Whether the professional rules hold."""
        return self.policy.setting == "office"

    def raise_flag(self, flag: str, *, holds: bool = False) -> None:
        """Write a flag down; ``holds`` for one that is not always a hold."""
        self.flags.add(flag)
        if holds or flag in BLOCKING:
            self.blocking.add(flag)

    def hold(self, given: Given, flag: str) -> None:
        """Put an administration behind a flag: it is not coded."""
        self.raise_flag(flag)
        given.outcome = f"behind {flag}"

    def minute(self, instant: int) -> int:
        """Return the minute of an instant in epoch seconds, as P-24 rounds it."""
        if self.policy.rounding == "nearest_minute":
            return (instant + 30) // 60
        return instant // 60

    def date_of(self, minute: int) -> date:
        """Return the local date of a minute."""
        return datetime.fromtimestamp(minute * 60, tz=UTC).astimezone(self.zone()).date()

    def zone(self) -> tzinfo:
        """Return the encounter's zone; the offset of its first event where none is told."""
        if self.encounter.time_zone is not None:
            return ZoneInfo(self.encounter.time_zone)
        return timezone(timedelta(seconds=self.encounter.utc_offset_s))

    def write(self, code: str, started: int, members: list[Given], hour: int | None = None) -> Unit:
        """Write one unit down; ``started`` and ``hour`` are minutes."""
        unit = Unit(
            code, self.date_of(started), self.date_of(started if hour is None else hour), set(), members
        )
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


def runs(minutes: set[int]) -> list[list[int]]:
    """Return the uninterrupted runs of minutes in time order."""
    found: list[list[int]] = []
    for minute in sorted(minutes):
        if found and found[-1][-1] == minute - 1:
            found[-1].append(minute)
        else:
            found.append([minute])
    return found
