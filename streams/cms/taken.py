"""What a reader made of one official drug file, before anything is written."""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from streams.cms.refusal import RefreshRefusedError

Row = tuple[str, ...]

FAULTS_TOLD: Final = 20
"""After so many unreadable cells a file is another one; more lines would not help."""

LINES_NAMED: Final = 3
"""Rows a note names unless all are asked for."""


class Note(NamedTuple):
    """Something of an official file for a person to look at: what it is, and which rows, codes or concepts."""

    what: str
    which: tuple[str, ...] = ()

    def line(self, shown: int | None = LINES_NAMED) -> str:
        """Return it as one line that names the first of them, or all."""
        if not self.which:
            return self.what
        more = f" and {len(self.which) - shown} more" if shown is not None and len(self.which) > shown else ""
        return f"{len(self.which)} {self.what} ({', '.join(self.which[:shown])}{more})"


class Taken(NamedTuple):
    """The rows for one list, the day of the file they came from, and what a person should know of the rest."""

    rows: tuple[Row, ...]
    released: date
    notes: tuple[Note, ...] = ()


class Faults:
    """Sentences for cells that cannot be read; enough of them end the reading."""

    def __init__(self) -> None:
        self._told: list[str] = []

    def add(self, fault: str) -> None:
        """
        Note one fault.

        Raises:
            RefreshRefusedError: there are as many as are worth telling.

        """
        self._told.append(fault)
        if len(self._told) == FAULTS_TOLD:
            self._told.append("and perhaps more; it was read no further.")
            self.settle()

    def settle(self) -> None:
        """
        End the reading.

        Raises:
            RefreshRefusedError: anything was wrong.

        """
        if self._told:
            raise RefreshRefusedError(self._told)


def left_out(what: str, which: Iterable[str]) -> tuple[Note, ...]:
    """Return the note for rows that were not taken; none when there were none."""
    found = tuple(which)
    return (Note(f"left out: {what}", found),) if found else ()
