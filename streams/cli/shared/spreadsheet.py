"""Text that came from outside, made safe for a spreadsheet."""

from typing import Final

from models.printable import printable

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are full-width forms of the first."""


def spreadsheet_cell(text: str) -> str:
    """Return a cell that no spreadsheet computes: one that looks like a formula gets an apostrophe in front."""
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
