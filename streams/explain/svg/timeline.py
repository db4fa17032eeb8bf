"""The timeline of a stay, on as many pages as its rows need: each page has its own clock above them."""

from functools import partial

from streams.explain.picture import Band, Picture, Row
from streams.explain.svg.axis import Axis
from streams.explain.svg.bars import Bars
from streams.explain.svg.legend import legend
from streams.explain.svg.sheet import Sheet


def timeline(sheet: Sheet, picture: Picture) -> None:
    """Draw the rows of a picture under its clock, and below them what the marks mean."""
    drawing = _Timeline(sheet, picture)
    drawing.draw()
    used = drawing.used | ({"cut"} if drawing.axis.scale.breaks else set())
    sheet.keep(partial(legend, sheet, used, picture))


class _Timeline:
    """Rows drawn one below the other; a page that is full is closed, and the next one begins with the clock."""

    def __init__(self, sheet: Sheet, picture: Picture) -> None:
        self.used: set[str] = set()
        self._sheet = sheet
        self._picture = picture
        self._open()

    def _open(self) -> None:
        self.axis = Axis(self._sheet, self._picture)
        self.axis.draw()
        self._bars = Bars(self._sheet, self.axis, released=self._picture.verdict.released)
        self._ground = len(self._sheet.elements)
        self._empty = True

    def _close(self) -> None:
        elements = self._sheet.elements
        rows = elements[self._ground :]
        del elements[self._ground :]
        self.axis.ground()  # known only now how far down it reaches, and yet behind the rows
        elements += rows
        self.axis.closed()
        self.used |= self._bars.used

    def draw(self) -> None:
        """Draw every group of rows, then the other services."""
        for group in self._picture.groups:
            for number, row in enumerate(group.rows):
                self._fit(group.label, row, first=not number)
        for number, band in enumerate(self._picture.bands):
            self._fit("other services", band, first=not number)
        self._close()

    def _draw(self, what: Row | Band) -> None:
        if isinstance(what, Row):
            self._bars.row(what, dated=self._picture.over_midnight)
        else:
            self._bars.band(what)

    def _fit(self, label: str, what: Row | Band, *, first: bool) -> None:
        """Draw one row, under its group's label where it is the first; on a new page where this one is full."""
        sheet = self._sheet
        mark, top = len(sheet.elements), sheet.y
        if first:
            self._bars.group(label)
        self._draw(what)
        if not sheet.fits() and not self._empty:
            del sheet.elements[mark:]
            sheet.y = top
            self._close()
            sheet.turn()
            self._open()
            self._bars.group(label if first else f"{label}, continued")
            self._draw(what)
        self._empty = False
