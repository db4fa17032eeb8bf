"""Every time of every administration with the event that states it: where an auditor finds it in the chart."""

from functools import partial
from typing import Final

from streams.explain.picture import Picture, Row
from streams.explain.svg.fonts import BODY, SMALL, wrapped
from streams.explain.svg.sheet import EDGE, GREY, RIGHT, Sheet

_COLUMNS: Final = (EDGE + 14, 170.0, 300.0, 560.0, 740.0)
_HEADS: Final = ("Time", "What", "Event", "Charted by", "")


def times(sheet: Sheet, picture: Picture) -> None:
    """Write the times, administration by administration."""
    rows = [row for row in picture.rows if row.stated]
    for number, row in enumerate(rows):
        sheet.keep(partial(_administration, sheet, row, first=not number))


def _administration(sheet: Sheet, row: Row, *, first: bool) -> None:
    if first:
        sheet.heading("Times and the events behind them")
        sheet.y += 20
        for x, name in zip(_COLUMNS, _HEADS, strict=True):
            sheet.text(x, sheet.y, name, SMALL, fill=GREY)
    sheet.y += 5
    facts = " · ".join(filter(None, (f"{row.tag} {row.name}", row.amount)))
    sheet.paragraph(EDGE, facts, BODY)
    for told in row.stated:
        cells = (told.when, told.what, told.event_id, told.by, told.note)
        edges = [*_COLUMNS[1:], RIGHT + 10]
        folded = [
            wrapped(words, SMALL, right - left - 10)
            for words, left, right in zip(cells, _COLUMNS, edges, strict=True)
        ]
        for line in range(max(map(len, folded))):
            sheet.row()
            for x, words in zip(_COLUMNS, folded, strict=True):
                if line < len(words):
                    sheet.text(x, sheet.y, words[line], SMALL)
