"""``infusion charges``: what the worker has charged, held or shown, from Kafka; the newest of each stay."""

import asyncio
from contextlib import aclosing
from typing import Any

import click
from orjson import dumps
from pydantic import ValidationError

from models.charge import CHARGE_SET, ChargeSet, expected_cents
from streams.cli.shared.broker import broker
from streams.cli.shared.money import dollars
from streams.cli.shared.stay_options import stay_filter, stay_options
from streams.cli.shared.stay_rows import (
    CHARGE_COLUMNS,
    CHARGE_HEAD,
    TextTable,
    charge_cells,
    charge_row,
    csv_text,
    withdrawn_row,
)
from streams.kafka.connection import Connection
from streams.operations.published import Published, follow, newest
from streams.operations.stay_filter import StayFilter
from streams.wire.topics import CHARGES


@click.command("charges")
@click.argument("encounters", metavar="[ENCOUNTER]...", nargs=-1)
@stay_options
@click.option("--follow", "following", is_flag=True, help="Go on with what changes, until Ctrl-C.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "jsonl", "csv"]),
    default="table",
    show_default=True,
    help="A line a stay for people, whole charge sets as JSON Lines, or a row a charge line for a spreadsheet.",
)
def command(*, encounters: tuple[str, ...], following: bool, form: str, **picked: Any) -> int:
    """
    Show what the worker has said of each stay: its newest charge set on infusion.charges.v1.

    Name encounters to see those alone. Lines of a held set or a preview are shown and were not charged. Money is the
    expected payment, by what each line names. KAFKA_BOOTSTRAP_SERVERS says where Kafka is.

    Exit status: 0 shown, 1 nothing of the kind, 2 wrong usage or no Kafka.
    """
    wanted = stay_filter(**picked)
    with broker() as connection:
        return asyncio.run(
            _show(connection, _Writer(form), wanted, frozenset(encounters), following=following)
        )


class _Writer:
    """Writes stays in one form, and counts them."""

    def __init__(self, form: str) -> None:
        self.shown = 0
        self.cents = 0
        self.unread = 0
        self._form = form
        self._table: TextTable | None = None

    def read(self, one: Published) -> ChargeSet | None:
        """Return a charge set as published; None, and one more unread, for what is none."""
        try:
            return CHARGE_SET.validate_json(one.value or b"")
        except ValidationError:
            self.unread += 1
            return None

    def begin(self, stays: list[tuple[ChargeSet, Published]]) -> None:
        """Write the head, as wide as these stays need it, and the stays."""
        if self._form == "table":
            rows = [charge_row(charge_set, one.at) for charge_set, one in stays]
            self._table = TextTable(CHARGE_HEAD, rows)
            click.echo(self._table.line(CHARGE_HEAD))
        elif self._form == "csv":
            click.echo(csv_text([CHARGE_COLUMNS]), nl=False)
        for charge_set, one in stays:
            self.write(charge_set, one)

    def write(self, charge_set: ChargeSet, one: Published) -> None:
        """Write one stay."""
        self.shown += 1
        self.cents += expected_cents(charge_set)
        if self._table is not None:
            click.echo(self._table.line(charge_row(charge_set, one.at)))
        elif self._form == "csv":
            click.echo(csv_text(charge_cells(charge_set, one.at)), nl=False)
        else:
            click.echo(one.value or b"")

    def withdraw(self, one: Published) -> None:
        """Write that the charges of a stay were taken back whole; a spreadsheet of lines has no row for that."""
        if self._table is not None:
            click.echo(self._table.line(withdrawn_row(one.encounter_id, one.at)))
        elif self._form == "jsonl":
            click.echo(dumps({"encounter_id": one.encounter_id, "withdrawn": True}))


async def _show(
    connection: Connection,
    writer: _Writer,
    wanted: StayFilter,
    encounters: frozenset[str],
    *,
    following: bool,
) -> int:
    published, positions = await newest(connection, CHARGES)
    stays = [
        (charge_set, one)
        for name, one in sorted(published.items())
        if (not encounters or name in encounters)
        and (charge_set := writer.read(one)) is not None
        and wanted.takes(charge_set, one.at)
    ]
    writer.begin(stays)
    if following:
        async with aclosing(follow(connection, positions)) as changes:
            async for one in changes:
                _write_change(writer, one, wanted, encounters)
    click.echo(f"stays       {writer.shown:,}, {dollars(writer.cents)} USD", err=True)
    if writer.unread:
        click.echo(f"unreadable  {writer.unread:,} on {CHARGES} are no charge sets of this release", err=True)
    return 0 if writer.shown else 1


def _write_change(writer: _Writer, one: Published, wanted: StayFilter, encounters: frozenset[str]) -> None:
    if encounters and one.encounter_id not in encounters:
        return
    if one.value is None:
        writer.withdraw(one)
        return
    charge_set = writer.read(one)
    if charge_set is not None and wanted.takes(charge_set, one.at):
        writer.write(charge_set, one)
