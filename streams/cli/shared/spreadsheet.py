"""Text that came from outside, made safe for a spreadsheet."""

import re
from typing import Final

from models.printable import printable

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are full-width forms of the first."""

_NUMBER: Final = re.compile(r"-[0-9]+(?:\.[0-9]+)?", re.ASCII)
"""A number below zero, a credit say, is no formula: behind an apostrophe a column of money would not add up."""


def spreadsheet_cell(text: str) -> str:
    """Return a cell that no spreadsheet computes: one that looks like a formula gets an apostrophe in front, a number none."""
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) and not _NUMBER.fullmatch(shown) else shown
