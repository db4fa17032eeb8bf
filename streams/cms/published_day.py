"""Days and quarters as the publishers of drug lists write them, in cells, titles and file names."""

from datetime import date
from re import compile as pattern
from typing import Final

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (
            *("january", "february", "march", "april", "may", "june", "july"),
            *("august", "september", "october", "november", "december"),
        ),
        1,
    )
}
_ISO: Final = pattern(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_SLASHED: Final = pattern(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?: .*)?")
_COMPACT: Final = pattern(r"(\d{4})(\d{2})(\d{2})")
_SPELT: Final = pattern(r"effective\s+([a-z]+)\s+(\d{1,2}),\s*(\d{4})")
_HCPCS_NAME: Final = pattern(r"hcpc(?:s)?(\d{4})(?:_(jan|apr|jul|oct))?")
_RXNORM_NAME: Final = pattern(r"rxnorm_(?:full|weekly)(?:_prescribe)?_(\d{2})(\d{2})(\d{4})")
_CENTURY: Final = 2000


def day(text: str) -> date | None:
    """Return the day of a cell: 2026-01-31, 20260131, 1/31/2026 or 1/31/26; None when it is none of them."""
    spelt = text.strip()
    try:
        if match := _ISO.fullmatch(spelt) or _COMPACT.fullmatch(spelt):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _SLASHED.fullmatch(spelt):
            year = int(match[3])
            return date(year if year > _CENTURY else _CENTURY + year, int(match[1]), int(match[2]))
    except ValueError:
        return None
    return None


def effective(title: str) -> date | None:
    """Return the first day a title says it is for: ``Effective January 1, 2026 through March 31, 2026``."""
    match = _SPELT.search(title.lower())
    if match is None or match[1] not in _MONTHS:
        return None
    try:
        return date(int(match[3]), _MONTHS[match[1]], int(match[2]))
    except ValueError:
        return None


def hcpcs_quarter(name: str) -> date | None:
    """Return the quarter CMS names a HCPCS file for: ``HCPC2026_JUL_ANWEB_06172026.txt``; a year alone is January."""
    match = _HCPCS_NAME.search(name.lower())
    if match is None:
        return None
    return date(int(match[1]), {"jan": 1, "apr": 4, "jul": 7, "oct": 10}[match[2] or "jan"], 1)


def rxnorm_release(name: str) -> date | None:
    """Return the day of the release in an RxNorm file or folder name: ``RxNorm_full_01042027``."""
    match = _RXNORM_NAME.search(name.lower())
    try:
        return date(int(match[3]), int(match[1]), int(match[2])) if match else None
    except ValueError:
        return None
