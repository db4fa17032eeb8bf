"""From minutes to units: the thresholds of every timed code (R-TIME). Integers in, integers out."""

from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from rules.parameter import parameter
from rules.rule import Rule

PUSH_OR_INFUSION = Rule(
    "R-TIME-1", "Up to 15 minutes is a push, from 16 an infusion.", ("NOR-CN", "AAPC-ROADMAP"), "A"
)
FIRST_HOUR = Rule("R-TIME-2", "The first hour of an infusion is 16 to 90 minutes.", ("AAPC-ROADMAP",), "B")
ADDED_HOUR = Rule(
    "R-TIME-3", "An added hour needs more than 30 minutes past the hour before it.",
    ("IOM12", "AAPC-ROADMAP", "OHIO-2", "OHIO-3", "AAPC-RITUX"), "A",
)  # fmt: skip
HYDRATION_HOUR = Rule(
    "R-TIME-4", "Hydration needs 31 minutes for its first unit.", ("AAPC-HYDFOCUS", "ML-PUSHHYD"), "B"
)
WHOLE_MINUTES = Rule(
    "R-TIME-5",
    "Flow is added up in seconds over the whole dose and cut to whole minutes once; never rounded up.",
    (),
    "K",
)
UTC_CLOCK = Rule("R-TIME-6", "Durations are taken in UTC, dates of service in local time.", (), "K")
PAUSES_OUT = Rule("R-TIME-7", "Pauses and gaps are not flow.", ("AAPC-RITUX", "WMIB", "RCA-CONT"), "C")
RATES_KEEP = Rule("R-TIME-8", "A change of rate never splits a dose.", ("RCA-CONT",), "C")
NOT_FLOW = Rule(
    "R-TIME-9",
    "Flushing, keep-open, teaching, watching and preparation are not flow.",
    ("CA-963xx", "SEL"),
    "C",
)
FIRST_TO_LAST_DRIP = Rule(
    "R-TIME-10", "Time runs from the first drip to the last.", ("ML-STOP", "AAPC-FORUM-STOP"), "C"
)
PUSH_NEEDS_NO_MINUTES = Rule(
    "R-TIME-11", "A push needs its moment, not its minutes.", ("AAPC-OFFICEPUSH",), "C"
)

RULES = (
    PUSH_OR_INFUSION, FIRST_HOUR, ADDED_HOUR, HYDRATION_HOUR, WHOLE_MINUTES, UTC_CLOCK, PAUSES_OUT, RATES_KEEP,
    NOT_FLOW, FIRST_TO_LAST_DRIP, PUSH_NEEDS_NO_MINUTES,
)  # fmt: skip


Rounding = Literal["flow_seconds", "truncate_each", "nearest_minute"]
"""How instants with seconds are read (P-24)."""


def read_instant(second: int, rounding: Rounding) -> int:
    """
    Return an instant in epoch seconds as the policy reads it (P-24).

    It stays to the second, is cut to its minute as a chart kept by the minute has it, or goes to the nearest minute.
    """
    if rounding == "flow_seconds":
        return second
    return (second + 30) // 60 * 60 if rounding == "nearest_minute" else second // 60 * 60


class Thresholds(NamedTuple):
    """The minutes in force on a date of service."""

    infusion: int
    hydration: int
    added_over: int
    hour: int
    push_again_after: int
    prolonged_over: int
    near: int
    near_undocumented: int
    volume_tolerance_percent: int
    short_volume: int
    late_registration: int

    def added_hours(self, minutes: int) -> int:
        """Return the hours past the first that ``minutes`` earn: 91 to 150 one, 151 to 210 two."""
        over = minutes - self.added_over - 1
        return over // self.hour if over > 0 else 0

    def hydration_units(self, minutes: int) -> int:
        """Return the units that hydration minutes earn, the first unit included."""
        return 0 if minutes < self.hydration else 1 + self.added_hours(minutes)

    def near_boundary(self, minutes: int, first: int, tolerance: int) -> bool:
        """Tell whether minutes lie within ``tolerance`` of ``first`` or of the boundary of an added hour."""
        added = self.hour + self.added_over + 1
        if first - tolerance <= minutes < first + tolerance:
            return True
        past = minutes - added
        return past >= -tolerance and (past + tolerance) % self.hour < 2 * tolerance


@lru_cache(maxsize=512)
def thresholds(on: date) -> Thresholds:
    """
    Return the minutes in force on a date of service.

    Raises:
        NotInForceError: the date lies before the first cited value.
    """
    return Thresholds(
        parameter("timing.infusion_minimum", on),
        parameter("timing.hydration_minimum", on),
        parameter("timing.additional_hour_over", on),
        parameter("timing.first_hour", on),
        parameter("timing.push_repeat_after", on),
        parameter("timing.prolonged_over_minutes", on),
        parameter("timing.near_threshold", on),
        parameter("timing.near_threshold_pushes_undocumented", on),
        parameter("timing.volume_tolerance_percent", on),
        parameter("timing.short_hydration_volume", on),
        parameter("timing.late_registration", on),
    )


def hours_in_words(minutes: int, added: int, limits: Thresholds) -> str:
    """Return the arithmetic behind added hours, as a coder would say it to an auditor."""
    past = minutes - limits.hour
    hours = "one more hour" if added == 1 else f"{added} more hours"
    return f"{minutes} minutes: {past} past the first hour, {hours}."
