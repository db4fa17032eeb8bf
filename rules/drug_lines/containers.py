"""
What a drug's container holds, and whether for one dose: ``parameters/drugs/containers.csv``, then a site's own stock.

CMS's crosswalk says how much a package holds and not for how many doses. A row says it where a source does; a site's
rows of a code stand in place of the shipped ones, for they are what its pharmacy stocks. What nobody says is not known.
"""

from collections.abc import Iterator, Mapping
from csv import DictReader
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from rules.data_files import DRUGS
from rules.drug_lines.package_units import package_units
from rules.drug_lines.quantities import amount
from rules.drug_lines.row_checks import above_zero, wrong_days
from rules.drug_lines.unit_table import BillingUnit, billing_unit_table
from rules.formulary.crosswalks import eleven_digits
from rules.formulary.site_rows import place, site_cells
from rules.formulary.site_shape import read_list
from rules.site_folder import SiteFolder, cached_by_site, site_in_force
from rules.sources import sources

CONTAINERS: Final = "containers.csv"
COLUMNS: Final = ("hcpcs", "ndc", "holding", "amount", "unit", "program", "from", "until", "cite")
HOLDINGS: Final = frozenset({"single_dose", "multi_dose"})
PROGRAMS: Final = frozenset({"", "340b"})
_SITE: Final = "the site's table of containers"

Cells = Mapping[str, str]


class Container(NamedTuple):
    """One kind of container of a code; ``size`` is in the kind of the code's unit, None where it is not known."""

    single_dose: bool
    size: Decimal | None
    discounted: bool
    said_by: str
    cite: str | None


class Unknown(NamedTuple):
    """Why the container of a drug is not known, and what would tell it."""

    says: str


