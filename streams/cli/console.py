"""``infusion console``: pages for the coder and the engineer, on the Kafka that the environment names."""

import asyncio
import logging
import os
import signal
import sqlite3
from typing import Any, Final

import click

from rules.site_folder import SiteFolder
from streams.cli.shared.bill_hold import bill_hold
from streams.cli.shared.broker import broker
from streams.cli.shared.log_output import Form, log_options, log_to_stderr, throttle_client_log
from streams.cli.shared.site_option import site_option
from streams.kafka.connection import Connection
from streams.metrics.bind import BIND, Bind, BindError, bind_of
from streams.worker.settings import SettingError, profile_from

METRICS_DEFAULT: Final = Bind("127.0.0.1", 6070)
_log: Final = logging.getLogger(__name__)


@click.command("console")
@site_option
@log_options
def command(*, site: SiteFolder | None, log_level: str, log_format: Form) -> int:
    """
    Serve the console: review queue, encounters, feeds, rejects, audit and health, in a browser.

    KAFKA_BOOTSTRAP_SERVERS says where Kafka is. INFUSION_CONSOLE_BIND is the address, by default 127.0.0.1:8090; beyond
    this machine it needs to be told who may come in. What it shows is read from the topics into a file in
    INFUSION_CONSOLE_DATA_DIR, which may be deleted: it is filled again. Any number of workers may run, or none.
    Figures and probes are at INFUSION_METRICS_BIND, by default 127.0.0.1:6070.
    README.md lists every setting. SIGTERM or Ctrl-C ends it.

    Exit status: 0 stopped when asked; 2 wrong settings, or no Kafka.
    """
    from streams.console.settings import console_settings  # noqa: PLC0415 - brings HTTP, which a list of verbs needs not
    from streams.metrics.figures import Figures  # noqa: PLC0415 - as above
    from streams.worker.startup_checks import lock_data_dir  # noqa: PLC0415 - as above

    try:
        settings = console_settings(os.environ)
        descriptor = lock_data_dir(settings.folder)
    except SettingError as error:
        raise click.UsageError(_of_the_console(str(error))) from error
    figures = Figures("console")
    log_to_stderr(
        "console",
        log_level,
        log_format,
        lambda level: figures.add("infusion_log_events_total", 1, level),
    )
    throttle_client_log()
    try:
        with broker() as connection:
            return asyncio.run(_serve(connection, settings, site, figures))
    finally:
        os.close(descriptor)


def _of_the_console(text: str) -> str:
    return text.replace("INFUSION_DATA_DIR", "INFUSION_CONSOLE_DATA_DIR").replace("worker", "console").replace(" and an INFUSION_WORKER_ID", "")  # fmt: skip


async def _serve(connection: Connection, settings: Any, site: SiteFolder | None, figures: Any) -> int:
    from streams.console.access_log import FILE, AccessLog  # noqa: PLC0415 - as above
    from streams.console.console_figures import ConsoleFigures  # noqa: PLC0415 - as above
    from streams.console.desk import Desk  # noqa: PLC0415 - as above
    from streams.console.follower import Follower  # noqa: PLC0415 - as above
    from streams.console.health_watch import HealthWatch  # noqa: PLC0415 - as above
    from streams.console.read_model import ReadModel, ReadModelError  # noqa: PLC0415 - as above
    from streams.console.site import serve  # noqa: PLC0415 - as above
    from streams.metrics.probes import Probes, listening  # noqa: PLC0415 - as above

    holds = bill_hold(site)
    try:
        model = ReadModel(settings.folder)
        follower = Follower(connection, model, holds)
        await follower.check()
        shown = bind_of(os.environ.get(BIND, ""), METRICS_DEFAULT)
        taken = listening(shown) if shown is not None else None
    except ReadModelError as error:
        raise click.ClickException(str(error)) from None
    except BindError as error:
        raise click.UsageError(str(error)) from None
    try:
        socket = listening(settings.bind)
    except BindError as error:
        raise click.UsageError(
            str(error).replace(BIND, "INFUSION_CONSOLE_BIND").replace(", or write off", "")
        ) from None
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    try:
        access = AccessLog(settings.folder)
    except OSError as error:
        message = f"{settings.folder / FILE} cannot be written: {error.strerror}; who looks at an encounter has to be noted there: make it a file of this user, or name another folder in INFUSION_CONSOLE_DATA_DIR"
        raise click.ClickException(message) from None
    profile = profile_from(os.environ)._replace(site=site)
    desk = Desk(
        settings, model, follower, connection, profile, access, HealthWatch(connection), figures=figures
    )
    probes = Probes(ConsoleFigures(desk).answers(loop), taken)
    probes.start()
    _log.info(
        "started: http://%s, Kafka at %s, %s", settings.bind.named(), connection.named(),
        f"figures at http://{shown.named()}/metrics" if shown is not None else "no figures",
    )  # fmt: skip
    try:
        await serve(desk, socket, told)
    except sqlite3.Error as error:
        message = f"{model.path} cannot be written: {error}; make room on its disk, or delete it: it is filled again from Kafka"
        raise click.ClickException(message) from None
    finally:
        await asyncio.to_thread(probes.close)
        access.close()
        model.close()
        _log.info("stopped: console")
    return 0
