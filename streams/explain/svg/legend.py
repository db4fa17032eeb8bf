"""What the marks on the page mean: only those that were used."""

from collections.abc import Set as AbstractSet

from streams.explain.picture import Picture
from streams.explain.svg.fonts import SMALL, measure
from streams.explain.svg.sheet import (
    ACCENT,
    DOTTED,
    DOUBTFUL,
    EDGE,
    EDGED,
    GREY,
    HATCH,
    INK,
    LIGHT,
    OUTLINED,
    PALE,
    RIGHT,
    WASH,
    WHITE,
    Sheet,
)
from streams.explain.verdict import Verdict


def _words(verdict: Verdict) -> dict[str, str]:
    return {
        "billed": verdict.billed,
        "unbilled": verdict.unbilled,
        "pause": "paused",
        "unknown": "stop not charted",
        "running": "still running",
        "given": verdict.given,
        "unpaid": verdict.unpaid,
        "pump": "what the pump recorded",
        "cut": "idle time left out",
    }


def legend(sheet: Sheet, used: AbstractSet[str], picture: Picture) -> None:
    """Write what each mark used means, and what a row's minutes mean that read billed/flowed."""
    verdict = picture.verdict
    entries = [(key, words, 32) for key, words in _words(verdict).items() if key in used]
    if picture.partly_billed:
        entries.append(("", f"{picture.partly_billed}: {verdict.share}", 0))
    x, sheet.y = EDGE, sheet.y + 24
    for key, words, size in entries:
        wide = size + measure(words, SMALL) + 18
        if x + wide > RIGHT:
            x, sheet.y = EDGE, sheet.y + 22
        _key(sheet, key, x, sheet.y - 10, released=verdict.released)
        sheet.text(x + size, sheet.y, words, SMALL)
        x += wide


def coded(sheet: Sheet, x: float, y: float, width: float, height: float, *, released: bool) -> None:
    """Draw minutes that earned a line: dark where the charges are released, else light with an edge."""
    sheet.rect(x, y, width, height, ACCENT if released else LIGHT, "" if released else EDGED)


def diamond(sheet: Sheet, x: float, y: float, *, coded: bool, released: bool) -> None:
    """Draw what was given at one moment."""
    points = [(x, y - 9), (x + 7, y), (x, y + 9), (x - 7, y)]
    fill = (ACCENT if released else LIGHT) if coded else WHITE
    sheet.polygon(points, fill, ACCENT if coded else INK)


def _key(sheet: Sheet, key: str, x: float, y: float, *, released: bool) -> None:
    match key:
        case "billed":
            coded(sheet, x, y, 26, 11, released=released)
        case "unbilled":
            sheet.rect(x, y, 26, 11, HATCH, OUTLINED)
        case "pause":
            sheet.line(x, y + 5, x + 26, y + 5, INK, DOTTED)
        case "unknown":
            sheet.rect(x, y, 26, 11, WHITE, DOUBTFUL)
        case "running":
            sheet.polygon([(x + 8, y), (x + 20, y + 5.5), (x + 8, y + 11)], GREY, GREY)
        case "given" | "unpaid":
            diamond(sheet, x + 13, y + 5.5, coded=key == "given", released=released)
        case "pump":
            sheet.rect(x, y + 3, 26, 5, GREY)
        case "cut":
            sheet.rect(x, y, 26, 11, WASH, f' stroke="{PALE}"')
