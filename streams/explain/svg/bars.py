"""The rows of the page: what was given on the left, its bar or its point under the clock."""

from collections.abc import Sequence
from typing import Final

from streams.explain.picture import Band, Piece, Row
from streams.explain.svg.axis import LEFT, Axis
from streams.explain.svg.fonts import BODY, SMALL, cut, measure, wrapped
from streams.explain.svg.legend import coded, diamond
from streams.explain.svg.sheet import (
    DOTTED,
    DOUBTFUL,
    EDGE,
    GREY,
    HATCH,
    INK,
    OUTLINED,
    RIGHT,
    WASH,
    WHITE,
    Sheet,
)

_BAR: Final = 20.0
_ROW: Final = 42.0
_PUMP: Final = 18.0
_FOLD: Final = 17.0
_INSET: Final = 5.0
_MOST_LINES: Final = 3
_ROOM: Final = LEFT - EDGE - 24


def height(what: Row | Band, *, dated: bool) -> float:
    """Return how high a row or another service is drawn, whatever the clock."""
    if isinstance(what, Band):
        return _high(len(_label_lines(what.label, (what.times,), bold=False)))
    lines = _label_lines(f"{what.tag} {what.name}", _facts(what, dated=dated), bold=True)
    return _high(len(lines)) + (_PUMP if what.pump else 0)


def _facts(row: Row, *, dated: bool) -> tuple[str, ...]:
    """Return what stands below a row's name: how much and how, then when."""
    when = f"{row.day if dated else ''} {row.times}".strip()
    return tuple(" · ".join(filter(None, words)) for words in ((row.amount, row.route), (when, row.minutes)))


def _label_lines(name: str, facts: Sequence[str], *, bold: bool) -> list[tuple[str, float, bool]]:
    """Return the lines of a label, each with its size and whether it is bold; none longer than its column."""
    written: list[tuple[str, float, bool]] = []
    for words, size, heavy in ((name, BODY, bold), *((words, SMALL, False) for words in facts)):
        lines = wrapped(words, size, _ROOM, bold=heavy)
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES - 1 :] = [f"{lines[_MOST_LINES - 1][:-1]}…"]
        written += [(line, size, heavy) for line in lines]
    return written


def _high(lines: int) -> float:
    return max(_ROW, lines * _FOLD + 8)


