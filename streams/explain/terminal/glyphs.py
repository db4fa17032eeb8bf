"""What a drawing on a terminal is made of, in Unicode and in ASCII."""

from typing import Final, NamedTuple
from unicodedata import normalize

NARROWEST: Final = 60
"""Columns that the drawing takes at least."""

_SPELLED: Final = str.maketrans(
    {"\N{MULTIPLICATION SIGN}": "x", "·": "-", "≥": ">=", "≤": "<=", "\N{MINUS SIGN}": "-", "§": "section "}
    | {"→": "->", "\N{RIGHT SINGLE QUOTATION MARK}": "'", "“": '"', "”": '"'}
    | {"\N{EN DASH}": "-", "\N{EM DASH}": "-"},
)


class Glyphs(NamedTuple):
    """What the drawing is made of, one cell each but the last two."""

    billed: str = "█"
    unbilled: str = "░"
    pause: str = "·"
    unknown: str = "┄"
    given: str = "◆"
    unpaid: str = "◇"
    running: str = "▶"
    pump: str = "━"
    band: str = "═"
    mark: str = "▼"
    window: str = "│"
    midnight: str = "┊"
    axis: str = "─"
    tick: str = "┬"
    cut: str = "\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}"
    elbow: str = "└"
    arrow: str = "→"
    more: str = "…"

    def spell(self, words: str) -> str:
        """Return words in the letters that go with these glyphs."""
        if self == UNICODE:
            return words
        return normalize("NFKD", words.translate(_SPELLED)).encode("ascii", "replace").decode()


UNICODE: Final = Glyphs()
ASCII: Final = Glyphs(
    "#", "-", ".", "~", "*", "o", ">", "=", "=", "v", "|", ":", "-", "+", "/", "`", "->", "..."
)
