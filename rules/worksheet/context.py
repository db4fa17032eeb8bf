"""What the coding steps of one encounter share: sheet, calendar, minutes in force, and once-only codes already used."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from models.charge import Reason
from models.encounter import Encounter
from models.interval import Stretch
from rules.tables.lookup import mue
from rules.worksheet.service_dates import Calendar, clock_at, dated_hours
from rules.worksheet.sheet import Worksheet
from rules.worksheet.timing import Thresholds, read_instant


@dataclass(slots=True)
class Context:
    """One encounter being coded."""

    encounter: Encounter
    sheet: Worksheet
    calendar: Calendar
    limits: Thresholds
    on: date
    """The first date of service, by which rules, policy and drug classes are chosen."""
    concurrent_used: set[date | None] = field(default_factory=set)
    """The dates on which 96368 was reported; None stands for the whole encounter (P-10)."""
    concurrent_dates: set[date] = field(default_factory=set)
    """The dates with something concurrent, reported or not."""
    unlisted_chemo_used: bool = False

    def department_at(self, second: int) -> int:
        """Return which period of the stay's departments holds at an epoch second; 0 where it never moved (R-MOD-8)."""
        if not self.encounter.departments:
            return 0
        begun = [self.instant(period.from_at) <= second for period in self.encounter.departments]
        return max(0, sum(begun) - 1)

    def instant(self, second: int) -> int:
        """Return an instant in epoch seconds as the policy reads it (P-24)."""
        return read_instant(second, self.sheet.policy.rounding)

    def dated_hours(
        self, code: str, started: int, flows: Sequence[Stretch], first_hour: int, units: int
    ) -> tuple[list[tuple[date, int]], tuple[Reason, ...]]:
        """
        Return the units of a timed code by date of service, as the policy dates hours (P-25).

        With them the reason of that switch, where its other answer would date them otherwise.
        """
        limit, policy = self.mue_limit(code, started), self.sheet.policy
        start, date_of = self.calendar.date_of(started), self.calendar.date_of
        hours = {date_of(clock_at(flows, hour * 3600)) for hour in range(first_hour, first_hour + units)}
        if hours == {start}:
            return [(start, units)], ()  # both answers name the start date
        dated = {
            dos: dated_hours(
                started, flows, first_hour, units, self.calendar, by_hour=dos == "by_hour", limit=limit
            )
            for dos in ("start_date_capped", "by_hour")
        }
        differ = dated["by_hour"] != dated["start_date_capped"]
        return dated[policy.dos], (policy.because("dos"),) if differ else ()

    def mue_limit(self, code: str, second: int) -> int | None:
        """Return the units a date may hold of a code, or None where no limit is published."""
        limit = mue(code, self.sheet.policy.setting, self.calendar.date_of(second))
        return limit.value if limit is not None else None
