"""Stays coded again beside what stands of them: every change, what moves by line or by code, or a page."""

from collections.abc import Iterable
from typing import Any, Final

import click
from orjson import dumps

from models.line_change import LineChange
from streams.charging.recode import Recoded
from streams.cli.shared.change_rows import COLUMNS, HEAD, cents_of, change_cells, change_row
from streams.cli.shared.money import signed
from streams.cli.shared.stay_rows import Cells, TextTable, csv_text
from streams.reconciliation.moves import CodeMoves, Move, Totals, moves
from streams.reconciliation.what_if_page import page
from streams.wire.charge_json import value_of

Compared = tuple[str, Recoded]
"""The status a stay has now, empty where it is not known, and the stay coded again."""

FORMS: Final = ("jsonl", "table", "csv", "html")
BY: Final = ("change", "line", "code")

_LINE_HEAD: Final[Cells] = ("ENCOUNTER", "SERVICE", "CODE", "MODIFIERS", "BEFORE", "AFTER", "USD")
_LINE_COLUMNS: Final[Cells] = (
    "encounter_id", "service_date", "code", "modifiers", "units_before", "units_after", "usd",
)  # fmt: skip
_CODE_HEAD: Final[Cells] = ("CODE", "STAYS", "BEFORE", "AFTER", "USD")
_CODE_COLUMNS: Final[Cells] = ("code", "stays", "units_before", "units_after", "usd")


def write_comparison(compared: Iterable[Compared], form: str, by: str, title: str) -> int:
    """Write what would change to stdout and how much of it there is to stderr; return 1 where anything would."""
    out: Any = click.get_binary_stream("stdout")
    run = _Comparison(out, form, "line" if form == "html" else by)
    for status, stay in compared:
        run.take(status, stay)
    if form == "html":
        out.writelines(part.encode() for part in page(title, run.totals, run.moves))
    else:
        run.finish()
    out.flush()
    click.echo(f"stays       {run.totals.stays:,} coded again, {run.totals.changed:,} would change", err=True)
    click.echo(
        f"lines       {run.lines:,} would be credited or charged, {signed(run.cents)} USD net", err=True
    )
    if run.restated:
        click.echo(
            f"restated    {signed(run.restated)} USD on lines that stay as they were charged", err=True
        )
    return 1 if run.totals.changed else 0


class _Comparison:
    """What is written of one run, change by change, or once all of it is known."""

    def __init__(self, out: Any, form: str, by: str) -> None:
        self.totals = Totals()
        self.moves: list[Move] = []
        self.lines = self.cents = self.restated = 0
        self._out, self._form, self._by = out, form, by
        self._changes: list[LineChange] = []
        if (form, by) == ("csv", "change"):
            out.write(csv_text([COLUMNS]).encode())

    def take(self, status: str, stay: Recoded) -> None:
        """Count a stay, and write what can be written at once."""
        self.totals.stays += 1
        self.totals.changed += stay.changed
        self.totals.statuses[status, stay.charge_set.status] += 1
        self.lines += len(stay.changes)
        self.restated += stay.restated_cents
        self.cents += sum(map(cents_of, stay.changes))
        moved = moves(stay.changes)
        self.totals.take(moved)
        if self._by == "line":
            self.moves += moved
        elif self._by == "change":
            self._write_changes(stay.changes)

    def _write_changes(self, changes: Iterable[LineChange]) -> None:
        if self._form == "jsonl":
            self._out.writelines(value_of(change) + b"\n" for change in changes)
        elif self._form == "csv":
            self._out.write(csv_text(change_cells(change) for change in changes).encode())
        else:
            self._changes += changes

    def finish(self) -> None:
        """Write what had to wait for the last stay."""
        out, form = self._out, self._form
        if self._by == "line":
            _write(out, form, [_line_row(one) for one in self.moves], _LINE_HEAD, _LINE_COLUMNS, self.moves)
        elif self._by == "code":
            codes = self.totals.codes()
            _write(out, form, [_code_row(one) for one in codes], _CODE_HEAD, _CODE_COLUMNS, codes)
        elif form == "table":
            _write(out, form, [change_row(change) for change in self._changes], HEAD, COLUMNS, ())


def _write(
    out: Any, form: str, rows: list[Cells], head: Cells, columns: Cells, values: Iterable[Move | CodeMoves]
) -> None:
    if form == "table":
        table = TextTable(head, rows)
        out.writelines(f"{table.line(cells)}\n".encode() for cells in ((head, *rows) if rows else ()))
    elif form == "csv":
        out.write(
            csv_text(
                [columns, *((*row[:-1], row[-1].replace(",", "").replace("+", "")) for row in rows)]
            ).encode()
        )
    else:
        out.writelines(dumps(one) + b"\n" for one in values)


def _line_row(one: Move) -> Cells:
    return (
        one.encounter_id, one.service_date.isoformat(), one.code, " ".join(one.modifiers), str(one.units_before),
        str(one.units_after), signed(one.cents),
    )  # fmt: skip


def _code_row(one: CodeMoves) -> Cells:
    return one.code, str(one.stays), str(one.units_before), str(one.units_after), signed(one.cents)
