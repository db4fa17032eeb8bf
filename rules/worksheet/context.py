"""What the coding steps of one encounter share: sheet, calendar, minutes in force, and once-only codes already used."""

from dataclasses import dataclass, field
from datetime import date

from models.encounter import Encounter
from rules.tables.lookup import mue
from rules.worksheet.service_dates import Calendar
from rules.worksheet.sheet import Worksheet
from rules.worksheet.timing import Thresholds


@dataclass(slots=True)
class Context:
    """One encounter being coded."""

    encounter: Encounter
    sheet: Worksheet
    calendar: Calendar
    limits: Thresholds
    shift: int
    """Seconds to add before an instant is cut to its minute: 30 for the nearest minute (P-24), else 0."""
    on: date
    """The first date of service, by which rules, policy and drug classes are chosen."""
    concurrent_used: set[date | None] = field(default_factory=set)
    """The dates on which 96368 was reported; None stands for the whole encounter (P-10)."""
    unlisted_chemo_used: bool = False

    def minute(self, second: int) -> int:
        """Return the epoch minute of an instant in epoch seconds, cut as the policy says (P-24)."""
        return (second + self.shift) // 60

    def mue_limit(self, code: str, minute: int) -> int | None:
        """Return the units a date may hold of a code, or None where no limit is published."""
        limit = mue(code, self.sheet.policy.setting, self.calendar.date_of(minute))
        return limit.value if limit is not None else None
