"""Pauses nobody resumed: whether the two readings of one earn different lines on the whole stay (R-DOC-10)."""

from collections import Counter
from collections.abc import Callable
from datetime import date

from models.encounter import Administration, Encounter, Flow
from rules.worksheet.sheet import Worksheet

OPEN_PAUSE = "F-PAUSE_OPEN"

Lines = Counter[tuple[str, date, tuple[str, ...]]]
"""Units by code, date of service and modifiers."""


def deciding_pauses(encounter: Encounter, coded: Callable[[Encounter], Worksheet]) -> frozenset[str]:
    """
    Return the administrations with an open pause whose minutes would change a line of the stay.

    A pause may decide a unit of a dose of several bags, of another drug beside it or of a fluid, and may decide
    nothing where its infusion earns no time. ``coded`` returns the sheet of a stay, whatever a person decided of it.
    """
    for one in encounter.administrations:
        if one.open_pause is not None:
            break
    else:
        return frozenset()
    sheet = coded(encounter)
    asked = {name for flag in sheet.flags if flag.flag == OPEN_PAUSE for name in flag.administration_ids}
    lines = _lines(sheet)

    def decides(names: set[str]) -> bool:
        return _lines(coded(_flowed_on(encounter, names))) != lines

    deciding = {name for name in asked if decides({name})}
    if not deciding and len(asked) > 1 and decides(asked):
        deciding = asked
    return frozenset(deciding)


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
