"""``infusion topics``: whether Kafka's topics are as they must be, and creating those that are missing."""

import asyncio
import os
from collections.abc import Sequence

import click

from models.printable import printable
from streams.cli.shared.broker import broker
from streams.kafka.admin import TopicCreationError, broker_topics, create_topics
from streams.kafka.connection import Connection
from streams.operations.saved_events import save_events
from streams.wire.topic_check import TopicCheck, check_topics
from streams.wire.topics import DEFAULT_PARTITIONS


@click.command("topics")
@click.option("--create", is_flag=True, help="Create what is missing. What is there is never changed.")
@click.option(
    "--partitions",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help=f"Partitions of each topic: as many as there are, {DEFAULT_PARTITIONS} where there are none. For good.",
)
@click.option(
    "--replication-factor",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Copies of each new topic; the broker's default when left out.",
)
@click.option(
    "--min-insync-replicas",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Copies that must have a record of a new topic before it counts; the broker's default when left out.",
)
@click.option(
    "--save-events",
    "events_file",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Instead, write every event of infusion.events.v1 into a new file, for infusion publish.",
)
def command(
    *,
    create: bool,
    partitions: int | None,
    replication_factor: int | None,
    min_insync_replicas: int | None,
    events_file: str | None,
) -> int:
    """
    List Kafka's topics with what is missing or different; create the missing ones with --create.

    KAFKA_BOOTSTRAP_SERVERS says where Kafka is. Counts of partitions must match and can never change, because
    state is kept by partition number: choose enough for the day you will need the most workers. To have more
    nevertheless, --save-events is the first step of those in streams/README.md, under growing.

    Exit status: 0 all as they should be, 1 something missing or different, 2 wrong usage or no Kafka.
    """
    with broker() as connection:
        if events_file is not None:
            if create:
                message = "--create and --save-events are two steps; leave one out"
                raise click.UsageError(message)
            return _save_events(connection, events_file)
        checks = check_topics(asyncio.run(broker_topics(connection)), partitions)
        if create and not any(check.wrong_partition_count for check in checks):
            _create(connection, checks, replication_factor, min_insync_replicas)
            checks = check_topics(asyncio.run(broker_topics(connection)), partitions)
    _show(checks)
    if create and any(check.wrong_partition_count for check in checks):
        click.echo("Nothing was created: partitions must be set right first.", err=True)
    elif not create and any(check.state == "missing" for check in checks):
        click.echo("Create what is missing with: infusion topics --create", err=True)
    return 0 if all(check.state == "ok" for check in checks) else 1


def _save_events(connection: Connection, name: str) -> int:
    try:
        # Another's file is not written over, and events are patients': nobody else reads it.
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            count = asyncio.run(save_events(connection, out))
    except OSError as error:
        message = (
            f"{name} cannot be written: {error.strerror}; name a file that is not there, on a disk with room"
        )
        raise click.ClickException(message) from None
    click.echo(f"events      {count:,} saved to {name}", err=True)
    return 0


def _create(
    connection: Connection, checks: Sequence[TopicCheck], replication: int | None, insync: int | None
) -> None:
    missing = [check.topic for check in checks if check.state == "missing"]
    if not missing:
        return
    try:
        asyncio.run(create_topics(connection, missing, checks[-1].expected, replication, insync))
    except TopicCreationError as error:
        raise click.ClickException(str(error)) from None


def _show(checks: Sequence[TopicCheck]) -> None:
    rows = [("TOPIC", "EXPECTED", "PARTITIONS", "CLEANUP", "STATE")]
    rows += [
        (
            check.topic.name,
            str(check.expected),
            "-" if check.partitions is None else str(check.partitions),
            check.topic.cleanup if check.partitions is None else check.cleanup or "not told",
            check.state,
        )
        for check in checks
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, expected, has, cleanup, state in rows:
        click.echo(
            f"{name:{widths[0]}}  {expected:>{widths[1]}}  {has:>{widths[2]}}  {cleanup:{widths[3]}}  {state}"
        )
    for check in checks:
        for fault in check.faults:
            click.echo(printable(f"{fault}."), err=True)
