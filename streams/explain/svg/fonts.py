"""
How wide words may be on a page whose font nobody knows: as wide as the widest of the common sans-serifs.

The page names fonts and carries none, so it must hold in whichever the reader has.
"""

from typing import Final

FONTS: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
)
TITLE, HEADING, BODY, SMALL, TINY = 22, 16, 14, 13, 12
"""Sizes in units of which 1000 make the page's width: 13 prints as six and a half points on A4."""

_NARROW: Final = frozenset("iljtfrI.,:;'|!()[]/- ·")
_WIDE: Final = frozenset("mwMW%@—…")
_BOLD: Final = 1.1


def measure(words: str, size: float, *, bold: bool = False) -> float:
    """Return how wide words are at most, whichever of the fonts the reader has."""
    return sum(map(_em, words)) * size * (_BOLD if bold else 1)


def _em(letter: str) -> float:
    if letter in _NARROW:
        return 0.42
    if letter in _WIDE:
        return 1.0
    if letter.isupper():
        return 0.74
    return 0.64 if letter.isascii() or letter.islower() or letter == "\N{EN DASH}" else 1.0


def cut(words: str, size: float, room: float, *, bold: bool = False) -> str:
    """Return words in at most ``room``, ending in an ellipsis where something was left out."""
    if measure(words, size, bold=bold) <= room:
        return words
    while words and measure(words + "…", size, bold=bold) > room:
        words = words[:-1]
    return words.rstrip() + "…"


def wrapped(words: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Return words in lines of at most ``room``; a word wider than that is cut into pieces."""
    lines: list[str] = []
    for word in words.split():
        if lines and measure(f"{lines[-1]} {word}", size, bold=bold) <= room:
            lines[-1] += f" {word}"
            continue
        lines.append("")
        for letter in word:
            if measure(lines[-1] + letter, size, bold=bold) > room:
                lines.append("")
            lines[-1] += letter
    return lines
