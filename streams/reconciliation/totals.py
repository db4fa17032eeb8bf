"""How many rows stand how, and the money of them. Pure."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from streams.reconciliation.row import STATES, UNACCOUNTED, Kind, Row, State

_KINDS: Final[tuple[Kind, ...]] = ("charge", "drug", "administration")


class Totals:
    """Counts of rows, and sums of cents, by kind and state."""

    def __init__(self) -> None:
        self.stays = 0
        self.rows: Counter[tuple[Kind, State]] = Counter()
        self.cents: Counter[tuple[Kind, State]] = Counter()
        self.posted: Counter[tuple[Kind, State]] = Counter()
        self.pairings: Counter[str] = Counter()

    def count(self, row: Row) -> None:
        """Add one row."""
        key = (row.kind, row.state)
        self.rows[key] += 1
        self.cents[key] += row.cents
        self.posted[key] += row.posted_cents
        self.pairings[row.pairing] += 1

    @property
    def accounted(self) -> bool:
        """Whether nothing is missing, nothing too much, and every amount the same."""
        return not any(self.rows[key] for key in self.rows if key[1] in UNACCOUNTED)

    def lines(self) -> Iterator[tuple[Kind, State, int, int, int]]:
        """Yield kind, state, rows, our cents and posted cents of what there is, charges first and the worst first."""
        for kind in _KINDS:
            for state in STATES:
                if count := self.rows[kind, state]:
                    yield kind, state, count, self.cents[kind, state], self.posted[kind, state]
