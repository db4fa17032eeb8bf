"""The claim edits, run on the finished lines: violations hold the set, the line stays visible (R-EDIT)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from models.charge import ChargeLine, Flag
from models.field import Setting
from rules.coding.modifiers import BYPASSING, INITIALS, clashing_pairs
from rules.flags import FLAGS
from rules.parameter import NotInForceError
from rules.policy.resolve import Policy
from rules.rule import Rule
from rules.tables.lookup import Book, addon_primaries, mue

EDITS = Rule("R-EDIT", "Add-ons need a primary, units a limit, pairs a reason.", ("NCCI11",), "A")

RULES = (EDITS,)

BESIDE_AN_INITIAL = frozenset({"96369", "96416", "96420", "96422", "96425"})
"""Starts of their own that raise the question when an initial stands beside them (R-INIT-1)."""


class Claimed(NamedTuple):
    """What the edits see of a line: no administration, no minutes."""

    code: str
    units: int
    modifiers: tuple[str, ...]
    on: date

    @property
    def plain(self) -> bool:
        """Tell whether no modifier sets the line apart."""
        return BYPASSING.isdisjoint(self.modifiers)


class Terms(NamedTuple):
    """What a policy says about the edits."""

    setting: Setting
    book: Book
    per_date: bool


class Objection(NamedTuple):
    """One edit's objection: the flag, the lines it concerns by place, and the figures."""

    flag: str
    lines: tuple[int, ...]
    says: str
    facts: tuple[tuple[str, str | int], ...] = ()


def _primaries_missing(claim: Sequence[Claimed], terms: Terms) -> Iterable[Objection]:
    codes = {line.code for line in claim}
    dated = {(line.code, line.on) for line in claim}
    for place, (code, _, _, on) in enumerate(claim):
        primaries = addon_primaries(terms.book, on).get(code)
        if primaries is None:
            continue
        present = primaries & codes
        if not present:
            says = f"{code} needs one of {', '.join(sorted(primaries))} in the encounter."
            yield Objection("F-ADDON_PRIMARY", (place,), says, (("code", code),))
        elif terms.setting == "office" and not any((primary, on) in dated for primary in present):
            says = f"{code} stands on {on.isoformat()} without its primary code."
            yield Objection("F-ADDON_DATE", (place,), says, (("code", code),))


def _units_over(claim: Sequence[Claimed], terms: Terms) -> Iterable[Objection]:
    totals: dict[tuple[date, str], list[int]] = {}
    for place, line in enumerate(claim):
        totals.setdefault((line.on, line.code), []).append(place)
    for (on, code), places in totals.items():
        limit = mue(code, terms.setting, on)
        units = sum(claim[place].units for place in places)
        if limit is not None and units > limit.value:
            says = f"{units} units of {code} on {on.isoformat()}; the edit allows {limit.value}."
            facts = (("code", code), ("units", units), ("limit", limit.value))
            yield Objection("F-MUE", tuple(places), says, facts)


def _pairs_clashing(claim: Sequence[Claimed], terms: Terms) -> Iterable[Objection]:
    by_date: dict[date, dict[str, list[int]]] = {}
    for place, line in enumerate(claim):
        by_date.setdefault(line.on, {}).setdefault(line.code, []).append(place)
    for on, codes in by_date.items():
        for one, two, indicator in clashing_pairs(frozenset(codes), terms.setting, on):
            sides = (codes[one], codes[two])
            if indicator == 1 and any(not any(claim[place].plain for place in side) for side in sides):
                continue
            why = "no modifier can part them" if indicator == 0 else "nothing charted proves them separate"
            says = f"{two} is bundled into {one} on {on.isoformat()}; {why}."
            yield Objection("F-NCCI", (*sides[0], *sides[1]), says, (("column1", one), ("column2", two)))


def _initials_unsupported(claim: Sequence[Claimed], terms: Terms) -> Iterable[Objection]:
    for scope in sorted({line.on for line in claim}) if terms.per_date else [None]:
        here = [place for place, line in enumerate(claim) if scope is None or line.on == scope]
        initials = [place for place in here if claim[place].code in INITIALS]
        plain = [place for place in initials if claim[place].plain]
        beside = [place for place in here if claim[place].code in BESIDE_AN_INITIAL]
        if sum(claim[place].units for place in plain) > 1 or (beside and initials):
            places = tuple(sorted({*plain, *beside} if beside and plain else {*initials, *beside}))
            says = f"Initial services: {', '.join(claim[place].code for place in places)}."
            yield Objection("F-MULTI_INITIAL", places, says, (("initials", len(places)),))


CHECKS: tuple[Callable[[Sequence[Claimed], Terms], Iterable[Objection]], ...] = (
    _primaries_missing,
    _units_over,
    _pairs_clashing,
    _initials_unsupported,
)


@lru_cache(maxsize=32768)
def objections(claim: tuple[Claimed, ...], terms: Terms) -> tuple[Objection, ...]:
    """Return what the edits object to in a claim, in the order they are run; the same claims come up often."""
    found: list[Objection] = []
    try:
        for check in CHECKS:
            found += check(claim, terms)
    except NotInForceError as error:
        says = f"A claim edit cannot be run: {error}"
        found.append(Objection("F-NOT_IN_FORCE", tuple(range(len(claim))), says))
    return tuple(found)


def check_lines(lines: Sequence[ChargeLine], policy: Policy) -> list[Flag]:
    """Return the flags the edits raise on these lines."""
    claim = tuple([Claimed(line.code, line.units, line.modifiers, line.service_date) for line in lines])
    terms = Terms(policy.setting, policy.add_on_primary_list, policy.initial_reset == "calendar_day")
    flags = []
    for flag, places, says, facts in objections(claim, terms):
        ids = dict.fromkeys(name for place in places for name in lines[place].administration_ids)
        flags.append(FLAGS[flag].on(tuple(ids), says, **dict(facts)))
    return flags
