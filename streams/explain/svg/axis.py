"""The clock over the bars: its marks and ticks, and the lines that run down from them behind the rows."""

from typing import Final

from streams.explain.lanes import lanes
from streams.explain.picture import Picture
from streams.explain.svg.fonts import SMALL, TINY, measure
from streams.explain.svg.sheet import DASHED, EDGE, GREY, HAIR, INK, LINE, PALE, RIGHT, THIN, WASH, Sheet

LEFT: Final = 332.0
"""Where the clock begins; left of it the rows say what they are."""
_PLOT: Final = RIGHT - LEFT
_BREAK: Final = 64.0
_TICK: Final = 62.0


class Axis:
    """The one clock all bars stand under."""

    def __init__(self, sheet: Sheet, picture: Picture) -> None:
        self.sheet = sheet
        self.scale = picture.scale(_PLOT, _BREAK)
        self.ticks = self.scale.ticks(_TICK)
        self.marks = picture.marks
        self.top = sheet.y

    def at(self, minute: int) -> float:
        """Return where on the sheet an epoch minute stands."""
        return LEFT + self.scale.at(minute)

    def free(self, left: float, right: float) -> bool:
        """Tell whether words between two places stay under the clock and off the lines of the marks."""
        inside = left >= LEFT and right <= RIGHT
        return inside and not any(left < self.at(mark.minute) < right for mark in self.marks)

    def words(self, x: float, y: float, words: str, size: float, *, after: bool, bold: bool = False) -> None:
        """Write words after or before a place, on white where the clock's lines would run through them."""
        wide = measure(words, size, bold=bold) + 2
        left, right = (x - 2, x + wide) if after else (x - wide, x + 2)
        lines = [LEFT + tick.x for tick in self.ticks] + [self.at(mark.minute) for mark in self.marks]
        if any(left <= line <= right for line in lines):
            self.sheet.white(left, right, y, size)
        self.sheet.text(x, y, words, size, bold=bold, anchor="start" if after else "end")

    def draw(self) -> None:
        """Draw the marks, and below them the clock."""
        self._marks()
        self.top = self.sheet.y
        self._clock()

    def _marks(self) -> None:
        labels = [mark.label for mark in self.marks]
        places = [self.scale.at(mark.minute) for mark in self.marks]
        sizes = [(x, measure(label, SMALL) + 10) for x, label in zip(places, labels, strict=True)]
        spots = lanes(sizes, _PLOT, 14)
        top = self.sheet.y
        self.sheet.y += max((lane + 1 for lane, _ in spots), default=0) * LINE + 4
        for x, (lane, _) in zip(places, spots, strict=True):
            self.sheet.line(LEFT + x, top + lane * LINE + 3, LEFT + x, self.sheet.y, INK, DASHED)
        for label, x, (lane, left) in zip(labels, places, spots, strict=True):
            beside = left >= x
            y = top + lane * LINE + 13
            self.words(LEFT + x + (6 if beside else -6), y, label, SMALL, after=beside)

    def _clock(self) -> None:
        sheet, y = self.sheet, self.sheet.y
        axis = y + 40
        day = self.scale.first_day
        if not self.ticks or self.ticks[0].date != day:
            left = min(
                (tick.x - measure(tick.date, SMALL, bold=True) / 2 for tick in self.ticks[:1]), default=0.0
            )
            sheet.text(LEFT + min(-10.0, left - 8), y + 14, day, SMALL, bold=True, anchor="end")
        for tick in self.ticks:
            x = LEFT + tick.x
            if tick.date:
                sheet.text(x, y + 14, tick.date, SMALL, bold=True, anchor="middle")
            sheet.text(x, y + 31, tick.label, SMALL, anchor="middle")
            sheet.line(x, axis - 5, x, axis, INK, THIN)
        edges = [LEFT, *(LEFT + x for gap in self.scale.breaks for x in (gap.left, gap.right)), RIGHT]
        for left, right in zip(edges[::2], edges[1::2], strict=True):
            sheet.line(left, axis, right, axis, INK, THIN)
        for gap in self.scale.breaks:
            for x in (LEFT + gap.left, LEFT + gap.right):
                sheet.line(x - 4, axis + 6, x + 4, axis - 6, INK, THIN)
            middle = LEFT + (gap.left + gap.right) / 2
            sheet.text(middle, axis + 4, gap.label, TINY, fill=GREY, anchor="middle")
        sheet.y = axis + 10

    def ground(self) -> None:
        """Draw what lies behind the rows: the clock's lines, the stay's window, the time left out."""
        sheet, axis = self.sheet, self.top + 50
        for gap in self.scale.breaks:
            sheet.rect(LEFT + gap.left, axis, gap.right - gap.left, sheet.y - axis, WASH)
        for tick in self.ticks:
            x, stroke = LEFT + tick.x, GREY if tick.midnight else PALE
            sheet.line(x, axis, x, sheet.y, stroke, THIN if tick.midnight else HAIR)
        for mark in self.marks:
            x = self.at(mark.minute)
            sheet.line(x, axis - 10, x, sheet.y, INK, DASHED)

    def closed(self) -> None:
        """Draw the line under the last row."""
        self.sheet.line(EDGE, self.sheet.y, RIGHT, self.sheet.y, INK, HAIR)
