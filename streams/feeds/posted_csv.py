"""A billing system's lines out of a table of named columns, as ``infusion export --to csv`` and most systems write one. Pure."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from streams.feeds.posted import PostedChange, PostedLine
from streams.wire.rejects import Reject

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "encounter_id": ("encounter_id", "account", "account_number", "visit", "visit_number"),
    "code": ("code", "cpt", "hcpcs", "procedure_code"),
    "units": ("units", "quantity", "qty"),
    "service_date": ("service_date", "date_of_service", "dos"),
    "modifiers": ("modifiers", "modifier"),
    "change": ("change", "type"),
    "line_id": ("line_id",),
}
"""What is read, and the headings it may stand under, in small letters."""

_NEEDED: Final = ("encounter_id", "code")
_CODE: Final = re.compile(r"[A-Z0-9]{5}")
_CREDITS: Final = frozenset({"credit", "cd", "reversal"})
_DATES: Final = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?:[T ].*)?"),
    re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)"),
    re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})"),
)


def missing_columns(headings: Collection[str]) -> list[str]:
    """Return the columns that a table must have and has not."""
    return [name for name in _NEEDED if not any(heading in headings for heading in COLUMNS[name])]


def posted_row(row: Mapping[str, str]) -> PostedChange | Reject:
    """Return the charge or credit that a row states, or why it states none; never what stood in it."""
    cell = {name: _cell(row, headings) for name, headings in COLUMNS.items()}
    if not cell["encounter_id"]:
        return Reject("encounter_id", "empty", "name the stay or account as the events do")
    code = cell["code"].upper()
    if not _CODE.fullmatch(code):
        return Reject("code", "no CPT or HCPCS code", "write five capitals or digits")
    units = cell["units"] or "1"
    if not re.fullmatch(r"-?\d{1,7}(?:\.0+)?", units):
        return Reject("units", "no whole number", "write whole units; below zero for a credit")
    on = posted_date(cell["service_date"])
    if cell["service_date"] and on is None:
        return Reject("service_date", "no date", "write 2026-03-02, 20260302 or 3/2/2026")
    modifiers = tuple(sorted(one.upper() for one in re.split(r"[\s,;:~-]+", cell["modifiers"]) if one))
    line = PostedLine(code, int(float(units)), modifiers, on, cell["line_id"] or None)
    return PostedChange(cell["encounter_id"], line, credit=cell["change"].casefold() in _CREDITS)


def posted_date(text: str) -> date | None:
    """Return a date of service as billing systems write one; None where it is none."""
    for form in _DATES:
        if found := form.fullmatch(text):
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                return None
    return None


def _cell(row: Mapping[str, str], headings: tuple[str, ...]) -> str:
    text = next((row[heading] for heading in headings if row.get(heading)), "").strip()
    return text.removeprefix("'")  # how our own table says that a cell is no formula
