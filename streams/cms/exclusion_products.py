"""
The contractors' lists as rows of ``self_administered.csv``: which ingredient is excluded, by which route, since when.

A contractor lists a code or a brand, the rules refuse an ingredient by its route. So an ingredient is taken only when no
other code of it is left uncovered by the lists: else its covered products would be refused too, and the code alone is
listed. A brand under an unlisted code is read as a charted name would be. What can be neither is named.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from re import IGNORECASE
from re import compile as pattern
from typing import Final

from rules.formulary.exclusion_list import Exclusion
from rules.formulary.products import Catalogue, HcpcsCode
from streams.cms.exclusion_export import Excluded, ExclusionLists
from streams.cms.taken import Row, Taken, left_out

UNLISTED: Final = frozenset({"C9399", "J3490", "J3590", "J8499", "J8999", "J9999"})
"""Codes for whatever has none; the brand beside them says what it is."""

_INTO_MUSCLE: Final = pattern(r"\b(?:intramuscular\w*|i\.?m\.?)\b", IGNORECASE)
_UNDER_SKIN: Final = pattern(r"\b(?:subcutaneous\w*|sub-?q|s\.?c\.?|sq)\b", IGNORECASE)
_REMARKS: Final = pattern(
    r"\*|\b(?:for\s+)?(?:subcutaneous\w*|intramuscular\w*)\s*(?:use|injection|only)?|\bself[- ]administered\b",
    IGNORECASE,
)

_Key = tuple[str, str, str]


def exclusion_rows(
    lists: ExclusionLists,
    catalogue: Catalogue,
    codes: Sequence[HcpcsCode],
    kept: Sequence[Exclusion],
    cite: str,
) -> Taken:
    """
    Return the list as the rules read it, and what was left out.

    ``kept`` are installed rows that rest on something else than a contractor's list; they stay.
    """
    of_ingredient = _codes_in_force(catalogue, codes, lists.released)
    listed = frozenset(row.code for row in lists.rows if row.until is None or row.until >= lists.released)
    merged: dict[_Key, list[Excluded]] = defaultdict(list)
    unknown: dict[str, None] = {}
    shared: dict[str, None] = {}
    for row in lists.rows:
        ingredients = _ingredients(row, catalogue)
        if not ingredients:
            unknown[f"{row.code} {row.brand}".strip()] = None
        for ingredient in ingredients:
            others = of_ingredient.get(ingredient, frozenset()) - listed
            if others - {row.code} and row.code in UNLISTED:
                shared[row.brand] = None
                continue
            merged["" if others - {row.code} else ingredient, row.code, _routes(row)].append(row)
    rows = {_row(key, of_key, cite, lists.released) for key, of_key in merged.items()}
    rows |= {_kept(row) for row in kept}
    notes = (
        *left_out("rows whose drug the formulary does not know", sorted(unknown)),
        *left_out("brands without a code of their own whose ingredient has covered codes", sorted(shared)),
    )
    return Taken(tuple(sorted(rows)), lists.released, notes)


def _codes_in_force(
    catalogue: Catalogue, codes: Sequence[HcpcsCode], on: date
) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for code in codes:
        product = catalogue.by_key.get(code.product)
        if product is not None and code.code not in UNLISTED and (code.until is None or code.until >= on):
            found[product.ingredient].add(code.code)
    return {ingredient: frozenset(of_ingredient) for ingredient, of_ingredient in found.items()}


def _ingredients(row: Excluded, catalogue: Catalogue) -> tuple[str, ...]:
    if row.code in UNLISTED:
        named = catalogue.means(" ".join(_REMARKS.sub(" ", row.brand).split())).products
        return (named[0].ingredient,) if len(named) == 1 else ()
    meant = catalogue.coded("hcpcs", row.code)
    return tuple(dict.fromkeys(product.ingredient for product in meant))


def _routes(row: Excluded) -> str:
    """Return the routes a row speaks of; one that names none is of drugs given under the skin."""
    text = f"{row.brand} {row.remarks}"
    into_muscle, under_skin = bool(_INTO_MUSCLE.search(text)), bool(_UNDER_SKIN.search(text))
    return ";".join(_said(into_muscle=into_muscle, under_skin=under_skin or not into_muscle))


def _said(*, into_muscle: bool, under_skin: bool) -> Iterator[str]:
    if into_muscle:
        yield "IM"
    if under_skin:
        yield "SC"


def _row(key: _Key, of_key: Sequence[Excluded], cite: str, as_of: date) -> Row:
    ingredient, code, routes = key
    open_ended = any(row.until is None for row in of_key)
    until = None if open_ended else max(row.until for row in of_key if row.until is not None)
    listers = sorted({name for row in of_key for name in row.listed_by})
    since = min(row.since for row in of_key)
    ends = until.isoformat() if until is not None else ""
    return (
        *(ingredient, code, routes, "; ".join(listers)),
        *(since.isoformat(), ends, cite, as_of.isoformat()),
    )


def _kept(row: Exclusion) -> Row:
    until = row.until.isoformat() if row.until is not None else ""
    return (
        *(row.ingredient, row.hcpcs, ";".join(sorted(row.routes)), row.listed_by),
        *(row.since.isoformat(), until, row.cite, row.as_of.isoformat()),
    )
