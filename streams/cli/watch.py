"""``infusion watch``: lag from outside, for the alerts: a process without a group, on the Kafka the environment names."""

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

import click

from streams.cli.shared.broker import broker
from streams.cli.shared.log_output import Form, log_options, log_to_stderr, throttle_client_log
from streams.metrics.bind import BIND, Bind, BindError, bind_of

DEFAULT: Final = Bind("127.0.0.1", 6067)
"""A port beside that of a worker on the same machine."""

_log: Final = logging.getLogger(__name__)


@click.command("watch")
@log_options
def command(log_level: str, log_format: Form) -> int:
    """
    Show how late the workers are, from outside and also when none lives, until SIGTERM or Ctrl-C.

    KAFKA_BOOTSTRAP_SERVERS says where Kafka is. /metrics, /livez and /readyz are at INFUSION_METRICS_BIND, by default
    127.0.0.1:6067. A topic that was cut short, made anew, deleted or grown is told too. It joins no group and leaves no trace: one is enough, and two say the same. A Kafka that is not there
    is told by /readyz and in the figures, and asked again.

    Exit status: 0 stopped when asked; 2 wrong settings.
    """
    from streams.metrics.probes import Probes, listening  # noqa: PLC0415 - brings an HTTP server, which a list of verbs needs not
    from streams.operations.group_watch import GroupWatch  # noqa: PLC0415 - as above

    with broker() as connection:
        try:
            bind = bind_of(os.environ.get(BIND, ""), DEFAULT)
            if bind is None:
                message = (
                    f"{BIND}: off leaves watch nothing to do; write HOST:PORT, for example {DEFAULT.named()}"
                )
                raise click.UsageError(message)
            taken = listening(bind)
        except BindError as error:
            raise click.UsageError(str(error)) from error
        watch = GroupWatch(connection)
        log_to_stderr(
            "watch",
            log_level,
            log_format,
            lambda level: watch.figures.add("infusion_log_events_total", 1, level),
        )
        throttle_client_log()
        _log.info(
            "started: watch on Kafka at %s, figures at http://%s/metrics", connection.named(), bind.named()
        )
        probes = Probes(watch.answers(), taken)
        probes.start()
        try:
            asyncio.run(_until_told(watch.run()))
        finally:
            probes.close()
            _log.info("stopped: watch")
    return 0


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run it until it ends, or until somebody says that this is enough."""
    task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
