"""
What of a text may be shown as it stands: the one place that decides it, for terminals, pages, pictures and logs. Pure.

Identifiers and texts are opaque and come from outside. A control character (C0, C1) moves a terminal's cursor, a mark of
direction turns what stands beside it, a character of no width makes two ids look alike, a line separator breaks a line.
"""

import re
from typing import Final

_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
"""Characters Python calls printable though nothing of them is seen (Unicode's Default_Ignorable_Code_Point)."""


def shows(text: str) -> bool:
    """Tell whether a text is seen as it is: no control, no mark of direction, nothing of no width, no break."""
    return text.isprintable() and (text.isascii() or not _UNSEEN.search(text))


def printable(text: str) -> str:
    """Return text that moves no cursor and turns no direction: what is not seen as it is, is written as an escape."""
    return text if shows(text) else "".join(c if shows(c) else ascii(c)[1:-1] for c in text)


def printable_lines(text: str) -> str:
    r"""Return ``printable`` of each line; ``\n`` alone ends one."""
    return "\n".join(map(printable, text.split("\n")))


def replaced(text: str) -> str:
    """Return text of the same length: a blank for what is some kind of space, U+FFFD for whatever else is not seen."""
    return (
        text
        if shows(text)
        else "".join(c if shows(c) else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)
    )
