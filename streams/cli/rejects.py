"""``infusion rejects``: what could not be used, with the reason; and sending it back once that is mended."""

import asyncio
import re
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Final

import click

from models.printable import printable
from streams.cli.shared.broker import broker
from streams.cli.shared.instant import InstantType
from streams.cli.shared.reject_lines import HEAD, as_json, as_row
from streams.cli.shared.site_file_option import site_file_option
from streams.feeds.site_mapping import SiteMapping
from streams.kafka.connection import Connection
from streams.operations.linked_pumps import link_pump
from streams.operations.reject_ledger import STATES, State
from streams.operations.reject_queue import PARK_AFTER, Selection, selected_rejects
from streams.operations.reject_replay import ReplayResult, replay
from streams.operations.reject_replay import dismiss as dismiss_rejects
from streams.wire.reject_marks import Place

_NUMBER: Final = re.compile(r"\d+")


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
@click.option("--source", default="", metavar="NAME", help="Only those whose event names this source.")
@click.option("--since", type=InstantType(), metavar="INSTANT", help="Only those refused since then.")
@click.option("--until", type=InstantType(), metavar="INSTANT", help="Only those refused before then.")
@click.option(
    "--state",
    "states",
    type=click.Choice(STATES),
    multiple=True,
    help="Only those in this state; may be given several times. Default: all but repeated.",
)
@click.option("--replay", "back", is_flag=True, help="Send the open ones back to the topics they came from.")
@click.option("--dismiss", default="", metavar="WHY", help="Mark the selected as dismissed, and why.")
@click.option(
    "--link", metavar="ENCOUNTER", help="Link the unlinked pump at the one place to this stay; with --who."
)
@click.option("--who", default="", metavar="ID", help="With --link: who says so, an opaque id, never a name.")
@click.option("--why", default="", metavar="TEXT", help="With --link: how that is known.")
@site_file_option
@click.option("--all", "everything", is_flag=True, help="With --replay or --dismiss: all there are.")
@click.option("--again", is_flag=True, help="With --replay: also those that were sent back before.")
@click.option(
    "--dry-run",
    "dry",
    is_flag=True,
    help="With --replay: say how many would go, by reason, and send nothing.",
)
@click.option(
    "--park-after",
    type=click.IntRange(1, 1000),
    default=PARK_AFTER,
    show_default=True,
    metavar="N",
    help="Leave alone what was sent back this many times and refused again, unless asked for by place or --state parked.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "jsonl"]),
    default="table",
    show_default=True,
    help="A line each for people, or JSON Lines for machines.",
)
@click.option("--show", is_flag=True, help="Show key and value too. They are patients' data.")
def command(  # noqa: PLR0913 -- one parameter an option
    *,
    places: tuple[Place, ...],
    reason: str,
    source: str,
    since: datetime | None,
    until: datetime | None,
    states: tuple[State, ...],
    back: bool,
    dismiss: str,
    link: str | None,
    who: str,
    why: str,
    site: SiteMapping,
    everything: bool,
    again: bool,
    dry: bool,
    park_after: int,
    form: str,
    show: bool,
) -> int:
    """
    List what could not be used: where it lies on infusion.rejects.v1, when, from where, its state, and why.

    open: nothing was done yet. replayed: sent back, not read yet. mended: sent back, read, not refused again. parked:
    refused again as often as --park-after says. dismissed: by an operator. repeated: a later reject stands for it.

    With --replay, send the open ones back once the fault is mended: the same bytes, key and headers, and a count. They
    go to topics that are read for input, never to another. Choose by place, reason, source, time or state, or take
    --all. A replay twice changes nothing, as no event counts twice. KAFKA_BOOTSTRAP_SERVERS says where Kafka is.

    With --link, a pump that nothing linked is linked to a stay: an order goes out as the pump's server would have sent it,
    what the pump said becomes the stay's events, and the reject is dismissed.

    Exit status: 0 done, 1 something selected is not there or could not go back, 2 wrong usage or no Kafka.
    """
    selection = Selection(frozenset(places), reason, _ms(since) or 0, _ms(until), source, frozenset(states))
    _check(selection, back=back, dismissed=bool(dismiss), everything=everything, only_back=again or dry)
    if link is not None:
        return _link(places, link, site, who.strip(), why.strip(), other=back or bool(dismiss))
    with broker() as connection:
        if dismiss:
            result = asyncio.run(dismiss_rejects(connection, selection, dismiss, park_after=park_after))
            return _report(result, selection, "dismissed")
        if not back:
            return asyncio.run(_list(connection, selection, park_after, form, show=show))
        result = asyncio.run(replay(connection, selection, park_after=park_after, again=again, dry=dry))
    if dry:
        _histogram(result)
    return _report(result, selection, "would be replayed" if dry else "replayed")


