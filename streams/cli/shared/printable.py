"""Text that came from outside, made safe to show: on a terminal and in a spreadsheet."""

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are full-width forms of the first."""


def printable(text: str) -> str:
    """Return text that moves no cursor and turns no direction: what does not print is written as an escape."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def spreadsheet_cell(text: str) -> str:
    """Return a cell that no spreadsheet computes: one that looks like a formula gets an apostrophe in front."""
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
