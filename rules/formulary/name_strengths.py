"""
Names whose strength tells which product it is: leuprolide by the milligram, alteplase 2 mg (R-CLS-4, R-BUN-5).

``parameters/drugs/strengths.csv`` has one row a name and strength: the product it then is, or nothing when two
products of different classes share it and only an indication can tell them apart.
"""

from collections.abc import Iterator, Mapping
from csv import DictReader
from functools import cache
from pathlib import Path
from typing import Final

from rules.data_files import DRUGS
from rules.formulary.name_doses import P
from rules.formulary.name_reading import Meaning

STRENGTHS: Final = "strengths.csv"
COLUMNS: Final = ("product", "mg", "means", "cites")


def _rows(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with (folder / STRENGTHS).open(encoding="utf-8", newline="") as lines:
        numbered = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")]
    for (number, _), cells in zip(numbered[1:], DictReader(line for _, line in numbered), strict=False):
        yield number, cells


@cache
def _strengths() -> Mapping[str, Mapping[float, str]]:
    """Return, by product, what each of its strengths in mg means."""
    table: dict[str, dict[float, str]] = {}
    for _, row in _rows(DRUGS):
        table.setdefault(row["product"], {})[float(row["mg"])] = row["means"]
    return table


def by_strength(meant: Meaning[P], by_key: Mapping[str, P]) -> Meaning[P]:
    """Return a meaning with the product its charted strength names; ``shared`` when that strength is of two."""
    if len(meant.products) != 1 or not meant.masses:
        return meant
    strengths = _strengths().get(meant.products[0].key)
    named = {strengths[mass] for mass in meant.masses if mass in strengths} if strengths else set()
    if len(named) != 1:
        return meant
    product = by_key.get(means := named.pop())
    if not means:
        return meant._replace(shared=True)
    return meant if product is None else meant._replace(products=(product,))


def problems(listed: frozenset[str], known: Mapping[str, object], folder: Path = DRUGS) -> Iterator[str]:
    """Yield what is wrong with the table of strengths, against the products and sources there are."""
    try:
        rows = list(_rows(folder))
    except (OSError, UnicodeDecodeError) as error:
        yield f"{STRENGTHS}: cannot be read ({type(error).__name__}); mend or restore it."
        return
    for line, row in rows:
        if tuple(row) != COLUMNS or None in row.values():
            yield f"{STRENGTHS} line {line}: write {', '.join(COLUMNS)}."
            continue
        for name in {row["product"], row["means"]} - {""}:
            if name not in listed:
                yield f"{STRENGTHS} line {line}: {name!r} is not in products.csv."
        if not row["mg"].replace(".", "", 1).isdigit():
            yield f"{STRENGTHS} line {line}: {row['mg']!r} is no strength in mg."
        if row["cites"] not in known:
            yield f"{STRENGTHS} line {line}: cites {row['cites']}, which rules/sources.toml does not hold."
