"""What cannot have happened as charted: it is flagged and not coded (R-DOC-5)."""

from itertools import pairwise
from typing import Final

from models.encounter import Administration
from rules.policy.switches import switch
from rules.rule import Rule
from rules.screening.missing_stops import constant_rate
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.reviews import stands
from rules.worksheet.sheet import Worksheet
from rules.worksheet.timing import Thresholds

IMPOSSIBLE = Rule(
    "R-DOC-5", "What cannot have happened, or ran for a day without a word, is not coded.", (), "K"
)

RULES = (IMPOSSIBLE,)

FAULT_FLAGS = {
    "stop_before_start": ("F-NEGATIVE_DURATION", "The stop is charted before the start."),
    "no_duration": ("F-NEGATIVE_DURATION", "Start and stop are charted at the same minute."),
    "overlapping_intervals": ("F-OVERLAP_SELF", "The charted intervals overlap one another."),
    "started_twice": ("F-OVERLAP_SELF", "A second start is charted with no stop between."),
    "stop_without_start": ("F-MISSING_START", "A stop is charted without a start."),
    "future_time": (
        "F-FUTURE_TIME",
        "An event is said to have happened more than an hour after it was stored.",
    ),
}

_RULE_BOOKS_MINUTES: Final = int(switch("sanity_limits").default) * 60

EARLY_STOPS = frozenset({"discontinued", "reaction"})


def _silent_minutes(administration: CodableAdministration) -> int:
    """Return the longest time of an infusion in which nobody charted anything, in minutes."""
    start, stop = administration.flows[0][0], administration.flows[-1][1]
    charted: Administration = administration.charted
    told = [start, *(at for at in charted.touched if start < at < stop), stop]
    return max(later - earlier for earlier, later in pairwise(told)) // 60


def _too_long(administration: CodableAdministration, sheet: Worksheet) -> bool:
    """Flag an infusion beyond the limit (P-27); tell whether it is refused: for so long nobody charted anything."""
    minutes, longest = administration.minutes, sheet.policy.sanity_limits * 60
    shortest = min(longest, _RULE_BOOKS_MINUTES)
    if minutes > shortest:
        silent = _silent_minutes(administration)
        held = silent > shortest
        sheet.decided_by("sanity_limits", [administration.id], "" if held else "F-TOO_LONG")
    if minutes > longest:
        silent = _silent_minutes(administration)
        if silent > longest:
            says = f"{minutes} minutes is more than {longest}, and nothing is charted for {silent} of them."
            facts = {"minutes": minutes, "limit": longest, "silent": silent}
            return not stands(sheet.flag("F-TOO_LONG", [administration], says, **facts))
        says = f"{minutes} minutes is more than {longest}; it was charted all along."
        sheet.warn("F-TOO_LONG", [administration], says, minutes=minutes, limit=longest)
    planned = administration.charted.planned_minutes
    if planned and minutes > 2 * planned:
        says = f"{minutes} minutes is more than twice the {planned} ordered."
        return not stands(
            sheet.flag("F-TOO_LONG", [administration], says, minutes=minutes, limit=2 * planned)
        )
    return False


def plausible(
    administration: CodableAdministration, sheet: Worksheet, limits: Thresholds, *, clipped: bool
) -> bool:
    """
    Tell whether the duration and the volume can be; flag the administration when not (R-DOC-5).

    The minutes inside the window are judged. A charted volume is not compared with ``clipped`` minutes.
    """
    charted, minutes = administration.charted, administration.minutes
    if _too_long(administration, sheet):
        return False
    if (
        not clipped
        and charted.volume_ml
        and not charted.bag_changes
        and charted.stop_reason not in (*EARLY_STOPS, "handed_over")
    ):
        rate = constant_rate(charted)
        if rate and administration.evidence != "calculated":
            off = abs(rate * minutes / 60 - charted.volume_ml) * 100
            if off > limits.volume_tolerance_percent * charted.volume_ml:
                says = f"{minutes} minutes at {rate:f} mL/h do not give {charted.volume_ml:f} mL."
                return stands(sheet.flag("F-VOLUME_MISMATCH", [administration], says, minutes=minutes))
    return True
