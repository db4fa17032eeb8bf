"""
The sheet of paper: text, rectangles, lines and shapes, and how far down they reach.

Greys, hatching and one dark accent survive a copier; every word is text; nothing is fetched, nothing runs.
"""

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Final
from unicodedata import bidirectional

from models.printable import replaced
from streams.explain.labels import plain
from streams.explain.svg.fonts import BODY, FONTS, HEADING, SMALL, TINY, wrapped

WIDTH: Final = 1000
EDGE: Final = 36.0
RIGHT: Final = WIDTH - EDGE
LINE: Final = 19.0

ACCENT: Final = "#1f4e79"
LIGHT: Final = "#dbe6f1"
INK: Final = "#111111"
GREY: Final = "#555555"
PALE: Final = "#d9d9d9"
WASH: Final = "#f0f0f0"
WHITE: Final = "#ffffff"
HATCH: Final = "url(#hatch)"

PAGE: Final = 1294
"""A page's height where its width is 1000: that of Letter; A4 is longer, so a page fits on it too."""
BOTTOM: Final = PAGE - EDGE - 16
TOP: Final = EDGE + LINE
"""Where a further page begins."""

HATCHING: Final = (
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<path d="M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2" stroke="{GREY}" stroke-width="1"/></pattern>'
)
LEFT_TO_RIGHT: Final = ' direction="ltr" style="unicode-bidi:bidi-override"'

HAIR: Final = ' stroke-width="0.8"'
THIN: Final = ' stroke-width="1.2"'
DASHED: Final = ' stroke-width="1.2" stroke-dasharray="5 3"'
OUTLINED: Final = f' stroke="{GREY}" stroke-width="1"'
EDGED: Final = f' stroke="{ACCENT}" stroke-width="1.2"'
DOUBTFUL: Final = f' stroke="{INK}" stroke-width="1.2" stroke-dasharray="5 4"'
DOTTED: Final = ' stroke-width="1.6" stroke-dasharray="2 3"'


class Sheet:
    """
    Pages of elements in drawing order, and how far down the last page they reach.

    What is drawn inside ``keep`` stands on one page; only what is longer than a page runs on over the next.
    """

    def __init__(self, top: float = EDGE) -> None:
        self.pages: list[list[str]] = [[]]
        self.y = top
        self._tops = [top]
        self._depths: list[float] = []
        self._keeping = False

    @property
    def elements(self) -> list[str]:
        """The elements of the page that is being drawn."""
        return self.pages[-1]

    def fits(self) -> bool:
        """Tell whether what was drawn ends above the foot of its page."""
        return self.y <= BOTTOM

    def turn(self) -> None:
        """Go on at the top of the next page."""
        self._depths.append(self.y)
        self.pages.append([])
        self.y = TOP
        self._tops.append(self.y)

    def keep(self, draw: Callable[[], None]) -> None:
        """Draw something whole on one page: on the next one, where this one has no room left for it."""
        if self._keeping:
            draw()
            return
        mark, top = len(self.elements), self.y
        self._keeping = True
        draw()
        self._keeping = False
        if self.fits():
            return
        del self.elements[mark:]
        self.y = top
        if mark:
            self.turn()
        draw()

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = BODY,
        *,
        fill: str = INK,
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """Write one line with its baseline at ``y``."""
        weight = ' font-weight="700"' if bold else ""
        place = f' text-anchor="{anchor}"' if anchor != "start" else ""
        place += LEFT_TO_RIGHT if turns_reading(words) else ""
        self.elements.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}"{weight}{place}>{_written(words)}</text>',
        )

    def white(self, left: float, right: float, y: float, size: float) -> None:
        """Clear the ground under one line of words with its baseline at ``y``, so that no line runs through it."""
        self.rect(left, y - size, right - left, size + 4, WHITE)

    def rect(self, x: float, y: float, width: float, height: float, fill: str, extra: str = "") -> None:
        """Draw a rectangle."""
        self.elements.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}"{extra}/>',
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str = INK, extra: str = "") -> None:
        """Draw a straight line."""
        self.elements.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{stroke}"{extra}/>',
        )

    def polygon(self, points: Iterable[tuple[float, float]], fill: str, stroke: str) -> None:
        """Draw a closed shape."""
        places = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.elements.append(
            f'<polygon points="{places}" fill="{fill}" stroke="{stroke}" stroke-width="1.4"/>'
        )

    def row(self) -> None:
        """Go one line down, to the next page where this one is full and nothing has to be kept whole."""
        self.y += LINE
        if not self._keeping and not self.fits():
            self.turn()

    def lead(self, x: float, words: str) -> None:
        """Write a word that stands before the first line of the paragraph that follows."""
        self.text(x, self.y + LINE, words, SMALL, fill=GREY)

    def paragraph(
        self, x: float, words: str, size: float = SMALL, *, fill: str = INK, right: float = RIGHT
    ) -> None:
        """Write words from ``x`` to the right edge, as many lines down as they take."""
        for line in wrapped(plain(words), size, right - x):
            self.row()
            self.text(x, self.y, line, size, fill=fill)

    def heading(self, words: str) -> None:
        """Write a heading over a thin rule."""
        self.y += 34
        self.text(EDGE, self.y, words, HEADING, bold=True)
        self.y += 7
        self.line(EDGE, self.y, RIGHT, self.y, INK, HAIR)

    def drawings(self) -> Iterator[tuple[str, int, int]]:
        """Yield each page's elements as text, where they begin and how far down they reach from there."""
        for page, top, depth in zip(self.pages, self._tops, [*self._depths, self.y], strict=True):
            yield "\n".join(page), int(top), int(depth - top) + 10

    def document(self, title: str, description: str, foot: str) -> str:
        """Return all pages as one document, below each other; one alone is as long as what stands on it."""
        several = len(self.pages) > 1
        height = PAGE * len(self.pages) if several else int(self.y + EDGE)
        inches = _n(height * 8.5 / WIDTH)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            f' role="img" aria-labelledby="title description" font-family="{FONTS}">\n'
            f'<title id="title">{_written(title)}</title>\n'
            f'<desc id="description">{_written(description)}</desc>\n'
            f"<style>@page {{ size: 8.5in 11in; margin: 0 }} @media print {{ svg {{ width: 8.5in; height: {inches}in }} }}"
            "</style>\n"
            f"<defs>{HATCHING}</defs>\n"
            f'<rect x="0" y="0" width="{WIDTH}" height="{height}" fill="{WHITE}"/>'
        )
        if not several:
            return "\n".join([head, *self.elements, "</svg>", ""])
        body = []
        for number, page in enumerate(self.pages):
            words = _written(f"{foot} · page {number + 1} of {len(self.pages)}")
            place = f'x="{_n(RIGHT)}" y="{PAGE - 20}" font-size="{TINY}" fill="{GREY}" text-anchor="end"'
            body += [
                f'<g transform="translate(0 {PAGE * number})">',
                *page,
                f"<text {place}>{words}</text>",
                "</g>",
            ]
        return "\n".join([head, *body, "</svg>", ""])


def turns_reading(words: str) -> bool:
    """Tell whether words hold letters read from right to left, which would move the numbers beside them."""
    return any(bidirectional(letter) in {"R", "AL", "AN"} for letter in words)


def _written(words: str) -> str:
    """Return words as XML holds them, with nothing in them that is not seen."""
    return escape(replaced(words))


def _n(number: float) -> str:
    """Return a coordinate to a tenth, without a useless nought."""
    return f"{number:.1f}".removesuffix(".0")
