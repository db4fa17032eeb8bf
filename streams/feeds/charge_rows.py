"""Charges as rows for a spreadsheet: what is charged or credited, under which codes of the site, and by which rules. Pure."""

from collections.abc import Iterator
from typing import Final

from models.charge import ChargeLine, ChargeSet
from models.line_change import LineChange
from streams.feeds.charge_codes import ChargeCodes
from streams.wire.rejects import Reject

Cells = tuple[str, ...]

COLUMNS: Final[Cells] = (
    "encounter_id", "charge_set_id", "revision", "change", "line_id", "service_date", "code", "units", "modifiers",
    "charge_code", "revenue_code", "minutes", "evidence", "administration_ids", "rules", "says",
)  # fmt: skip


def rows_of(said: LineChange | ChargeSet, codes: ChargeCodes) -> list[Cells] | Reject:
    """Return a row under ``COLUMNS`` for each line that is charged or credited, or which code the site's table lacks."""
    rows = []
    for change in _changes(said):
        cells = _cells(change, codes)
        if isinstance(cells, Reject):
            return cells
        rows.append(cells)
    return rows


def _changes(said: LineChange | ChargeSet) -> Iterator[LineChange]:
    if isinstance(said, LineChange):
        yield said
        return
    for line in said.lines:
        yield LineChange(said.encounter_id, said.charge_set_id, said.revision, "charge", line)


def _cells(change: LineChange, codes: ChargeCodes) -> Cells | Reject:
    line: ChargeLine = change.line
    charge = codes.code_of(line.code)
    if isinstance(charge, Reject):
        return charge
    return (
        change.encounter_id, change.charge_set_id, str(change.revision), change.change, line.line_id,
        line.service_date.isoformat(), line.code, str(line.units), " ".join(line.modifiers),
        charge.code if charge else "", charge.revenue_code if charge else "",
        "" if line.minutes is None else str(line.minutes), line.evidence, " ".join(line.administration_ids),
        " ".join(dict.fromkeys(reason.rule for reason in line.reasons)), " ".join(reason.says for reason in line.reasons),
    )  # fmt: skip
