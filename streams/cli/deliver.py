"""``infusion deliver``: charge lines to a billing system, over MLLP or HTTP, on the Kafka the environment names."""

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

import click
from aiokafka.errors import KafkaError

from models.printable import printable
from streams.cli.shared.broker import broker
from streams.cli.shared.log_output import Form as LogForm
from streams.cli.shared.log_output import log_options, log_to_stderr, throttle_client_log
from streams.cli.shared.site_file_option import site_file_option
from streams.feeds.site_mapping import SiteMapping
from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.metrics.bind import BIND, Bind, BindError, bind_of
from streams.wire.topic_check import check_topics
from streams.wire.topics import CHARGE_LINES, DELIVERIES, PARKED

TO: Final = "INFUSION_DELIVER_TO"
NAME: Final = "INFUSION_DELIVER_NAME"
DEFAULT: Final = Bind("127.0.0.1", 6069)
"""A port beside those of a worker and a watch on the same machine."""

NOT_WRITTEN: Final = 70

_log: Final = logging.getLogger(__name__)


@click.command("deliver")
@click.option(
    "--to",
    "url",
    envvar=TO,
    show_envvar=True,
    metavar="ADDRESS",
    help="mllp://HOST:PORT or mllps://HOST:PORT, http://… or https://…",
)
@click.option(
    "--name",
    envvar=NAME,
    show_envvar=True,
    default="billing",
    show_default=True,
    help="What this billing system is called: in figures, in the name of the group, on infusion.deliveries.v1.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["dft", "chargeitem"]),
    default="dft",
    show_default=True,
    help="HL7 v2 DFT^P03, or over HTTP a FHIR ChargeItem.",
)
@site_file_option
@click.option(
    "--begin",
    type=click.Choice(["earliest", "latest"]),
    default="earliest",
    show_default=True,
    help="Where a name that never delivered begins: with every charge line Kafka has, or with the next one.",
)
@click.option(
    "--in-flight",
    type=click.IntRange(1, 256),
    default=8,
    show_default=True,
    help="Connections, and so messages on their way at once; never two of one stay.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 600),
    default=30.0,
    show_default=True,
    help="Seconds to wait for an acknowledgement; then the same message is sent again.",
)
@click.option("--once", is_flag=True, help="End when all there was is delivered or parked.")
@click.option(
    "--parked", is_flag=True, help="List the stays that wait because a message was refused, and end."
)
@log_options
def command(  # noqa: PLR0913 -- one parameter an option
    *,
    url: str | None,
    name: str,
    form: Any,
    site: SiteMapping,
    begin: str,
    in_flight: int,
    timeout: float,
    once: bool,
    parked: bool,
    log_level: str,
    log_format: LogForm,
) -> int:
    """
    Deliver charge lines to a billing system, acknowledged and in order for each stay, until SIGTERM or Ctrl-C.

    KAFKA_BOOTSTRAP_SERVERS says where Kafka is; each charge or credit on infusion.charge-lines.v1 becomes a DFT^P03
    or a ChargeItem. AA is delivered, AE and silence are tried again, AR parks the stay: its later changes wait, others go
    on. Parked stays are tried again at the next start. /metrics, /livez and /readyz are at INFUSION_METRICS_BIND, by
    default 127.0.0.1:6069. Any number of processes of one name share the work.

    Exit status: 0 stopped when asked, or with --once all delivered; 1 something is parked; 2 wrong settings, no Kafka
    or no topics; 70 something could not be written down, and nothing was committed after it: start it again.
    """
    from streams.delivery.courier import Plan  # noqa: PLC0415 - brings an HTTP client, which a list of verbs needs not
    from streams.delivery.destination import DestinationError, destination  # noqa: PLC0415 - as above

    with broker() as connection:
        partitions = asyncio.run(_partitions(connection))
        if parked:
            return _list_parked(connection, partitions)
        if not url:
            message = f"--to or {TO} is missing; write for example mllp://billing.example:2575"
            raise click.UsageError(message)
        try:
            where = destination(name, url, form, os.environ)
        except DestinationError as error:
            raise click.UsageError(str(error)) from error
        plan = Plan(where, site.charges, in_flight, timeout, begin, once)
        return _run(connection, plan, log_level, log_format)


def _run(connection: Connection, plan: Any, log_level: str, log_format: LogForm) -> int:
    from streams.delivery.courier import Courier  # noqa: PLC0415 - as above
    from streams.delivery.delivery_figures import DeliveryFigures  # noqa: PLC0415 - as above
    from streams.metrics.probes import Probes, listening  # noqa: PLC0415 - as above

    try:
        bind = bind_of(os.environ.get(BIND, "off" if plan.once else ""), DEFAULT)
        taken = listening(bind) if bind else None
    except BindError as error:
        raise click.UsageError(str(error)) from error
    courier = Courier(connection, plan)
    figures = courier.figures
    log_to_stderr(
        plan.destination.name, log_level, log_format,
        lambda level: figures.add("infusion_log_events_total", 1, level),
    )  # fmt: skip
    throttle_client_log()
    probes = Probes(DeliveryFigures(courier).answers(), taken)
    probes.start()
    shown = f"figures at http://{bind.named()}/metrics" if bind else "no figures"
    _log.info("started: deliver to %s from Kafka at %s, %s", plan.destination.name, connection.named(), shown)
    if plan.destination.in_the_clear:
        _log.warning("charges go out in the clear; write mllps:// or https:// where the receiver can do TLS")
    try:
        asyncio.run(_until_told(courier.run()))
    except KafkaError as error:
        _log.error("what became of a charge could not be written down: %s; start again", type(error).__name__)
        return NOT_WRITTEN
    finally:
        probes.close()
        _log.info("stopped: deliver to %s", plan.destination.name)
    return int(bool(courier.parked_at_end))


async def _partitions(connection: Connection) -> int:
    """Return how many partitions the topics of charge lines and deliveries have, which must be as many."""
    topics = await broker_topics(connection)
    needed = {CHARGE_LINES, DELIVERIES, PARKED}
    wrong = [
        one.topic.name
        for one in check_topics(topics, None)
        if one.topic.name in needed and (one.state == "missing" or one.wrong_partition_count)
    ]
    if wrong:
        message = f"not as deliver needs them: {', '.join(wrong)}; see infusion topics"
        raise click.ClickException(message)
    return topics[CHARGE_LINES].partitions


def _list_parked(connection: Connection, partitions: int) -> int:
    from streams.delivery.ledger import parked_stays  # noqa: PLC0415 - as above

    stays = asyncio.run(parked_stays(connection, partitions))
    for (_, encounter_id, destination), kept in sorted(stays.items()):
        refusal = kept.refusal
        why = " ".join(filter(None, (refusal.answer, refusal.reason)))
        line = f"{destination}  {encounter_id}  {len(kept.items)} changes wait  {kept.items[0].control_id or '-'}  {why}"
        click.echo(printable(line))
    click.echo(f"parked  {len(stays):,}", err=True)
    return int(bool(stays))


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run it until it ends, or until somebody says that this is enough."""
    task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
