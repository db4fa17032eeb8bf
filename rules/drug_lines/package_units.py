"""
Billing units in one whole item of a package, of CMS's NDC-HCPCS crosswalk: ``parameters/drugs/package_units.csv``.

What ``infusion refresh --asp-ndc`` took in lies over it, package by package. The crosswalk does not say whether an item
is for a single dose: ``containers.csv`` and a site's own table do.
"""

from collections.abc import Iterator
from csv import DictReader
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from rules.data_files import DRUGS
from rules.formulary.drug_editions import laid_over
from rules.site_folder import cached_by_site

PACKAGES: Final = "package_units.csv"
COLUMNS: Final = ("ndc", "hcpcs", "units")
_NDC_DIGITS: Final = 11


def _rows(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with (folder / PACKAGES).open(encoding="utf-8", newline="") as lines:
        numbered = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")]
    for (number, _), row in zip(numbered[1:], DictReader(line for _, line in numbered), strict=False):
        yield number, row


@cached_by_site()
def package_units() -> dict[tuple[str, str], Decimal]:
    """
    Return the billing units of one item by the package's eleven digits and the code, a later quarter's over the shipped.

    Raises:
        DrugListError: an edition that a refresh took in is not as it must be.
    """
    return {
        (row["ndc"], row["hcpcs"]): Decimal(row["units"])
        for of_package in laid_over("package_units", "ndc").values()
        for row in of_package
    }


@cached_by_site()
def _largest() -> dict[str, Decimal]:
    largest: dict[str, Decimal] = {}
    for (_, code), units in package_units().items():
        largest[code] = max(units, largest.get(code, Decimal(0)))
    return largest


def largest_package(code: str) -> Decimal | None:
    """Return the billing units of the largest item that is billed with a code, None where none is listed."""
    return _largest().get(code)


def problems(folder: Path = DRUGS) -> Iterator[str]:
    """Yield what is wrong with the table, one sentence each with its line; nothing when it is in order."""
    try:
        rows = list(_rows(folder))
    except (OSError, UnicodeDecodeError) as error:
        yield f"{PACKAGES}: cannot be read ({type(error).__name__}); mend or restore it."
        return
    for line, row in rows:
        if tuple(row) != COLUMNS or None in row.values():
            yield f"{PACKAGES} line {line}: write {', '.join(COLUMNS)}."
            continue
        if len(row["ndc"]) != _NDC_DIGITS or not row["ndc"].isdigit():
            yield f"{PACKAGES} line {line}: {row['ndc']!r} is not eleven digits without hyphens."
        try:
            sound = Decimal(row["units"]) > 0
        except InvalidOperation:
            sound = False
        if not sound:
            yield f"{PACKAGES} line {line}: {row['units']!r} is no number of units above 0."
