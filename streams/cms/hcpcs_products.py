"""
Drug codes of CMS's list as rows of the formulary's ``hcpcs.csv``: which product each code is, and until when.

A code that is installed keeps its product and takes CMS's last day. A new code is taken only when its description is
an injection of one product, and that product's ingredient has no other product: a code's description does not tell a
depot from a solution. What is left out is named, for a person to add.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from re import IGNORECASE
from re import compile as pattern
from typing import Final

from rules.formulary.products import Catalogue, HcpcsCode
from streams.cms.hcpcs_list import HcpcsList, HcpcsRecord
from streams.cms.taken import Note, Row, Taken, left_out

DRUG_CODES: Final = pattern(r"(?:J|C9|Q5)\w+")
"""Codes that are new drugs when they are new; others may be supplies, and are taken only when they are installed."""

GONE: Final = "to look at: installed codes that the list no longer holds, kept without a last day"

INJECTED: Final = pattern(r"(?:injection|inj\.?|infusion)\s*[,.]?\s+(.+)", IGNORECASE)


def hcpcs_rows(of_quarter: HcpcsList, installed: Sequence[HcpcsCode], catalogue: Catalogue) -> Taken:
    """Return the rows for every code of the list that is a drug of the formulary, and what was left out."""
    known: dict[str, list[HcpcsCode]] = {}
    for code in installed:
        known.setdefault(code.code, []).append(code)
    rows: list[Row] = []
    unread: list[str] = []
    for record in of_quarter.codes.values():
        if record.code in known:
            rows += _dated(record, known[record.code])
        elif DRUG_CODES.fullmatch(record.code) and record.ended is None:
            if product := product_of(record.words, catalogue):
                rows.append((record.code, product, record.added.isoformat() if record.added else "", ""))
            else:
                unread.append(record.code)
    gone = sorted(
        code
        for code, of_code in known.items()
        if code[0].isalpha() and code not in of_quarter.codes and all(one.until is None for one in of_code)
    )
    notes = (
        *left_out("new codes whose description is not one product of the formulary", sorted(unread)),
        *((Note(GONE, tuple(gone)),) if gone else ()),
    )
    return Taken(tuple(sorted(rows)), of_quarter.released, notes)


def product_of(words: str, catalogue: Catalogue) -> str | None:
    """Return the product a description is an injection of, or None where it leaves any doubt."""
    match = INJECTED.match(words.strip())
    if match is None:
        return None
    found = catalogue.means(match[1]).products
    if len(found) != 1:
        return None
    of_ingredient = [one for one in catalogue.by_key.values() if one.ingredient == found[0].ingredient]
    return found[0].key if len(of_ingredient) == 1 else None


def _dated(record: HcpcsRecord, known: Sequence[HcpcsCode]) -> Iterator[Row]:
    """Yield the installed rows of a code with CMS's last day; a row that ended before another began keeps its own."""
    last = max(one.since or date.min for one in known)
    for one in known:
        earlier = one.until is not None and one.until < last
        until = one.until if earlier else record.ended
        if not one.product and until is None:
            continue  # an ended code of a drug nobody lists lives again: its old row stands until a person adds it
        yield (
            one.code,
            one.product,
            one.since.isoformat() if one.since else "",
            until.isoformat() if until else "",
        )
