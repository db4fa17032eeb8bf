"""Pauses nobody resumed: whether the two readings of one earn different lines on the whole stay (R-DOC-10)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from models.encounter import Administration, Encounter, Flow
from rules.worksheet.context import Context
from rules.worksheet.sheet import Worksheet

OPEN_PAUSE = "F-PAUSE_OPEN"

Lines = Counter[tuple[str, date, tuple[str, ...]]]
"""Units by code, date of service and modifiers."""


def hold_where_they_decide(context: Context, coded_again: Callable[[Encounter], Worksheet]) -> None:
    """
    Let each flag of an open pause hold the set where its minutes would change a line of the stay.

    A pause may decide a unit of a dose of several bags, of another drug beside it or of a fluid, and may decide
    nothing where its infusion earns no time. ``coded_again`` returns the sheet of the stay read otherwise.
    """
    asked = {
        name for flag in context.sheet.flags if flag.flag == OPEN_PAUSE for name in flag.administration_ids
    }
    if not asked:
        return
    lines = _lines(context.sheet)

    def decides(names: set[str]) -> bool:
        return _lines(coded_again(_flowed_on(context.encounter, names))) != lines

    deciding = {name for name in asked if decides({name})}
    if not deciding and len(asked) > 1 and decides(asked):
        deciding = asked
    context.sheet.flags = [
        replace(flag, severity="block")
        if flag.flag == OPEN_PAUSE and not deciding.isdisjoint(flag.administration_ids)
        else flag
        for flag in context.sheet.flags
    ]


def _lines(sheet: Worksheet) -> Lines:
    lines: Lines = Counter()
    for earned in sheet.earned:
        lines[earned.code, earned.service_date, tuple(sorted(earned.modifiers))] += earned.units
    return lines


def _flowed_on(encounter: Encounter, names: set[str]) -> Encounter:
    """Return the stay as if these administrations had flowed on from the pause to the stop."""
    return encounter._replace(
        administrations=tuple(
            _without_pause(one, one.open_pause)
            if one.administration_id in names and one.open_pause is not None
            else one
            for one in encounter.administrations
        )
    )


def _without_pause(charted: Administration, pause: Flow) -> Administration:
    if charted.flows:
        return charted._replace(flows=tuple(sorted((*charted.flows, pause))), open_pause=None)
    return charted._replace(pump_flows=tuple(sorted((*charted.pump_flows, pause))), open_pause=None)
