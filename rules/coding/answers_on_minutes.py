"""Whether the answers of a switch on minutes part over those of a dose or a push, noted for their reasons (P-06, P-09, P-24)."""

from functools import cache
from typing import get_args

from models.interval import whole_minutes
from rules.coding.doses import Dose
from rules.coding.site_group import Infused, Push
from rules.policy.switches import switch
from rules.worksheet.context import Context
from rules.worksheet.timing import Rounding, read_instant


@cache
def _answers(key: str) -> tuple[int, int]:
    """Return the least and the most minutes among the answers of a switch, which are the same for every stay."""
    answers = [int(value) for value in switch(key).values]
    return min(answers), max(answers)


def answers_part(key: str, minutes: int) -> bool:
    """Tell whether the answers of a switch on minutes part over these: the least of them is reached, the most not."""
    least, most = _answers(key)
    return least <= minutes < most


def note_joint_minutes(context: Context, site: Infused, dose: Dose, shared: int) -> None:
    """Note a dose with so many shared minutes that the answers on concurrent drugs part (P-09)."""
    chemotherapy = dose.family == "chemotherapy"
    minutes = whole_minutes(site.chemotherapy.within(dose.flows)) if chemotherapy else shared
    if answers_part("minimum_joint_minutes_for_concurrent", minutes):
        context.sheet.decided_by("minimum_joint_minutes_for_concurrent", dose.ids)


def note_push_gap(context: Context, push: Push, earlier: int | None) -> None:
    """Note a push that counts again or not by how the seconds of it and of an earlier one are read (P-24)."""
    later = push.administrations[0].charted.given_at
    if earlier is None or later is None or not (earlier % 60 or later % 60):
        return
    gaps = {
        (read_instant(later, rounding) - read_instant(earlier, rounding)) // 60
        for rounding in get_args(Rounding)
    }
    if min(gaps) <= context.limits.push_again_after < max(gaps):
        context.sheet.decided_by("rounding", push.ids)
