"""``infusion recode``: closed stays coded again from their topic, beside what was charged; nothing is sent."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from datetime import date, datetime
from typing import Any

import click

from models.charge import ChargeSet
from models.field import Setting
from models.line_change import LineChange
from models.printable import printable
from rules.engine import Profile
from rules.site_folder import SiteFolder
from streams.batch.tally import Tally
from streams.charging.recode import Recoded, compare, recode
from streams.cli.shared.broker import broker
from streams.cli.shared.change_rows import COLUMNS, HEAD, cents_of, change_cells, change_row
from streams.cli.shared.money import signed
from streams.cli.shared.profile_options import check_policy, profile_options
from streams.cli.shared.stay_rows import TextTable, csv_text
from streams.kafka.connection import Connection
from streams.kafka.publisher import MissingTopicError
from streams.kafka.topic_reader import whole_topic
from streams.operations.published import newest
from streams.operations.restore import restore
from streams.wire import topics
from streams.wire.charge_json import value_of, written


@click.command("recode")
@click.option(
    "--restore",
    "encounter_id",
    metavar="ENCOUNTER",
    help="Instead, bring a forgotten stay back from the events topic, so that the workers code it again.",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Only stays closed on this day (UTC) or later.",
)
@click.option(
    "--compare",
    "comparing",
    is_flag=True,
    help="Tell what would be credited and charged, instead of every charge set.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "table", "csv"]),
    default="jsonl",
    show_default=True,
    help="With --compare: JSON Lines for machines, a table with net dollars for people, or CSV.",
)
@profile_options
def command(  # noqa: PLR0913 -- one parameter an option
    *, since: datetime | None, comparing: bool, form: str, encounter_id: str | None, policy: str | None, overrides: tuple[tuple[str, str], ...],
    setting: Setting | None, payer: str | None, site: SiteFolder | None,
) -> int:  # fmt: skip
    """
    Code closed stays again, from infusion.encounters.closed.v1: under this release's rules, or another policy.

    Nothing is sent and the running workers notice nothing: charge sets go to stdout as infusion code writes them,
    or, with --compare, each line that would be credited or charged, and what that comes to in expected payment. An amount
    that is restated alone moves no line; what such amounts come to is told apart.
    KAFKA_BOOTSTRAP_SERVERS says where Kafka is.

    With --restore ENCOUNTER the workers do notice: they get back what the events topic has of a stay they have
    forgotten, and code it again; then replay the event that was refused.

    Exit status: 0 done and, with --compare, nothing would change; 1 something would, is held, or could not be
    read; 2 wrong usage or no Kafka.
    """
    check_policy(policy, overrides, setting, payer, site)
    profile = Profile(policy, overrides, setting, payer, site)
    if (since is None) == (encounter_id is None):
        message = "say --since DATE, or --restore ENCOUNTER"
        raise click.UsageError(message)
    if form != "jsonl" and not comparing:
        message = "--format goes with --compare; charge sets are JSON Lines, and infusion code prints them as tables"
        raise click.UsageError(message)
    try:
        if encounter_id is not None:
            with broker() as connection:
                return _report_restored(asyncio.run(restore(connection, encounter_id)))
        with broker() as connection:
            closed = asyncio.run(_values(connection, topics.CLOSED))
            charges = asyncio.run(newest(connection, topics.CHARGES))[0] if comparing else {}
    except MissingTopicError as error:
        raise click.ClickException(str(error)) from None
    refused: list[Exception] = []
    if comparing:
        status = _write_changes(
            compare(
                closed,
                {name: one.value for name, one in charges.items()},
                profile,
                _day(since),
                refused.append,
            ),
            form,
        )
    else:
        status = _write(recode(closed, profile, _day(since), refused.append))
    if refused:
        click.echo(
            f"records     {len(refused):,} could not be read; the first is {printable(str(refused[0]))}",
            err=True,
        )
    return 1 if refused else status


def _report_restored(sent: int) -> int:
    click.echo(
        f"events      {sent:,} sent to the worker"
        if sent
        else "events      none: the topic has forgotten it too",
        err=True,
    )
    return 0 if sent else 1


def _day(since: datetime | None) -> date | None:
    return None if since is None else since.date()


async def _values(connection: Connection, topic: str) -> list[bytes]:
    async with aclosing(whole_topic(connection, topic)) as records:
        return [record.value async for record in records if record.value is not None]


def _write(sets: Iterable[ChargeSet]) -> int:
    tally, out = Tally(), click.get_binary_stream("stdout")
    for charge_set in sets:
        tally.count(charge_set)
        out.write(written(charge_set))
    out.flush()
    for line in tally.summary():
        if not line.startswith("events"):
            click.echo(line, err=True)
    return 0 if tally.all_coded else 1


def _write_changes(stays_recoded: Iterable[Recoded], form: str) -> int:
    out: Any = click.get_binary_stream("stdout")
    stays = changed = lines = cents = restated = 0
    rows: list[LineChange] = []
    if form == "csv":
        out.write(csv_text([COLUMNS]).encode())
    for stay in stays_recoded:
        stays += 1
        changed += stay.changed
        restated += stay.restated_cents
        lines += len(stay.changes)
        for change in stay.changes:
            cents += cents_of(change)
            if form == "jsonl":
                out.write(value_of(change) + b"\n")
            elif form == "csv":
                out.write(csv_text([change_cells(change)]).encode())
            else:
                rows.append(change)
    if form == "table" and rows:
        table = TextTable(HEAD, [change_row(change) for change in rows])
        for cells in (HEAD, *map(change_row, rows)):
            out.write(f"{table.line(cells)}\n".encode())
    out.flush()
    click.echo(f"stays       {stays:,} coded again, {changed:,} would change", err=True)
    click.echo(f"lines       {lines:,} would be credited or charged, {signed(cents)} USD net", err=True)
    if restated:
        click.echo(f"restated    {signed(restated)} USD on lines that stay as they were charged", err=True)
    return 1 if changed else 0
