"""``infusion listen``: the front door for HL7 v2 and FHIR, on the Kafka that the environment names."""

import asyncio
import logging
import os
import signal
from socket import socket
from typing import Any, Final

import click

from streams.cli.shared.broker import broker
from streams.cli.shared.log_output import Form, log_options, log_to_stderr, throttle_client_log
from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.metrics.bind import BIND, Bind, BindError
from streams.wire import topics
from streams.worker.log_throttle import ThrottleFilter
from streams.worker.settings import SettingError

_NEEDS: Final = (topics.RAW_HL7V2, topics.RAW_FHIR, topics.REJECTS)
_log: Final = logging.getLogger(__name__)


@click.command("listen")
@log_options
def command(*, log_level: str, log_format: Form) -> int:
    """
    Take HL7 v2 over MLLP and FHIR over HTTP, write it to Kafka, and only then acknowledge it.

    KAFKA_BOOTSTRAP_SERVERS says where Kafka is. INFUSION_LISTEN_MLLP and INFUSION_LISTEN_HTTP are where senders
    connect, by default 127.0.0.1:2575 and 127.0.0.1:8088; beyond this machine they need to be told who may come in.
    AA and 202 mean that Kafka has it, AE and 503 that it must be sent again, AR and 400 that it cannot be read and
    lies with the rejects. README.md lists every setting. SIGTERM or Ctrl-C ends it once all is answered.

    Exit status: 0 stopped when asked; 2 wrong settings, no Kafka or no topics.
    """
    from streams.listener.settings import listen_settings  # noqa: PLC0415 - brings TLS and HTTP, which a list of verbs needs not

    try:
        settings = listen_settings(os.environ)
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    with broker() as connection:
        asyncio.run(_require(connection))
        from streams.listener.front_door import Sockets  # noqa: PLC0415 - as above

        sockets = Sockets(
            _taken(settings.mllp, "INFUSION_LISTEN_MLLP"), _taken(settings.http, "INFUSION_LISTEN_HTTP")
        )
        return asyncio.run(_serve(connection, settings, sockets, log_level, log_format))


async def _require(connection: Connection) -> None:
    on_broker = await broker_topics(connection)
    if missing := [name for name in _NEEDS if name not in on_broker]:
        message = f"Kafka at {connection.named()} has no topic {missing[0]}; create the topics first: infusion topics --create"
        raise click.ClickException(message)


def _taken(bind: Bind | None, name: str) -> socket | None:
    from streams.metrics.probes import listening  # noqa: PLC0415 - as above

    try:
        return listening(bind) if bind is not None else None
    except BindError as error:
        raise click.UsageError(str(error).replace(BIND, name)) from None


async def _serve(
    connection: Connection, settings: Any, sockets: Any, log_level: str, log_format: Form
) -> int:
    from streams.listener.front_door import FrontDoor  # noqa: PLC0415 - as above
    from streams.listener.raw_log import RawLog  # noqa: PLC0415 - as above
    from streams.metrics.probes import Probes  # noqa: PLC0415 - as above

    log = await RawLog.connected(connection, settings.wait_s, settings.buffer_bytes)
    door = FrontDoor(log, settings)
    log_to_stderr(
        "listen", log_level, log_format, lambda level: door.figures.add("infusion_log_events_total", 1, level)
    )
    throttle_client_log()
    logging.getLogger("streams.listener.mllp_connection").addFilter(ThrottleFilter())
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    probes = Probes(door.answers(loop, connection), _taken(settings.metrics, BIND))
    probes.start()
    try:
        await door.open(sockets)
        _log.info(
            "started: MLLP at %s, HTTP at %s, Kafka at %s", *map(_named, settings[:2]), connection.named()
        )
        await told.wait()
        _log.info("told to stop: finishing what is being answered")
    finally:
        await door.close()
        await log.close()
        await asyncio.to_thread(probes.close)
        _log.info("stopped: listen")
    return 0


def _named(bind: Bind | None) -> str:
    return "no port" if bind is None else bind.named()
