"""
What other rules or another policy would move: lines, codes and dollars, net of credits and charges. Pure.

A line that is credited and charged again with the same units and amount has only other words behind it, and moves nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from models.line_change import LineChange


@dataclass(frozen=True)
class Move:
    """One line of a stay, by code, date and modifiers: units and US cents before and after."""

    encounter_id: str
    service_date: date
    code: str
    modifiers: tuple[str, ...]
    units_before: int
    units_after: int
    cents_before: int
    cents_after: int

    @property
    def cents(self) -> int:
        """What it moves, in US cents."""
        return self.cents_after - self.cents_before


@dataclass(frozen=True)
class CodeMoves:
    """One code over all stays: how many stays it moves in, its units and its US cents, before and after."""

    code: str
    stays: int
    units_before: int
    units_after: int
    cents: int


def moves(changes: Iterable[LineChange]) -> list[Move]:
    """Return what the changes of one stay move, by date, code and modifiers."""
    keys: dict[tuple[str, date, str, tuple[str, ...]], list[int]] = {}
    for change in changes:
        line, paid = change.line, change.line.expected_payment
        sums = keys.setdefault(
            (change.encounter_id, line.service_date, line.code, line.modifiers), [0, 0, 0, 0]
        )
        later = change.change == "charge"
        sums[later] += line.units
        sums[2 + later] += 0 if paid is None else paid.cents or 0
    return [
        Move(*key, *sums) for key, sums in sorted(keys.items()) if (sums[0], sums[2]) != (sums[1], sums[3])
    ]


class Totals:
    """What moves over all stays of a run."""

    def __init__(self) -> None:
        self.stays = 0
        self.changed = 0
        """Stays whose set would be another, for words alone too."""
        self.moved = 0
        """Stays in which a line moves."""
        self.statuses = Counter[tuple[str, str]]()
        """Stays by the status they had and would have; empty where only the new one is known."""
        self._codes: dict[str, list[int]] = {}

    def take(self, found: Iterable[Move]) -> None:
        """Add the moves of one stay."""
        by_code: dict[str, list[int]] = {}
        for move in found:
            sums = by_code.setdefault(move.code, [0, 0, 0])
            sums[0] += move.units_before
            sums[1] += move.units_after
            sums[2] += move.cents
        self.moved += bool(by_code)
        for code, sums in by_code.items():
            total = self._codes.setdefault(code, [0, 0, 0, 0])
            for place, number in enumerate((1, *sums)):
                total[place] += number

    @property
    def cents(self) -> int:
        """What moves together, in US cents."""
        return sum(sums[3] for sums in self._codes.values())

    def codes(self) -> list[CodeMoves]:
        """Return the codes that move, those with the most dollars first."""
        found = [CodeMoves(code, *sums) for code, sums in self._codes.items()]
        return sorted(found, key=lambda one: (-abs(one.cents), one.code))
