"""Published charge sets as rows: a line a stay for a person, a line a charge or a flag for a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Final

from models.charge import ChargeSet, Flag, expected_cents
from models.printable import printable
from models.review_item import ReviewItem
from streams.cli.shared.money import dollars
from streams.cli.shared.span import left_text
from streams.cli.shared.spreadsheet import spreadsheet_cell
from streams.wire.charge_json import row
from streams.wire.instant_text import rfc3339

Cells = tuple[str, ...]

CHARGE_HEAD: Final[Cells] = (
    "PUBLISHED", "ENCOUNTER", "REV", "STATUS", "PAYER", "FACILITY", "SERVICE", "USD", "CODES", "HELD BY",
)  # fmt: skip
REVIEW_HEAD: Final[Cells] = (
    "PUBLISHED", "ENCOUNTER", "REV", "STATUS", "PAYER", "USD", "BILL HOLD", "SEVERITY", "FLAG", "ADMINISTRATIONS", "CHART LACKS", "WHAT TO DO",
)  # fmt: skip
CHARGE_COLUMNS: Final[Cells] = (
    "published_at", "encounter_id", "revision", "status", "payer", "facility", "line_id", "service_date", "code",
    "units", "modifiers", "minutes", "evidence", "expected_usd", "held_by", "expected_from",
)  # fmt: skip
REVIEW_COLUMNS: Final[Cells] = (
    "published_at", "encounter_id", "revision", "status", "payer", "facility", "expected_usd", "bill_hold_ends_at",
    "severity", "flag",    "administration_ids", "says", "suggestion", "chart_lacks",
)  # fmt: skip

_SHORTEST: Final = {"PUBLISHED": 20, "ENCOUNTER": 12, "STATUS": 9, "PAYER": 10, "FLAG": 18}
"""Columns a table gives at least, so that rows which come later stand below the ones before."""


def charge_row(charge_set: ChargeSet, at_ms: int) -> Cells:
    """Return a stay as one row under ``CHARGE_HEAD``."""
    dates = sorted({line.service_date.isoformat() for line in charge_set.lines})
    codes = " ".join(
        "-".join((line.code, *line.modifiers)) + (f"x{line.units}" if line.units != 1 else "")
        for line in charge_set.lines
    )
    return (
        _instant(at_ms),
        charge_set.encounter_id,
        str(charge_set.revision),
        charge_set.status,
        charge_set.payer or "-",
        charge_set.facility or "-",
        dates[0] if dates else "-",
        dollars(expected_cents(charge_set)),
        codes or "-",
        " ".join(held_by(charge_set)) or "-",
    )


def withdrawn_row(encounter_id: str, at_ms: int) -> Cells:
    """Return the row of a stay whose charges were taken back whole; it fits under either head."""
    return (_instant(at_ms), encounter_id, "-", "withdrawn", *["-"] * (len(CHARGE_HEAD) - 4))


def review_rows(
    item: ReviewItem, charge_set: ChargeSet, at_ms: int, hold_left: float | None
) -> Iterator[Cells]:
    """Yield a row under ``REVIEW_HEAD`` for each flag of a stay, what holds it first; ``hold_left`` is in seconds."""
    for flag in sorted(item.flags, key=lambda one: (one.severity != "block", one.flag)):
        yield (
            _instant(at_ms),
            item.encounter_id,
            str(item.revision),
            item.status,
            charge_set.payer or "-",
            dollars(expected_cents(charge_set)),
            "-" if hold_left is None else left_text(hold_left),
            flag.severity,
            flag.flag,
            ",".join(flag.administration_ids) or "-",
            ", ".join(_lacks(item, flag)) or "-",
            flag.suggestion,
        )


def charge_cells(charge_set: ChargeSet, at_ms: int) -> Iterator[Cells]:
    """Yield a spreadsheet row under ``CHARGE_COLUMNS`` for each line of a set; one without a code where it has none."""
    about = (
        _instant(at_ms), charge_set.encounter_id, str(charge_set.revision), charge_set.status, charge_set.payer or "",
        charge_set.facility or "",
    )  # fmt: skip
    held = " ".join(held_by(charge_set))
    for line in charge_set.lines:
        shown, paid = row(line), line.expected_payment
        usd = dollars(paid.cents, "") if paid is not None and paid.cents is not None else ""
        yield (
            *about, line.line_id, shown.date, shown.code, shown.units, shown.modifiers, shown.minutes, line.evidence,
            usd, held, "" if paid is None else paid.schedule,
        )  # fmt: skip
    if not charge_set.lines:
        yield (*about, *[""] * 8, held, "")


def review_cells(
    item: ReviewItem, charge_set: ChargeSet, at_ms: int, hold_end: int | None
) -> Iterator[Cells]:
    """Yield a spreadsheet row under ``REVIEW_COLUMNS`` for each flag of a stay; ``hold_end`` is in epoch seconds."""
    for flag in item.flags:
        yield (
            _instant(at_ms), item.encounter_id, str(item.revision), item.status, charge_set.payer or "",
            charge_set.facility or "", dollars(expected_cents(charge_set), ""),
            "" if hold_end is None else rfc3339(hold_end), flag.severity, flag.flag,
            " ".join(flag.administration_ids), flag.says, flag.suggestion, " ".join(_lacks(item, flag)),
        )  # fmt: skip


def _lacks(item: ReviewItem, flag: Flag) -> list[str]:
    """Return the items of the chart's checklist that a flag asks for, by name."""
    ids = set(flag.administration_ids)
    found = [
        gap.item for gap in item.chart_lacks if flag.flag in gap.flags and ids & set(gap.administration_ids)
    ]
    return list(dict.fromkeys(found))


def held_by(charge_set: ChargeSet) -> list[str]:
    """Return the flags that hold a set, each once, by name."""
    return sorted({flag.flag for flag in charge_set.flags if flag.severity == "block"})


class TextTable:
    """Rows below one another, the first of them deciding how wide the columns are."""

    def __init__(self, head: Cells, rows: Sequence[Cells]) -> None:
        self._widths: Final = [
            max(_SHORTEST.get(name, 0), *(len(printable(cell)) for cell in column))
            for name, column in zip(head, zip(head, *rows, strict=True), strict=True)
        ]

    def line(self, cells: Cells) -> str:
        """Return one row, safe on a terminal."""
        padded = [f"{printable(cell):{width}}" for cell, width in zip(cells, self._widths, strict=True)]
        return "  ".join(padded).rstrip()


def csv_text(rows: Iterable[Cells]) -> str:
    """Return rows as CSV (RFC 4180), safe in a spreadsheet."""
    out = StringIO()
    csv.writer(out).writerows([[spreadsheet_cell(cell) for cell in cells] for cells in rows])
    return out.getvalue()


def _instant(at_ms: int) -> str:
    return rfc3339(at_ms // 1000)
