"""What the marks on the page mean: only those that were used."""

from collections.abc import Set as AbstractSet
from typing import Final

from streams.explain.svg.fonts import SMALL, measure
from streams.explain.svg.sheet import (
    ACCENT,
    DOTTED,
    DOUBTFUL,
    EDGE,
    GREY,
    HATCH,
    INK,
    OUTLINED,
    PALE,
    RIGHT,
    WASH,
    WHITE,
    Sheet,
)

_WORDS: Final = {
    "billed": "billed",
    "unbilled": "flowed, not billed",
    "pause": "paused",
    "unknown": "stop not charted",
    "running": "still running",
    "given": "given and billed",
    "unpaid": "given, not billed",
    "pump": "what the pump recorded",
    "cut": "idle time left out",
}


def legend(sheet: Sheet, used: AbstractSet[str], partly_billed: str) -> None:
    """Write what each mark used means, and what a row's minutes mean that read billed/flowed."""
    entries = [(key, words, 32) for key, words in _WORDS.items() if key in used]
    if partly_billed:
        entries.append(("", f"{partly_billed}: billed of flowed", 0))
    x, sheet.y = EDGE, sheet.y + 24
    for key, words, size in entries:
        wide = size + measure(words, SMALL) + 18
        if x + wide > RIGHT:
            x, sheet.y = EDGE, sheet.y + 22
        _key(sheet, key, x, sheet.y - 10)
        sheet.text(x + size, sheet.y, words, SMALL)
        x += wide


def diamond(sheet: Sheet, x: float, y: float, *, billed: bool) -> None:
    """Draw what was given at one moment."""
    points = [(x, y - 9), (x + 7, y), (x, y + 9), (x - 7, y)]
    sheet.polygon(points, ACCENT if billed else WHITE, ACCENT if billed else INK)


def _key(sheet: Sheet, key: str, x: float, y: float) -> None:
    match key:
        case "billed":
            sheet.rect(x, y, 26, 11, ACCENT)
        case "unbilled":
            sheet.rect(x, y, 26, 11, HATCH, OUTLINED)
        case "pause":
            sheet.line(x, y + 5, x + 26, y + 5, INK, DOTTED)
        case "unknown":
            sheet.rect(x, y, 26, 11, WHITE, DOUBTFUL)
        case "running":
            sheet.polygon([(x + 8, y), (x + 20, y + 5.5), (x + 8, y + 11)], GREY, GREY)
        case "given" | "unpaid":
            diamond(sheet, x + 13, y + 5.5, billed=key == "given")
        case "pump":
            sheet.rect(x, y + 3, 26, 5, GREY)
        case "cut":
            sheet.rect(x, y, 26, 11, WASH, f' stroke="{PALE}"')
