"""After the codes: dates that spill over, modifiers, and the edits that hold a set."""

from collections import Counter
from datetime import date

from second_coder_desk import Desk, Unit

from rules.tables.lookup import addon_primaries, mue, ptp

HOURS = {"96361", "96366", "96370", "96415", "96423"}
INITIALS = {"96360", "96365", "96374", "96409", "96413"}
INFUSED = {"96365", "96366", "96367", "96368", "96413", "96415", "96417"}
PUMPS = {"96416", "96425", "C8957", "G0498"}
"""Released beside other services; with a drug that is infused as well they hold the set (A-20)."""
NEEDLES = {"96372", "96377", "96380", "96381", "96401", "96402"}
"""Injections: each is a needle and a moment of its own."""
WAYS = {
    "artery": {"96373", "96420", "96422", "96423", "96425"},
    "skin": {"96369", "96370", "96371"},
    "cavity": {"96440", "96446", "96450", "96542"},
    "lesion": {"96405", "96406"},
    "needle": NEEDLES,
    "device": {"96521", "96522", "96523"},
}
"""Where the drug of a code went; into a vein if it is in none. What a device is served for went nowhere."""

Key = tuple[str, date, tuple[str, ...]]


def dated(desk: Desk) -> list[tuple[Unit, date]]:
    """Return every unit with its date of service (R-DOS-1, R-DOS-3, P-25)."""
    placed = []
    for unit in desk.units:
        alike = [
            other
            for other in desk.units
            if (other.code, other.start_date) == (unit.code, unit.start_date)
            and other.members is unit.members
        ]
        hours = [
            other
            for other in desk.units
            if other.start_date == unit.start_date and other.members is unit.members
        ]
        limit = mue(unit.code, desk.policy.setting, unit.start_date)
        too_many = len(hours) > 24 or (limit is not None and len(alike) > limit.value)
        spills = desk.policy.dos == "by_hour" or (unit.code in HOURS and too_many)
        placed.append((unit, max(unit.start_date, unit.hour_date) if spills else unit.start_date))
    return placed


def lines_of(desk: Desk) -> dict[Key, int]:
    """Return units by code, date and modifiers, with the flags of the edits raised."""
    placed = dated(desk)
    prove_code_pairs(desk, placed)
    lines: Counter[Key] = Counter()
    for unit, day in placed:
        modifiers = set(unit.modifiers)
        where = department_modifier(desk, unit.started)
        if not desk.office and where is not None:
            modifiers.add(where)
        lines[unit.code, day, tuple(sorted(modifiers))] += 1
    check_add_ons(desk, lines)
    check_units(desk, lines)
    check_initials(desk, placed)
    return dict(lines)


def department_modifier(desk: Desk, second: int) -> str | None:
    """Return the modifier of the department the patient was in when a service started (R-MOD-8, A-25)."""
    moves = desk.encounter.departments
    if not moves:
        return desk.encounter.department_modifier
    modifier = moves[0].department_modifier
    for move in moves:
        if desk.second(move.from_at) <= second:
            modifier = move.department_modifier
    return modifier


def prove_code_pairs(desk: Desk, placed: list[tuple[Unit, date]]) -> None:
    """Attach 59 where every other code went another way into the body; hold every other pair (R-MOD-3)."""
    for day in sorted({day for _, day in placed}):
        units = [unit for unit, on in placed if on == day]
        pairs = ptp(desk.policy.setting, day)
        for unit in units:
            open_pairs = [
                other
                for other in units
                if (other.code, unit.code) in pairs
                and (
                    pairs[other.code, unit.code] != 1
                    or not (at_another_site(desk, other) or at_another_site(desk, unit))
                )
            ]
            proven = [
                other
                for other in open_pairs
                if pairs[other.code, unit.code] == 1 and another_way(other, unit)
            ]
            apart = [
                other
                for other in units
                if pairs.get((other.code, unit.code)) == 1 and another_way(other, unit)
            ]
            if len(proven) < len(open_pairs):
                desk.raise_flag("F-NCCI")
            elif apart and not at_another_site(desk, unit):
                unit.other_way = True
        for unit in units:
            if unit.other_way:
                unit.modifiers.add("59")


def another_way(column_1: Unit, column_2: Unit) -> bool:
    """Whether two services went different ways into the body, or the second has a needle of its own."""
    ways = [
        next((way for way, codes in WAYS.items() if unit.code in codes), "vein")
        for unit in (column_1, column_2)
    ]
    return "device" not in ways and (ways[0] != ways[1] or column_2.code in NEEDLES)


def at_another_site(desk: Desk, unit: Unit) -> bool:
    """Whether a unit is an initial marked as another site's."""
    return unit.code in INITIALS and bool(unit.modifiers & {desk.policy.distinct_site_modifier, "XE"})


def check_add_ons(desk: Desk, lines: dict[Key, int]) -> None:
    """Hold an add-on without its primary in the encounter; on a professional claim, on its own date."""
    for code, day, _ in lines:
        primaries = addon_primaries(desk.policy.add_on_primary_list, day).get(code)
        if primaries is None:
            continue
        if not any(other in primaries for other, _, _ in lines):
            desk.raise_flag("F-ADDON_PRIMARY")
        elif desk.office and not any(other in primaries and on == day for other, on, _ in lines):
            desk.raise_flag("F-ADDON_DATE")


def check_units(desk: Desk, lines: dict[Key, int]) -> None:
    """Hold more units a day than the edit lets through."""
    totals: Counter[tuple[str, date]] = Counter()
    for (code, day, _), units in lines.items():
        totals[code, day] += units
    for (code, day), units in totals.items():
        limit = mue(code, desk.policy.setting, day)
        if limit is not None and units > limit.value:
            desk.raise_flag("F-MUE")


def check_initials(desk: Desk, placed: list[tuple[Unit, date]]) -> None:
    """Hold a second initial without a modifier, and an initial beside one of another route (R-INIT-1)."""
    bare = [
        (unit.code, day)
        for unit, day in placed
        if unit.code in INITIALS and desk.policy.distinct_site_modifier not in unit.modifiers
    ]
    per_day = desk.policy.initial_reset == "calendar_day"
    counts = Counter(day if per_day else None for _, day in bare)
    if any(count > 1 for count in counts.values()):
        desk.raise_flag("F-MULTI_INITIAL")
    for day in {day for _, day in placed}:
        codes = {unit.code for unit, on in placed if on == day or not per_day}
        if "96369" in codes and codes & INITIALS:
            desk.raise_flag("F-MULTI_INITIAL")
    infused = {one.substance for unit, _ in placed if unit.code in INFUSED for one in unit.members}
    pumped = {one.substance for unit, _ in placed if unit.code in PUMPS for one in unit.members}
    if infused & pumped:
        desk.raise_flag("F-MULTI_INITIAL")
