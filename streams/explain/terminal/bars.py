"""The rows of the drawing: bars of blocks with their codes inside, points with theirs beside."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from streams.explain.picture import Band, Piece, Row
from streams.explain.terminal.frame import Cells, Frame, put

_OVER: Final = ("unknown", "running", "unbilled", "billed")
"""Which piece wins a column that several share, the last one."""
_STYLES: Final = {"billed": "cyan", "unknown": "yellow"}


class Bars:
    """Draws rows one below the other and remembers which kinds of marks they used."""

    def __init__(self, frame: Frame) -> None:
        self.used: set[str] = set()
        self._frame = frame
        self._glyphs = frame.page.glyphs

    def row(self, row: Row) -> None:
        """Draw one administration, and below it the pump's own story if it has one."""
        frame = self._frame
        cells = frame.empty()
        words = self._bar(cells, row)
        if row.point is not None:
            glyph = "given" if row.codes else "unpaid"
            cells[frame.at(row.point)] = (getattr(self._glyphs, glyph), _STYLES["billed"])
            self.used.add(glyph)
            words = list(row.codes)
        self._beside(cells, frame.page.spell(" ".join(filter(None, ("+".join(words), row.note)))))
        if row.blocked:
            self.used.add("blocked")
        frame.write(frame.label(row), cells, frame.facts(row.day, row.times, row.minutes))
        if row.pump:
            cells = frame.empty()
            for piece in row.pump:
                if piece.fill != "pause":
                    frame.fill(cells, piece.start, piece.stop, (self._glyphs.pump, ""))
            self.used.add("pump")
            facts = frame.facts("", row.pump_times, row.pump_minutes)
            frame.write(f"    {self._glyphs.elbow} pump", cells, facts)

    def band(self, band: Band) -> None:
        """Draw another service."""
        cells = self._frame.empty()
        self._frame.fill(cells, band.start, band.stop, (self._glyphs.band, "magenta"))
        self._frame.write(f"  {band.label}", cells, self._frame.facts("", band.times, ""))

    def _bar(self, cells: Cells, row: Row) -> list[str]:
        """Draw the pieces of a row and the codes inside them; return the codes that found no room."""
        owner: dict[int, Piece] = {}
        pieces = [piece for piece in row.pieces if piece.fill != "pause"]
        for piece in sorted(pieces, key=lambda piece: _OVER.index(piece.fill)):
            glyph = "unbilled" if piece.fill == "running" else piece.fill
            cell = (getattr(self._glyphs, glyph), _STYLES.get(piece.fill, ""))
            columns = self._frame.fill(cells, piece.start, piece.stop, cell)
            owner |= dict.fromkeys(columns, piece)
            self.used.add(glyph)
            if piece.fill in {"unknown", "running"}:
                cells[columns[-1]] = ("?" if piece.fill == "unknown" else self._glyphs.running, "bold")
                self.used.add("?" if piece.fill == "unknown" else "running")
        self._pauses(cells, row, owner)
        return _write_codes(cells, row, owner)

    def _pauses(self, cells: Cells, row: Row, owner: dict[int, Piece]) -> None:
        """Draw the pauses, never over the only column of what flowed."""
        size = Counter(owner.values())
        for pause in (piece for piece in row.pieces if piece.fill == "pause"):
            left = self._frame.at(pause.start)
            for column in range(left, max(left + 1, self._frame.at(pause.stop))):
                if column not in owner or size[owner[column]] > 1:
                    if column in owner:
                        size[owner.pop(column)] -= 1
                    cells[column] = (self._glyphs.pause, "")
                    self.used.add("pause")

    def _beside(self, cells: Cells, words: str) -> None:
        """Write words right of what is drawn, left where only that keeps them off a mark's line, else not at all."""
        drawn = [column for column, cell in enumerate(cells) if cell[0]]
        after = drawn[-1] + 2 if drawn else 0
        before = drawn[0] - 1 - len(words) if drawn else -1
        places = [at for at in (after, before) if 0 <= at <= len(cells) - len(words)]
        clear = [at for at in places if self._frame.windows.isdisjoint(range(at, at + len(words)))]
        for at in (clear or places)[:1]:
            put(cells, at, words)


def _write_codes(cells: Cells, row: Row, owner: dict[int, Piece]) -> list[str]:
    """Write each code into the longest of its pieces; return those that found no room."""
    inside: set[str] = set()
    for codes, pieces in row.homes:
        runs = [_run(column for column, piece in owner.items() if piece == each) for each in pieces]
        home = max(runs, key=len)
        while codes and len("+".join(codes)) + 2 > len(home):
            codes.pop()
        put(cells, home.start + 1, "+".join(codes), "bold")
        inside.update(codes)
    return [code for code in row.codes if code not in inside]


def _run(columns: Iterable[int]) -> range:
    """Return the first unbroken run of columns."""
    taken = sorted(columns)
    length = next((step for step, column in enumerate(taken) if column != taken[0] + step), len(taken))
    return range(taken[0], taken[0] + length) if taken else range(0)
