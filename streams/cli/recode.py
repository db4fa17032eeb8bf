"""``infusion recode``: closed stays coded again from their topic, beside what was charged; nothing is sent."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from datetime import date, datetime

import click

from models.charge import ChargeSet
from models.field import Setting
from models.printable import printable
from rules.engine import Profile
from rules.site_folder import SiteFolder
from streams.batch.tally import Tally
from streams.charging.recode import compare, recode, what_if_title
from streams.cli.shared.broker import broker
from streams.cli.shared.inputs import files_argument
from streams.cli.shared.profile_options import check_policy, profile_options
from streams.cli.shared.recoded_files import recode_files
from streams.cli.shared.what_if_output import BY, FORMS, write_comparison
from streams.kafka.connection import Connection
from streams.kafka.publisher import MissingTopicError
from streams.kafka.topic_reader import whole_topic
from streams.operations.published import newest
from streams.operations.restore import restore
from streams.wire import topics
from streams.wire.charge_json import written


@click.command("recode")
@files_argument
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
    help="Only stays closed on this day (UTC) or later; of files, served on it or later.",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Only stays closed on this day (UTC) or earlier; of files, served on it or earlier.",
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
    type=click.Choice(FORMS),
    default="jsonl",
    show_default=True,
    help="With --compare: JSON Lines for machines, a table with net dollars for people, CSV, or a page that stands alone.",
)
@click.option(
    "--by",
    type=click.Choice(BY),
    default="change",
    show_default=True,
    help="With --compare: every credit and charge, or what moves net, by line of a stay or by code.",
)
@profile_options
def command(  # noqa: PLR0913 -- one parameter an option
    *, files: tuple[str, ...], since: datetime | None, until: datetime | None, comparing: bool, form: str, by: str, encounter_id: str | None, policy: str | None, overrides: tuple[tuple[str, str], ...],
    setting: Setting | None, payer: str | None, site: SiteFolder | None,
) -> int:  # fmt: skip
    """
    Code closed stays again, from infusion.encounters.closed.v1: under this release's rules, or another policy.

    Nothing is sent and the running workers notice nothing: charge sets go to stdout as infusion code writes them,
    or, with --compare, each line that would be credited or charged, and what that comes to in expected payment. An amount
    that is restated alone moves no line; what such amounts come to is told apart.
    KAFKA_BOOTSTRAP_SERVERS says where Kafka is.

    With FILEs of events, a month of them say, and no Kafka, what stands is the stay as the policy in force codes it, or the
    charge set in the files, and --policy and --set are the what-if.

    With --restore ENCOUNTER the workers do notice: they get back what the events topic has of a stay they have
    forgotten, and code it again; then replay the event that was refused.

    Exit status: 0 done and, with --compare, nothing would change; 1 something would, is held, or could not be
    read; 2 wrong usage or no Kafka.
    """
    check_policy(policy, overrides, setting, payer, site)
    profile = Profile(policy, overrides, setting, payer, site)
    if form != "jsonl" and not comparing:
        message = "--format goes with --compare; charge sets are JSON Lines, and infusion code prints them as tables"
        raise click.UsageError(message)
    if since is not None and until is not None and until < since:
        message = "--until lies before --since: no stay is of such days"
        raise click.UsageError(message)
    if files:
        if encounter_id is not None or not comparing:
            message = "with files say --compare; infusion code codes them, and --restore is for Kafka"
            raise click.UsageError(message)
        return recode_files(files, profile, _day(since), _day(until), form, by)
    if (since is None) == (encounter_id is None):
        message = "say --since DATE, or --restore ENCOUNTER, or name files of events"
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
        values = {name: one.value for name, one in charges.items()}
        again = compare(closed, values, profile, _day(since), refused.append, _day(until))
        status = write_comparison(
            (("", stay) for stay in again), form, by, what_if_title(profile, "what was charged")
        )
    else:
        status = _write(recode(closed, profile, _day(since), refused.append, _day(until)))
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
