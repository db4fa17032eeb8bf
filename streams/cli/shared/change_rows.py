"""Lines that would be credited or charged, as rows: what moves, by how much, and for whom."""

from typing import Final

from models.line_change import LineChange
from streams.cli.shared.money import signed
from streams.cli.shared.stay_rows import Cells
from streams.wire.charge_json import row

HEAD: Final[Cells] = ("ENCOUNTER", "REV", "CHANGE", "SERVICE", "CODE", "UNITS", "MODIFIERS", "USD")
COLUMNS: Final[Cells] = (
    "encounter_id", "revision", "change", "line_id", "service_date", "code", "units", "modifiers", "usd",
)  # fmt: skip


def cents_of(change: LineChange) -> int:
    """Return what a change moves in whole US cents of expected payment, a credit below zero; unpriced lines move 0."""
    paid = change.line.expected_payment
    cents = 0 if paid is None else paid.cents or 0
    return cents if change.change == "charge" else -cents


def change_row(change: LineChange) -> Cells:
    """Return a change as one row under ``HEAD``."""
    shown = row(change.line)
    return (
        change.encounter_id, str(change.revision), change.change, shown.date, shown.code, shown.units,
        shown.modifiers or "-", signed(cents_of(change)),
    )  # fmt: skip


def change_cells(change: LineChange) -> Cells:
    """Return a change as one row under ``COLUMNS``."""
    shown = row(change.line)
    return (
        change.encounter_id, str(change.revision), change.change, change.line.line_id, shown.date, shown.code,
        shown.units, shown.modifiers, f"{cents_of(change) / 100:.2f}",
    )  # fmt: skip
