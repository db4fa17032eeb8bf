"""A difference between our charges and another system's as the cells of a spreadsheet's row. Pure."""

from collections.abc import Iterator
from typing import Final

from streams.reconciliation.difference import Difference
from streams.reconciliation.shadow import Group

Cells = tuple[str, ...]

COLUMNS: Final[Cells] = (
    "switch", "answer", "also_explained_by", "encounter_id", "kind", "status", "differs_in", "service_date", "code",
    "units", "modifiers", "usd", "their_code", "their_units", "their_modifiers", "their_usd", "rule", "says",
)  # fmt: skip


def csv_row(group: Group, one: Difference) -> Cells:
    """Return a difference under ``COLUMNS``."""
    return (
        group.switch, group.answer, " ".join(_others(group, one)), one.encounter_id, one.kind, one.status,
        " ".join(one.differs_in),
        one.service_date.isoformat() if one.service_date else "", one.code or "", str(one.units) if one.code else "",
        " ".join(one.modifiers), f"{one.cents / 100:.2f}", one.their_code or "",
        str(one.their_units) if one.their_code else "", " ".join(one.their_modifiers), f"{one.their_cents / 100:.2f}",
        one.rule, one.says,
    )  # fmt: skip


def _others(group: Group, one: Difference) -> Iterator[str]:
    for key, answer in one.explained_by:
        if (key, answer) != (group.switch, group.answer):
            yield f"{key}={answer}"
