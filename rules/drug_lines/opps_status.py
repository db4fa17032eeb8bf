"""
What OPPS pays for a drug code, by quarter: ``parameters/drugs/opps.csv``, and what a refresh took in beside it.

A status is the fact of one quarter. A later quarter of the same calendar year keeps the last one that was read, and the
note names its quarter; another year has none until its own is read.
"""

from bisect import bisect_right
from collections.abc import Iterator
from csv import DictReader
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Final, NamedTuple

from models.charge import ExpectedPayment, Packaging
from rules.data_files import DRUGS
from rules.formulary.drug_editions import at_hand, rows
from rules.site_folder import cached_by_site
from rules.sources import sources

STATUS: Final = "opps.csv"
COLUMNS: Final = ("code", "quarter", "status", "rate", "cite")

MEANS: Final[dict[str, tuple[Packaging, str]]] = {
    "N": ("packaged", "Packaged: no separate payment"),
    "K": ("paid", "Paid separately, not pass-through"),
    "K1": ("paid", "Paid separately, a non-opioid for pain"),
    "G": ("paid", "Paid separately, pass-through"),
    "R": ("paid", "Paid separately, a blood product"),
    "U": ("paid", "Paid separately, a brachytherapy source"),
    "L": ("other", "A vaccine, paid at cost apart from OPPS"),
    "B": ("not_paid", "Not recognised on hospital outpatient bills; another code is needed"),
    "M": ("not_paid", "Not billable to the contractor under OPPS"),
    "A": ("other", "Paid under another fee schedule"),
    "E1": ("not_paid", "Not covered by Medicare"),
    "E2": ("not_paid", "No price is published; not paid"),
}
"""Packaging and sense of each status indicator in our own words."""


class Status(NamedTuple):
    """A code's status in the quarter that begins on ``quarter``, and its rate in US dollars a billing unit."""

    quarter: date
    indicator: str
    rate: Decimal | None
    cite: str


def _rows(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with (folder / STATUS).open(encoding="utf-8", newline="") as lines:
        numbered = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")]
    for (number, _), row in zip(numbered[1:], DictReader(line for _, line in numbered), strict=False):
        yield number, row


@cached_by_site()
def _by_code() -> dict[str, tuple[Status, ...]]:
    table: dict[str, dict[date, Status]] = {}
    for _, row in _rows(DRUGS):
        quarter = date.fromisoformat(row["quarter"])
        table.setdefault(row["code"], {})[quarter] = Status(
            quarter, row["status"], _rate(row["rate"]), row["cite"]
        )
    for edition in at_hand("opps_drugs"):
        for _, row in rows(edition):
            status = Status(edition.effective, row["status"], _rate(row["rate"]), edition.cite)
            table.setdefault(row["code"], {})[edition.effective] = status
    return {code: tuple(found[quarter] for quarter in sorted(found)) for code, found in table.items()}


def _rate(cell: str) -> Decimal | None:
    return Decimal(cell) if cell else None


def first_days() -> Iterator[date]:
    """Yield the first day of each quarter of which a status was read."""
    yield from {status.quarter for of_code in _by_code().values() for status in of_code}


def status_on(code: str, on: date) -> Status | None:
    """Return the last status read of a code for a date of service, of its own calendar year; None where none was."""
    known = _by_code().get(code, ())
    place = bisect_right([status.quarter for status in known], on)
    if not place or known[place - 1].quarter.year != on.year:
        return None
    return known[place - 1]


def expected(code: str, units: int, on: date) -> ExpectedPayment | None:
    """Return what OPPS pays nationally for units of a drug code; None where its status was not read."""
    status = status_on(code, on)
    if status is None:
        return None
    packaging, meaning = MEANS[status.indicator]
    paid = packaging == "paid" and status.rate is not None
    cents = _cents(status.rate, units) if paid else 0 if packaging == "packaged" else None
    note = meaning
    if (on.year, (on.month - 1) // 3) != (status.quarter.year, (status.quarter.month - 1) // 3):
        note += f"; as read for the quarter of {status.quarter.isoformat()}"
    unit_cents = _cents(status.rate, 1) if paid else None
    return ExpectedPayment(
        f"OPPS {status.quarter.isoformat()}", status.indicator, None, packaging, unit_cents, cents, f"{note}."
    )


def _cents(rate: Decimal | None, units: int) -> int:
    return int(((rate or Decimal(0)) * units * 100).quantize(Decimal(1), ROUND_HALF_UP))


def problems(folder: Path = DRUGS) -> Iterator[str]:
    """Yield what is wrong with the table, one sentence each with its line; nothing when it is in order."""
    try:
        rows = list(_rows(folder))
    except (OSError, UnicodeDecodeError) as error:
        yield f"{STATUS}: cannot be read ({type(error).__name__}); mend or restore it."
        return
    seen: set[tuple[str, str]] = set()
    for line, row in rows:
        if tuple(row) != COLUMNS or None in row.values():
            yield f"{STATUS} line {line}: write {', '.join(COLUMNS)}."
            continue
        if (key := (row["code"], row["quarter"])) in seen:
            yield f"{STATUS} line {line}: {row['code']} stands twice for one quarter."
        seen.add(key)
        yield from (f"{STATUS} line {line}: {wrong}" for wrong in _wrong(row))


def _wrong(row: dict[str, str]) -> Iterator[str]:
    try:
        quarter = date.fromisoformat(row["quarter"])
        sound = quarter.day == 1 and quarter.month % 3 == 1
    except ValueError:
        sound = False
    if not sound:
        yield f"quarter {row['quarter']!r} is no first day of a quarter, 2026-01-01."
    if row["status"] not in MEANS:
        yield f"status {row['status']!r} is not known; statuses are {', '.join(MEANS)}."
    try:
        priced = not row["rate"] or Decimal(row["rate"]) >= 0
    except InvalidOperation:
        priced = False
    if not priced:
        yield f"rate {row['rate']!r} is no amount in dollars."
    if row["cite"] not in sources():
        yield f"cites {row['cite']}, which rules/sources.toml does not hold."