def _link(
    places: tuple[Place, ...], encounter: str, site: SiteMapping, who: str, why: str, *, other: bool
) -> int:
    if len(places) != 1 or not who or other:
        message = (
            "--link needs the one PARTITION:OFFSET of an unlinked pump, --who, and no --replay or --dismiss"
        )
        raise click.UsageError(message)
    with broker() as connection:
        wrong = asyncio.run(link_pump(connection, places[0], encounter, site, who, why, datetime.now(UTC)))
    if wrong is not None:
        click.echo(printable(f"{places[0][0]}:{places[0][1]} was not linked: {wrong}"), err=True)
        return 1
    click.echo("linked      1", err=True)
    return 0


def _check(selection: Selection, *, back: bool, dismissed: bool, everything: bool, only_back: bool) -> None:
    if back and dismissed:
        message = "--replay and --dismiss are two answers; give one of them"
        raise click.UsageError(message)
    if (back or dismissed) and everything == (selection != Selection()):
        message = (
            f"--{'replay' if back else 'dismiss'} needs to know what: PARTITION:OFFSET, --reason, --source, --since, "
            "--until, --state, or --all and none of those"
        )
        raise click.UsageError(message)
    if only_back and not back:
        message = "--again and --dry-run say how to --replay; give that too"
        raise click.UsageError(message)


def _ms(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp() * 1000)


async def _list(
    connection: Connection, selection: Selection, park_after: int, form: str, *, show: bool
) -> int:
    seen: set[Place] = set()
    written = as_json if form == "jsonl" else as_row
    states: Counter[str] = Counter()
    async with aclosing(selected_rejects(connection, selection, park_after)) as rejects:
        async for found in rejects:
            if not seen and form == "table":
                click.echo(HEAD)
            seen.add(found.message.place)
            states[found.state] += 1
            click.echo(written(found, show=show))
    told = ", ".join(f"{state} {states[state]:,}" for state in STATES if states[state])
    click.echo(f"rejects     {len(seen):,}{f': {told}' if told else ''}", err=True)
    return _missing(seen, selection)


def _histogram(result: ReplayResult) -> None:
    """Write how many of each reason would go, the most first; numbers in a reason are places, and told as N."""
    kinds: Counter[str] = Counter()
    for reason, count in result.reasons.items():
        kinds[_NUMBER.sub("N", reason)] += count
    for reason, count in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0])):
        click.echo(f"{count:>8,}  {printable(reason)}")


def _report(result: ReplayResult, selection: Selection, what: str) -> int:
    for (partition, offset), why in result.not_sent:
        click.echo(printable(f"{partition}:{offset} was not replayed: {why}"), err=True)
    click.echo(f"rejects     {what} {result.sent:,}", err=True)
    if result.passed_over:
        told = ", ".join(
            f"{state} {result.passed_over[state]:,}" for state in STATES if result.passed_over[state]
        )
        click.echo(f"left alone  {told}", err=True)
    return max(_missing(result.seen, selection), int(bool(result.not_sent)))


def _missing(seen: set[Place], selection: Selection) -> int:
    """Say which of the named rejects are not there, and return the exit status that follows."""
    absent = sorted(selection.places - seen)
    for partition, offset in absent:
        click.echo(f"{partition}:{offset} is not there, or not among those asked for", err=True)
    return int(bool(absent))