def _rows(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with (folder / CONTAINERS).open(encoding="utf-8", newline="") as lines:
        numbered = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")]
    for (number, _), row in zip(numbered[1:], DictReader(line for _, line in numbered), strict=False):
        yield number, row


@cached_by_site()
def _by_code() -> dict[str, tuple[Cells, ...]]:
    table: dict[str, list[Cells]] = {}
    for _, row in _rows(DRUGS):
        table.setdefault(row["hcpcs"], []).append(row)
    site = site_in_force()
    own: dict[str, list[Cells]] = {}
    if site is not None:
        for cells in site_cells(site, CONTAINERS):
            own.setdefault(cells["hcpcs"].upper(), []).append(cells | {"cite": ""})
    return {code: tuple(rows) for code, rows in (table | own).items()}


def _stands(row: Cells, on: date) -> bool:
    since = date.fromisoformat(row["from"]) if row["from"] else date.min
    until = date.fromisoformat(row["until"]) if row["until"] else date.max
    return since <= on <= until


def first_days() -> Iterator[date]:
    """Yield the days from which rows of the table, a site's among them, stand."""
    yield from (
        date.fromisoformat(row["from"]) for rows in _by_code().values() for row in rows if row["from"]
    )


def last_days() -> Iterator[date]:
    """Yield the last days of rows that end."""
    yield from (
        date.fromisoformat(row["until"]) for rows in _by_code().values() for row in rows if row["until"]
    )


@cached_by_site(maxsize=4096)
def container_of(unit: BillingUnit, ndc: str | None, on: date) -> Container | Unknown:
    """
    Return the container a drug of a code came in, by its charted package where there is one.

    ``ndc`` is the package as charted. Without one the code's containers must be alike, for a size that was not charted is
    not guessed.
    """
    packages = eleven_digits(ndc) if ndc else ()
    rows = [row for row in _by_code().get(unit.code, ()) if _stands(row, on)]
    listed = {digits: row for row in rows if row["ndc"] for digits in eleven_digits(row["ndc"])}
    of_package = [listed[one] for one in packages if one in listed]
    chosen = of_package or [row for row in rows if not packages or not row["ndc"]]
    if not chosen:
        what = f"package {ndc}" if packages else unit.code
        return Unknown(f"no table says whether {what} holds one dose, nor how much")
    found = {_container(unit, row) for row in chosen}
    if not packages and any(row["cite"] for row in chosen) and not _all_listed(unit.code, listed):
        return Unknown(f"{unit.code} has packages that no table describes, and no package is charted")
    if len({(one.single_dose, one.size) for one in found}) > 1:
        return Unknown(f"{unit.code} comes in several containers, and no package is charted")
    # Stock bought under a programme and beside it: nobody has said which of the two was given.
    return min(found, key=lambda one: (one.discounted, one.cite or ""))


def _all_listed(code: str, listed: Mapping[str, Cells]) -> bool:
    """Tell whether every package that the crosswalk has of a code is described, so that none can be another size."""
    return all(ndc in listed for ndc, of_code in package_units() if of_code == code)


def _container(unit: BillingUnit, row: Cells) -> Container:
    return Container(
        row["holding"] == "single_dose",
        _size(unit, row),
        row["program"].casefold() == "340b",
        "" if row["cite"] else _SITE,
        row["cite"] or None,
    )


def _size(unit: BillingUnit, row: Cells) -> Decimal | None:
    if unit.amount is None:
        return None
    if row["amount"]:
        held = amount(Decimal(row["amount"]), row["unit"])
        return held.value if held is not None and held.kind == unit.kind else None
    known = [
        package_units()[ndc, unit.code]
        for ndc in eleven_digits(row["ndc"])
        if (ndc, unit.code) in package_units()
    ]
    return known[0] * unit.amount if known else None


def wrong_row(row: Cells) -> Iterator[str]:
    """Yield what is wrong with one row of the table, shipped or a site's; nothing when it is in order."""
    if row["ndc"] and not eleven_digits(row["ndc"]):
        yield f"ndc {row['ndc']!r} is no package; write eleven digits, or ten with hyphens."
    if row["holding"] not in HOLDINGS:
        yield f"holding {row['holding']!r} is not known; write single_dose or multi_dose."
    if row["program"].casefold() not in PROGRAMS:
        yield f"program {row['program']!r} is not known; write 340b or leave it empty."
    yield from _wrong_amount(row)
    yield from wrong_days(row)


def _wrong_amount(row: Cells) -> Iterator[str]:
    if bool(row["amount"]) != bool(row["unit"]):
        yield "write an amount and its unit, or neither."
        return
    if row["amount"] and not (above_zero(row["amount"]) and amount(Decimal(1), row["unit"]) is not None):
        yield f"{row['amount']} {row['unit']} is no amount; write a number above 0 and mg, mcg, g, unit, meq or ml."


def site_problems(site: SiteFolder) -> list[str]:
    """Return what is wrong with a site's own table, one sentence each with its line; nothing when it is in order."""
    found: list[str] = []
    rows = read_list(site, CONTAINERS, found)
    seen: dict[tuple[str, str, str], int] = {}
    for line, row in rows:
        wrong = list(wrong_row(row))
        if row["hcpcs"].upper() not in billing_unit_table():
            wrong.append(f"{row['hcpcs']} is no drug code of the tables.")
        key = (row["hcpcs"].upper(), row["ndc"], row["from"])
        if key in seen:
            wrong.append(f"{row['hcpcs']} {row['ndc']} is in line {seen[key]} already; keep one.")
        seen.setdefault(key, line)
        found += [f"{place(CONTAINERS)} line {line}: {one}" for one in wrong]
    return found


def problems(folder: Path = DRUGS) -> Iterator[str]:
    """Yield what is wrong with the shipped table, one sentence each with its line; nothing when it is in order."""
    try:
        rows = list(_rows(folder))
    except (OSError, UnicodeDecodeError) as error:
        yield f"{CONTAINERS}: cannot be read ({type(error).__name__}); mend or restore it."
        return
    seen: set[tuple[str, str]] = set()
    for line, row in rows:
        if tuple(row) != COLUMNS or None in row.values():
            yield f"{CONTAINERS} line {line}: write {', '.join(COLUMNS)}."
            continue
        if (key := (row["hcpcs"], row["ndc"])) in seen:
            yield f"{CONTAINERS} line {line}: {row['ndc']} stands twice for {row['hcpcs']}."
        seen.add(key)
        yield from (f"{CONTAINERS} line {line}: {wrong}" for wrong in wrong_row(row))
        if row["cite"] not in sources():
            yield f"{CONTAINERS} line {line}: cites {row['cite']}, which rules/sources.toml does not hold."
