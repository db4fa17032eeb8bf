"""
The sheet of paper: text, rectangles, lines and shapes, and how far down they reach.

Greys, hatching and one dark accent survive a copier; every word is text; nothing is fetched, nothing runs.
"""

from collections.abc import Iterable
from html import escape
from typing import Final

from streams.explain.labels import plain
from streams.explain.svg.fonts import BODY, FONTS, HEADING, SMALL, wrapped

WIDTH: Final = 1000
EDGE: Final = 36.0
RIGHT: Final = WIDTH - EDGE
LINE: Final = 19.0

ACCENT: Final = "#1f4e79"
INK: Final = "#111111"
GREY: Final = "#555555"
PALE: Final = "#d9d9d9"
WASH: Final = "#f0f0f0"
WHITE: Final = "#ffffff"
HATCH: Final = "url(#hatch)"

HAIR: Final = ' stroke-width="0.8"'
THIN: Final = ' stroke-width="1.2"'
DASHED: Final = ' stroke-width="1.2" stroke-dasharray="5 3"'
OUTLINED: Final = f' stroke="{GREY}" stroke-width="1"'
DOUBTFUL: Final = f' stroke="{INK}" stroke-width="1.2" stroke-dasharray="5 4"'
DOTTED: Final = ' stroke-width="1.6" stroke-dasharray="2 3"'


class Sheet:
    """Elements in drawing order and how far down the page they reach."""

    def __init__(self) -> None:
        self.elements: list[str] = []
        self.y = EDGE

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
        self.elements.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}"{weight}{place}>{escape(words)}</text>',
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

    def paragraph(self, x: float, words: str, size: float = SMALL, *, fill: str = INK) -> None:
        """Write words from ``x`` to the right edge, as many lines down as they take."""
        for line in wrapped(plain(words), size, RIGHT - x):
            self.y += LINE
            self.text(x, self.y, line, size, fill=fill)

    def heading(self, words: str) -> None:
        """Write a heading over a thin rule."""
        self.y += 38
        self.text(EDGE, self.y, words, HEADING, bold=True)
        self.y += 7
        self.line(EDGE, self.y, RIGHT, self.y, INK, HAIR)

    def document(self, title: str, description: str) -> str:
        """Return everything drawn as one document."""
        height = int(self.y + EDGE)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            f' role="img" aria-labelledby="title description" font-family="{FONTS}">\n'
            f'<title id="title">{escape(title)}</title>\n'
            f'<desc id="description">{escape(description)}</desc>\n'
            '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<path d="M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2" stroke="{GREY}" stroke-width="1"/></pattern></defs>\n'
            f'<rect x="0" y="0" width="{WIDTH}" height="{height}" fill="{WHITE}"/>'
        )
        return "\n".join([head, *self.elements, "</svg>", ""])


def _n(number: float) -> str:
    """Return a coordinate to a tenth, without a useless nought."""
    return f"{number:.1f}".removesuffix(".0")
