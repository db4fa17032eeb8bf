"""``infusion rejects``: what could not be used, with the reason; and sending it back once that is mended."""

import asyncio
from contextlib import aclosing
from datetime import datetime

import click

from streams.cli.shared.broker import broker
from streams.cli.shared.instant import InstantType
from streams.cli.shared.reject_lines import HEAD, as_json, as_row
from streams.kafka.connection import Connection
from streams.operations.reject_queue import Place, ReplayResult, Selection, replay, selected_rejects


class PlaceType(click.ParamType):
    """One reject by its place."""

    name = "partition:offset"

    def convert(self, value: str | Place, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """Return partition and offset, as the list shows them."""
        if isinstance(value, tuple):
            return value
        partition, colon, offset = value.partition(":")
        if not (colon and partition.isdecimal() and offset.isdecimal()):
            self.fail("write PARTITION:OFFSET as the list shows it, for example 3:42", param, ctx)
        return int(partition), int(offset)


@click.command("rejects")
@click.argument("places", metavar="[PARTITION:OFFSET]...", nargs=-1, type=PlaceType())
@click.option("--reason", default="", metavar="TEXT", help="Only those whose reason contains this text.")
@click.option("--since", type=InstantType(), metavar="INSTANT", help="Only those refused since then.")
@click.option("--replay", "back", is_flag=True, help="Send the selected back to the topics they came from.")
@click.option("--all", "everything", is_flag=True, help="With --replay: all there are.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "jsonl"]),
    default="table",
    show_default=True,
    help="A line each for people, or JSON Lines for machines.",
)
@click.option("--show", is_flag=True, help="Show key and value too. They are patients' data.")
def command(
    *,
    places: tuple[Place, ...],
    reason: str,
    since: datetime | None,
    back: bool,
    everything: bool,
    form: str,
    show: bool,
) -> int:
    """
    List what could not be used: where it lies on infusion.rejects.v1, when, from where, and why.

    With --replay, send it back once the fault is mended: the same bytes, key and headers. Choose by place, by
    --reason, by --since, or take --all. A replay twice changes nothing, as no event counts twice.
    KAFKA_BOOTSTRAP_SERVERS says where Kafka is.

    Exit status: 0 done, 1 something selected is not there or could not go back, 2 wrong usage or no Kafka.
    """
    selection = Selection(frozenset(places), reason, int(since.timestamp() * 1000) if since else 0)
    if back and everything == (selection != Selection()):
        message = (
            "--replay needs to know what: PARTITION:OFFSET, --reason, --since, or --all and none of those"
        )
        raise click.UsageError(message)
    with broker() as connection:
        if not back:
            return asyncio.run(_list(connection, selection, form, show=show))
        result = asyncio.run(replay(connection, selection))
    return _report(result, selection)


async def _list(connection: Connection, selection: Selection, form: str, *, show: bool) -> int:
    seen: set[Place] = set()
    written = as_json if form == "jsonl" else as_row
    async with aclosing(selected_rejects(connection, selection)) as messages:
        async for message in messages:
            if not seen and form == "table":
                click.echo(HEAD)
            seen.add((message.partition, message.offset))
            click.echo(written(message, show=show))
    click.echo(f"rejects     {len(seen):,}", err=True)
    return _missing(seen, selection)


def _report(result: ReplayResult, selection: Selection) -> int:
    for (partition, offset), why in result.not_sent:
        click.echo(f"{partition}:{offset} was not replayed: {why}", err=True)
    click.echo(f"rejects     replayed {result.sent:,}", err=True)
    return max(_missing(result.seen, selection), int(bool(result.not_sent)))


def _missing(seen: set[Place], selection: Selection) -> int:
    """Say which of the named rejects are not there, and return the exit status that follows."""
    absent = sorted(selection.places - seen)
    for partition, offset in absent:
        click.echo(f"{partition}:{offset} is not there, or not among those asked for", err=True)
    return int(bool(absent))
