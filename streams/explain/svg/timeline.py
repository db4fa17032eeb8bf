"""
The timeline of a stay, on as many pages as its rows need.

One page has the whole stay under one clock. Of several each has the clock of its own rows, so that a stay of days
does not shrink its infusions to strokes.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from models.interval import Stretch, union
from streams.explain.picture import Band, Picture, Row
from streams.explain.svg.axis import Axis
from streams.explain.svg.bars import Bars, height
from streams.explain.svg.legend import legend
from streams.explain.svg.sheet import BOTTOM, LINE, TOP, Sheet

_CLOCK: Final = 64.0
"""What the clock takes above the rows, without the marks of the stay."""
_GROUP: Final = 30.0
_OTHERS: Final = "other services"


class _Entry(NamedTuple):
    """One row or one other service, and what it has in common with its neighbours."""

    label: str
    what: Row | Band


def timeline(sheet: Sheet, picture: Picture) -> None:
    """Draw the rows of a picture under its clock, and below them what the marks mean."""
    pages = list(_pages(sheet, picture))
    used: set[str] = set()
    label = ""
    for number, page in enumerate(pages):
        if number or not _room(sheet.y, picture, page[:1]):
            sheet.turn()
        shown = picture if len(pages) == 1 else _part(picture, page, first=not number, last=page is pages[-1])
        used |= _draw(sheet, shown, page, label)
        label = page[-1].label
    sheet.keep(partial(legend, sheet, used, picture))


def _room(y: float, picture: Picture, entries: list[_Entry]) -> bool:
    """Tell whether a page has room for these entries under a clock that begins at ``y``."""
    labels = len({entry.label for entry in entries})
    rows = sum(height(entry.what, dated=picture.over_midnight) for entry in entries)
    return y + len(picture.marks) * LINE + _CLOCK + labels * _GROUP + rows <= BOTTOM


def _pages(sheet: Sheet, picture: Picture) -> Iterator[list[_Entry]]:
    """Yield the entries of each page; one that is higher than a page has one to itself."""
    entries = [_Entry(group.label, row) for group in picture.groups for row in group.rows]
    entries += [_Entry(_OTHERS, band) for band in picture.bands]
    page: list[_Entry] = []
    y = sheet.y if _room(sheet.y, picture, entries[:1]) else TOP
    for entry in entries:
        if page and not _room(y, picture, [*page, entry]):
            yield page
            page, y = [], TOP
        page.append(entry)
    yield page


def _part(picture: Picture, page: list[_Entry], *, first: bool, last: bool) -> Picture:
    """Return the picture with the clock of one page's entries, and the marks that fall into it or lead to it."""
    busy = list(union(stretch for entry in page for stretch in _busy(entry.what))) or list(picture.busy)
    begin, end = busy[0][0], busy[-1][1]
    marks = tuple(
        mark for mark in picture.marks if (first or mark.minute >= begin) and (last or mark.minute <= end)
    )
    return picture._replace(
        busy=tuple(union([*busy, *((mark.minute, mark.minute + 1) for mark in marks)])), marks=marks
    )


def _busy(what: Row | Band) -> Iterator[Stretch]:
    """Yield when something of a row happened; an end that is not known counts as far as it is drawn."""
    if isinstance(what, Band):
        yield what.start, max(what.stop, what.start + 1)
        return
    if what.point is not None:
        yield what.point, what.point + 1
    for piece in (*what.pieces, *what.pump):
        if piece.fill != "pause" and piece.stop > piece.start:
            yield piece.start, piece.stop


def _draw(sheet: Sheet, picture: Picture, page: list[_Entry], label: str) -> set[str]:
    """Draw the entries of one page under its clock; return which kinds of marks that used."""
    axis = Axis(sheet, picture)
    axis.draw()
    bars = Bars(sheet, axis, released=picture.verdict.released)
    ground = len(sheet.elements)
    for number, entry in enumerate(page):
        if number == 0 or entry.label != page[number - 1].label:
            bars.group(f"{label}, continued" if number == 0 and entry.label == label else entry.label)
        if isinstance(entry.what, Row):
            bars.row(entry.what, dated=picture.over_midnight)
        else:
            bars.band(entry.what)
    rows = sheet.elements[ground:]
    del sheet.elements[ground:]
    axis.ground()  # known only now how far down it reaches, and yet behind the rows
    sheet.elements.extend(rows)
    axis.closed()
    return bars.used | ({"cut"} if axis.scale.breaks else set())
