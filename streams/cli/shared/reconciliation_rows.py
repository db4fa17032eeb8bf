"""Rows of a reconciliation as a person, a spreadsheet and a program read them."""

from typing import Final

from orjson import dumps

from streams.cli.shared.money import dollars
from streams.cli.shared.stay_rows import Cells
from streams.reconciliation.row import Row

HEAD: Final[Cells] = (
    "STATE", "KIND", "ENCOUNTER", "SERVICE", "AGE", "OURS", "USD", "BILLED", "USD", "ADMINISTRATIONS", "PAIRING", "WHY",
)  # fmt: skip
COLUMNS: Final[Cells] = (
    "state", "kind", "encounter_id", "id", "administration_ids", "pairing", "service_date", "age_days", "code", "units",
    "modifiers", "usd", "billed_code", "billed_units", "billed_modifiers", "billed_usd", "differs_in", "rule", "says",
)  # fmt: skip


def table_row(row: Row) -> Cells:
    """Return a row under ``HEAD``."""
    return (
        row.state,
        row.kind,
        row.encounter_id,
        row.service_date.isoformat() if row.service_date else "-",
        "-" if row.age_days is None else f"{row.age_days}d",
        _coded(row.code, row.units, row.modifiers),
        amount(row.cents) if row.code and row.units else "-",
        _coded(row.posted_code, row.posted_units, row.posted_modifiers),
        amount(row.posted_cents) if row.posted_code else "-",
        ",".join(row.administration_ids) or "-",
        row.pairing or "-",
        " ".join(filter(None, (row.rule, row.says))) or "-",
    )


def csv_row(row: Row) -> Cells:
    """Return a row under ``COLUMNS``."""
    return (
        row.state, row.kind, row.encounter_id, row.id, " ".join(row.administration_ids), row.pairing,
        row.service_date.isoformat() if row.service_date else "", "" if row.age_days is None else str(row.age_days),
        row.code or "", str(row.units) if row.code else "", " ".join(row.modifiers), amount(row.cents, ""),
        row.posted_code or "", str(row.posted_units) if row.posted_code else "", " ".join(row.posted_modifiers),
        amount(row.posted_cents, ""), " ".join(row.differs_in), row.rule, row.says,
    )  # fmt: skip


def json_row(row: Row) -> bytes:
    """Return a row as one line of JSON."""
    return dumps(row) + b"\n"


def amount(cents: int, thousands: str = ",") -> str:
    """Return US cents as dollars, below zero with a sign."""
    return ("-" if cents < 0 else "") + dollars(abs(cents), thousands)


def _coded(code: str | None, units: int, modifiers: tuple[str, ...]) -> str:
    """Return a line in one cell; a drug may have its code before anyone knows its units."""
    if code is None:
        return "-"
    return "-".join((code, *modifiers)) + ("" if units == 1 else f"x{units}" if units else " no units")
