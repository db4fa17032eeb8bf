"""
The three columns of the drawing: what was given, its bar under the clock, its times and minutes.

As much of a name, a date and a clock is shown as the page has room for; the bar keeps the rest.
"""

from typing import Final

from rich.cells import cell_len, set_cell_size

from streams.explain.picture import Picture, Row
from streams.explain.terminal.page import Page

_NARROW: Final = 70
_WIDE: Final = 100
_BREAK: Final = 9
_TICK: Final = 7
_LABEL: Final = 16

Cells = list[tuple[str, str]]
"""One character and its style per column; an empty character lets the lines behind shine through."""


class Frame:
    """Where things stand on the page, for one picture."""

    def __init__(self, page: Page, picture: Picture) -> None:
        self.page = page
        self._days = page.width >= _WIDE and picture.over_midnight
        minutes = [
            words for row in picture.rows for words in (row.minutes, row.pump_minutes * bool(row.pump))
        ]
        self._minutes = max((len(self._short(words)) for words in minutes), default=0)
        right = cell_len(self.facts("", "", ""))
        label = max((self._wide(row) for row in picture.rows), default=0)
        self.left = max(_LABEL, min(label, page.width * 3 // 10))
        self.plot = page.width - self.left - right - 2
        self.scale = picture.scale(self.plot, _BREAK)
        self.ticks = self.scale.ticks(_TICK)
        self.windows = frozenset(self.at(mark.minute) for mark in picture.marks)
        self._behind = {self.column(tick.x): page.glyphs.midnight for tick in self.ticks if tick.midnight}
        self._behind |= dict.fromkeys(self.windows, page.glyphs.window)

    def _short(self, minutes: str) -> str:
        if self.page.width >= _WIDE:
            return minutes
        return minutes.replace(" min", "m").replace("injection", "inj.")

    def label(self, row: Row) -> str:
        """Return what a row is called, its name cut where it is too long."""
        route = f" {row.route}" if row.route else ""
        tag = f"{'!' if row.blocked else ' '} {row.tag} "
        return tag + self.page.cut(row.name, max(4, self.left - cell_len(tag + route))) + route

    def clipped(self, row: Row) -> bool:
        """Tell whether a row's label is too long to be shown whole."""
        return self._wide(row) > self.left

    def _wide(self, row: Row) -> int:
        return cell_len(self.page.spell(f"! {row.tag} {row.name} {row.route}".rstrip()))

    def facts(self, day: str, times: str, minutes: str) -> str:
        """Return the right-hand column: as much of date, clock and minutes as the page has room for."""
        words = f"{self._short(minutes):>{self._minutes}}"
        if self.page.width >= _NARROW:
            words = f"{self.page.spell(times):<11}  {words}"
        return f"{day:>6} {words}" if self._days else words

    def empty(self) -> Cells:
        """Return a bar with nothing in it."""
        return [("", "")] * self.plot

    def column(self, x: float) -> int:
        """Return the column of a place on the scale."""
        return max(0, min(self.plot - 1, round(x)))

    def at(self, minute: int) -> int:
        """Return the column of an epoch minute."""
        return self.column(self.scale.at(minute))

    def fill(self, cells: Cells, start: int, stop: int, cell: tuple[str, str]) -> range:
        """Fill the columns of a stretch, one at least, so that nothing is too short to be seen."""
        left = self.at(start)
        columns = range(left, max(left + 1, min(self.plot, round(self.scale.at(stop)))))
        for column in columns:
            cells[column] = cell
        return columns

    def write(self, label: str, cells: Cells, facts: str = "", *, behind: bool = True) -> None:
        """Write one line of the drawing, the lines of the clock behind it unless they end above."""
        label = set_cell_size(self.page.cut(label, self.left), self.left) + " "
        parts = [(label[0], "bold red" if label[0] == "!" else ""), (label[1:], "")]
        for column, cell in enumerate(cells):
            through = self._behind.get(column, "") if behind else ""
            parts.append(cell if cell[0] else (through or " ", "dim" if through else ""))
        self.page.add(*parts, (" " + facts, ""))


def put(cells: Cells, at: int, words: str, style: str = "") -> None:
    """Write words into a bar from a column on; what does not fit is left out."""
    for column, letter in enumerate(words, at):
        if 0 <= column < len(cells):
            cells[column] = (letter, style)
