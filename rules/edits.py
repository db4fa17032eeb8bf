"""The claim edits, run on the finished lines: violations hold the set, the line stays visible (R-EDIT)."""

from collections.abc import Callable, Sequence
from datetime import date

from models.charge import ChargeLine, Flag
from rules.flags import FLAGS
from rules.modifiers import BYPASSING, INITIALS, clashing_pairs
from rules.parameter import NotInForceError
from rules.rule import Rule
from rules.tables import addon_primaries, mue
from rules.worksheet import Worksheet

EDITS = Rule("R-EDIT", "Add-ons need a primary, units a limit, pairs a reason.", ("NCCI11",), "A")
ONE_INITIAL_ONLY = Rule(
    "R-INIT-1", "One initial service per encounter and justified site.", ("NCCI11", "IOM12", "RAC71"), "A"
)

RULES = (EDITS,)

BESIDE_AN_INITIAL = frozenset({"96369", "96416", "96420", "96422", "96425"})
"""Starts of their own that raise the question when an initial stands beside them (R-INIT-1)."""


def _ids(lines: Sequence[ChargeLine]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for line in lines for name in line.administration_ids))


def _primaries_missing(lines: Sequence[ChargeLine], sheet: Worksheet) -> list[Flag]:
    flags = []
    codes = {line.code for line in lines}
    by_date = {(line.code, line.service_date) for line in lines}
    for line in lines:
        primaries = addon_primaries(sheet.policy.add_on_primary_list, line.service_date).get(line.code)
        if primaries is None:
            continue
        present = primaries & codes
        if not present:
            says = f"{line.code} needs one of {', '.join(sorted(primaries))} in the encounter."
            flags.append(FLAGS["F-ADDON_PRIMARY"].on(line.administration_ids, says, code=line.code))
        elif not sheet.facility and not any((code, line.service_date) in by_date for code in present):
            says = f"{line.code} stands on {line.service_date.isoformat()} without its primary code."
            flags.append(FLAGS["F-ADDON_DATE"].on(line.administration_ids, says, code=line.code))
    return flags


def _units_over(lines: Sequence[ChargeLine], sheet: Worksheet) -> list[Flag]:
    totals: dict[tuple[date, str], list[ChargeLine]] = {}
    for line in lines:
        totals.setdefault((line.service_date, line.code), []).append(line)
    flags = []
    for (on, code), same in totals.items():
        limit = mue(code, sheet.policy.setting, on)
        units = sum(line.units for line in same)
        if limit is not None and units > limit.value:
            says = f"{units} units of {code} on {on.isoformat()}; the edit allows {limit.value}."
            flags.append(FLAGS["F-MUE"].on(_ids(same), says, code=code, units=units, limit=limit.value))
    return flags


def _pairs_clashing(lines: Sequence[ChargeLine], sheet: Worksheet) -> list[Flag]:
    by_date: dict[date, dict[str, list[ChargeLine]]] = {}
    for line in lines:
        by_date.setdefault(line.service_date, {}).setdefault(line.code, []).append(line)
    flags = []
    for on, codes in by_date.items():
        if len(codes) == 1:
            continue
        for one, two, indicator in clashing_pairs(frozenset(codes), sheet.policy.setting, on):
            sides = (codes[one], codes[two])
            if indicator == 1 and any(
                all(BYPASSING.intersection(line.modifiers) for line in side) for side in sides
            ):
                continue
            says = f"{two} is bundled into {one} on {on.isoformat()}"
            says += (
                "; no modifier can part them."
                if indicator == 0
                else "; nothing charted proves them separate."
            )
            flags.append(FLAGS["F-NCCI"].on(_ids((*sides[0], *sides[1])), says, column1=one, column2=two))
    return flags


def _initials_unsupported(lines: Sequence[ChargeLine], sheet: Worksheet) -> list[Flag]:
    flags = []
    per_date = sheet.policy.initial_reset == "calendar_day"
    scopes = {line.service_date if per_date else None for line in lines}
    for scope in sorted(scopes, key=str):
        here = [line for line in lines if scope is None or line.service_date == scope]
        plain = [
            line for line in here if line.code in INITIALS and not BYPASSING.intersection(line.modifiers)
        ]
        beside = [line for line in here if line.code in BESIDE_AN_INITIAL]
        initials = [line for line in here if line.code in INITIALS]
        if sum(line.units for line in plain) > 1 or (beside and initials):
            both = [*plain, *beside] if beside else plain
            says = f"Initial services: {', '.join(line.code for line in (both if plain else [*initials, *beside]))}."
            flags.append(FLAGS["F-MULTI_INITIAL"].on(_ids(both), says, initials=len(both)))
    return flags


def check_lines(lines: Sequence[ChargeLine], sheet: Worksheet) -> list[Flag]:
    """Return what the edits object to, in the order they are run."""
    flags: list[Flag] = []
    checks: tuple[Callable[[Sequence[ChargeLine], Worksheet], list[Flag]], ...] = (
        _primaries_missing,
        _units_over,
        _pairs_clashing,
        _initials_unsupported,
    )
    for check in checks:
        try:
            flags += check(lines, sheet)
        except NotInForceError as error:
            flags.append(FLAGS["F-NOT_IN_FORCE"].on(_ids(lines), f"A claim edit cannot be run: {error}"))
            break
    return flags
