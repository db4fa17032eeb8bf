"""The first day of each code, and what stood in its place before, from ``parameters/catalogue/history.csv``."""

from collections.abc import Mapping
from csv import DictReader
from datetime import date
from functools import cache
from itertools import groupby
from types import MappingProxyType
from typing import Final, NamedTuple

from rules.data_files import CATALOGUE

BEGINS: Final = frozenset({"added", "renumbered", "replaced"})
"""Events of a history that begin a code."""


class Begun(NamedTuple):
    """The first day of a code, and the codes or ranges that stood before; none where no page read says so."""

    on: date
    before: tuple[str, ...]


@cache
def first_days() -> Mapping[str, Begun]:
    """Return every code of which a first day was read, in the order of its day."""
    with (CATALOGUE / "history.csv").open(encoding="utf-8", newline="") as file:
        begun = [row for row in DictReader(file) if row["event"] in BEGINS and row["effective"]]
    days: dict[str, Begun] = {}
    for row in begun:
        known = days.get(row["code"], Begun(date.fromisoformat(row["effective"]), ()))
        before = (*known.before, *([row["before"]] if row["before"] else ()))
        days[row["code"]] = Begun(
            min(known.on, date.fromisoformat(row["effective"])), tuple(dict.fromkeys(before))
        )
    return MappingProxyType(dict(sorted(days.items(), key=lambda one: one[1])))


def not_a_code_yet(code: str, on: date) -> str | None:
    """Return what to say of a code that did not exist on a date, with what stood then; None for one that did."""
    begun = first_days().get(code)
    if begun is None or begun.on <= on:
        return None
    then = f"{', '.join(begun.before)} stood then" if begun.before else "no page read names what stood then"
    return f"{code} did not exist on {on}: it begins on {begun.on}; {then}."


def stood_then(codes: tuple[str, ...], on: date) -> str:
    """Return a sentence on those of some codes that did not exist on a date, with what stood then; empty where all did."""
    days = first_days()
    begun = [(code, days[code]) for code in codes if code in days and days[code].on > on]
    grouped = groupby(sorted(begun, key=lambda one: (one[1], one[0])), key=lambda one: one[1])
    said = [
        f"{', '.join(code for code, _ in group)} (from {since}{', before ' + ', '.join(before) if before else ''})"
        for (since, before), group in grouped
    ]
    return f" Not codes yet on {on}: {'; '.join(said)}." if said else ""
