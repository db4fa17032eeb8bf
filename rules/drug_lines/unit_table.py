"""
What one billing unit of each drug code is: ``parameters/drugs/units.csv``, read from CMS's wording once and reviewed.

A row counts from the code's first day to its last. A code whose amount is empty cannot be counted from a dose.
"""

from collections.abc import Iterator
from csv import DictReader
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from re import compile as pattern
from typing import Final, NamedTuple

from rules.data_files import DRUGS
from rules.drug_lines.quantities import OWN_UNIT, Kind, measure, plain
from rules.drug_lines.row_checks import above_zero, wrong_days
from rules.sources import sources

UNITS: Final = "units.csv"
COLUMNS: Final = (
    *("code", "amount", "unit", "form", "counts", "brands", "routes", "use", "from", "until", "mue", "cite"),
)
USES: Final = frozenset({"dialysis", "biosimilar", "twin", "compounded"})
ROUTES: Final = frozenset(
    {"IV", "SC", "IM", "IT", "ORAL", "INH", "BLADDER", "JOINT", "EYE", "TOPICAL", "IMPLANT"}
)
_IN_MCG: Final = Decimal("0.1")
"""Below this many mg a unit is written in mcg."""
_CODE: Final = pattern(r"[A-Z][0-9]{4}")


class BillingUnit(NamedTuple):
    """
    One code's unit; ``amount`` is in the kind's own unit, None where the wording does not settle it.

    ``brands`` are words by which this code is meant, folded; ``routes`` the only ones its wording allows, none for any.
    ``mue`` is the units of a date beyond which an outpatient claim is denied, where one is published.
    """

    code: str
    amount: Decimal | None
    kind: Kind | None
    counts: str
    brands: tuple[str, ...]
    routes: frozenset[str]
    use: frozenset[str]
    since: date | None
    until: date | None
    mue: int | None
    cite: str

    def in_force(self, on: date) -> bool:
        """Tell whether the code exists on a date of service."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)

    @property
    def in_words(self) -> str:
        """Return the unit as a sentence writes it: ``10 mg``; empty where it is not settled."""
        if self.amount is None or self.kind is None:
            return ""
        if self.kind == "mass" and self.amount < _IN_MCG:
            return f"{plain(self.amount * 1000)} mcg"
        return f"{plain(self.amount)} {OWN_UNIT[self.kind]}"


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip().casefold() for part in cell.split(";") if part.strip())


def _rows(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with (folder / UNITS).open(encoding="utf-8", newline="") as lines:
        numbered = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")]
    for (number, _), row in zip(numbered[1:], DictReader(line for _, line in numbered), strict=False):
        yield number, row


def _unit(row: dict[str, str]) -> BillingUnit:
    unit = measure(row["unit"]) if row["unit"] else None
    return BillingUnit(
        row["code"],
        Decimal(row["amount"]) * unit.factor if unit is not None else None,
        unit.kind if unit is not None else None,
        row["counts"],
        _list(row["brands"]),
        frozenset(part.upper() for part in _list(row["routes"])),
        frozenset(_list(row["use"])),
        date.fromisoformat(row["from"]) if row["from"] else None,
        date.fromisoformat(row["until"]) if row["until"] else None,
        int(row["mue"]) if row["mue"] else None,
        row["cite"],
    )


@cache
def billing_unit_table() -> dict[str, BillingUnit]:
    """Return the unit of every drug code, ended ones too, by code."""
    return {row["code"]: _unit(row) for _, row in _rows(DRUGS)}


def problems(folder: Path = DRUGS) -> Iterator[str]:
    """Yield what is wrong with the table, one sentence each with its line; nothing when it is in order."""
    try:
        rows = list(_rows(folder))
    except (OSError, UnicodeDecodeError) as error:
        yield f"{UNITS}: cannot be read ({type(error).__name__}); mend or restore it."
        return
    seen: set[str] = set()
    for line, row in rows:
        if tuple(row) != COLUMNS or None in row.values():
            yield f"{UNITS} line {line}: write {', '.join(COLUMNS)}."
            continue
        if row["code"] in seen:
            yield f"{UNITS} line {line}: {row['code']} stands twice."
        seen.add(row["code"])
        yield from (f"{UNITS} line {line}: {wrong}" for wrong in _wrong(row))


def _wrong(row: dict[str, str]) -> Iterator[str]:
    if not _CODE.fullmatch(row["code"]):
        yield f"{row['code']!r} is no HCPCS code of a drug."
    yield from _wrong_amount(row["amount"], row["unit"])
    for cell, known in (("use", USES), ("routes", ROUTES)):
        if not {part for part in row[cell].split(";") if part} <= known:
            yield f"{cell} are {', '.join(sorted(known))}, joined by a semicolon."
    if row["mue"] and not row["mue"].isdigit():
        yield f"mue {row['mue']!r} is no number of units."
    yield from wrong_days(row)
    if row["cite"] not in sources():
        yield f"cites {row['cite']}, which rules/sources.toml does not hold."


def _wrong_amount(amount: str, unit: str) -> Iterator[str]:
    if bool(amount) != bool(unit):
        yield "write an amount and its unit, or neither where the wording settles none."
        return
    if amount and not (above_zero(amount) and measure(unit) is not None):
        yield f"{amount} {unit} is no unit; write a number above 0 and mg, mcg, g, unit, meq, ml, mci, vial or dose."