class Bars:
    """Draws rows one below the other and remembers which kinds of marks they used."""

    def __init__(self, sheet: Sheet, axis: Axis, *, released: bool) -> None:
        self.used: set[str] = set()
        self._sheet = sheet
        self._axis = axis
        self._released = released

    def group(self, label: str) -> None:
        """Write what the rows below have in common."""
        sheet = self._sheet
        sheet.rect(EDGE, sheet.y, RIGHT - EDGE, 24, WASH)
        sheet.text(EDGE + 8, sheet.y + 17, cut(label, SMALL, RIGHT - EDGE - 16, bold=True), SMALL, bold=True)
        sheet.y += 30

    def band(self, band: Band) -> None:
        """Draw another service as a span from end to end."""
        sheet, y = self._sheet, self._sheet.y
        left, right = self._axis.at(band.start), max(self._axis.at(band.stop), self._axis.at(band.start) + 3)
        high = self._write_label(band.label, band.times, bold=False)
        sheet.line(left, y + 17, right, y + 17, GREY, ' stroke-width="2"')
        for x in (left, right):
            sheet.line(x, y + 11, x, y + 23, GREY, ' stroke-width="2"')
        sheet.y += high

    def row(self, row: Row, *, dated: bool) -> None:
        """Draw one administration, with the day where times alone do not say it."""
        sheet, y = self._sheet, self._sheet.y
        high = self._write_label(f"{row.tag} {row.name}", *_facts(row, dated=dated), bold=True)
        ends: list[float] = []
        for piece in row.pieces:
            self._piece(piece, y + 8)
            ends += [self._axis.at(piece.start), self._axis.at(piece.stop)]
        outside = self._write_codes(row, y + 23)
        if row.point is not None:
            x = self._axis.at(row.point)
            diamond(sheet, x, y + 18, coded=bool(row.codes), released=self._released)
            self.used.add("given" if row.codes else "unpaid")
            ends += [x - 9, x + 9]
        self._beside(" ".join(filter(None, (" + ".join(outside), row.note))), ends, y + 23)
        sheet.y += high
        if row.pump:
            self._pump(row)

    def _write_label(self, name: str, *facts: str, bold: bool) -> float:
        """Write a row's name and the facts below it, each from a line of its own; return how high the row is."""
        y = self._sheet.y - 1
        lines = _label_lines(name, facts, bold=bold)
        for line, size, heavy in lines:
            y += _FOLD
            fill = INK if size == BODY else GREY
            self._sheet.text(EDGE + 8, y, line, size, fill=fill, bold=heavy)
        return _high(len(lines))

    def _pump(self, row: Row) -> None:
        sheet = self._sheet
        words = f"pump: {row.pump_times} · {row.pump_minutes}"
        sheet.text(EDGE + 20, sheet.y + 9, words, SMALL, fill=GREY)
        for piece in row.pump:
            if piece.fill != "pause":
                left, right = self._axis.at(piece.start), self._axis.at(piece.stop)
                sheet.rect(left, sheet.y + 2, max(2.0, right - left), 5, GREY)
        sheet.y += _PUMP
        self.used.add("pump")

    def _write_codes(self, row: Row, y: float) -> list[str]:
        """Write each code into the longest of its pieces; return those that found no room."""
        inside: set[str] = set()
        for codes, pieces in row.homes:
            left, right = max(
                ((self._axis.at(piece.start), self._axis.at(piece.stop)) for piece in pieces),
                key=lambda ends: ends[1] - ends[0],
            )
            while codes and measure(" + ".join(codes), BODY, bold=True) > right - left - 2 * _INSET:
                codes.pop()
            if codes:
                self._sheet.text(
                    left + _INSET,
                    y,
                    " + ".join(codes),
                    BODY,
                    fill=WHITE if self._released else INK,
                    bold=True,
                )
            inside.update(codes)
        return [code for code in row.codes if code not in inside]

    def _piece(self, piece: Piece, y: float) -> None:
        sheet = self._sheet
        left, right = self._axis.at(piece.start), self._axis.at(piece.stop)
        width = max(2.0, right - left)
        fill = "unbilled" if piece.fill == "running" else piece.fill
        self.used.add(fill)
        if fill == "billed":
            coded(sheet, left, y, width, _BAR, released=self._released)
        elif fill == "unbilled":
            sheet.rect(left, y, width, _BAR, WHITE)
            sheet.rect(left, y, width, _BAR, HATCH, OUTLINED)
        elif fill == "pause":
            sheet.line(left, y + _BAR / 2, right, y + _BAR / 2, INK, DOTTED)
        else:
            sheet.rect(left, y, width, _BAR, WHITE, DOUBTFUL)
            sheet.text((left + right) / 2, y + 15, "?", BODY, bold=True, anchor="middle")
        if piece.fill == "running":
            self.used.add("running")
            sheet.polygon([(right, y - 2), (right + 12, y + _BAR / 2), (right, y + _BAR + 2)], GREY, GREY)

    def _beside(self, words: str, ends: list[float], y: float) -> None:
        """Write words right of what is drawn, left where only that keeps them on the page or off a mark's line."""
        if not words:
            return
        wide = measure(words, BODY, bold=True)
        right, left = (max(ends) + 6, min(ends) - 6) if ends else (LEFT, LEFT)
        after = self._axis.free(right, right + wide) or (
            not self._axis.free(left - wide, left) and (not ends or right + wide <= RIGHT)
        )
        self._axis.words(right if after else left, y, words, BODY, after=after, bold=True)
