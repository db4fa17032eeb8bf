"""``infusion worker``: the stream, on the Kafka that the environment names."""

import asyncio
import logging
import os
from socket import socket
from time import sleep
from typing import Any, Final

import click

from models.printable import printable
from rules.site_folder import SiteFolder
from streams.batch.garbage_collection import loading
from streams.cli.shared.broker import broker
from streams.cli.shared.log_output import Form, log_options, log_to_stderr, throttle_client_log
from streams.cli.shared.profile_options import check_policy
from streams.cli.shared.site_option import site_option
from streams.engine.cluster_facts import ClusterFacts
from streams.engine.exit_status import EXIT_FATAL
from streams.engine.log_faults import ForeignClusterError, LogFaultError
from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.metrics.bind import BindError
from streams.wire.topic_check import check_topics
from streams.wire.topics import EVENTS
from streams.worker.folder_note import cluster_now, compare_note
from streams.worker.settings import SettingError, WorkerSettings, settings_from
from streams.worker.startup_checks import lock_data_dir

SHOWN_FOR_S: Final = 20.0
"""Seconds for which a worker that refuses to start says so in its probes and figures: longer than from scrape to scrape."""

_WRONG_SETTING: Final = 2

_log: Final = logging.getLogger(__name__)


@click.command("worker")
@site_option
@log_options
def command(*, site: SiteFolder | None, log_level: str, log_format: Form) -> int:
    """
    Read events, keep every stay, close it, and send what it comes to, until SIGTERM or Ctrl-C.

    KAFKA_BOOTSTRAP_SERVERS says where Kafka is. INFUSION_WORKER_ID names this worker among the others, and
    INFUSION_DATA_DIR is where its stores are: each worker needs its own of both. Start as many as there are
    partitions at most. INFUSION_METRICS_BIND is where /metrics, /livez and /readyz are. README.md lists every setting.

    Exit status: 0 stopped when asked; 2 wrong settings, no Kafka, no topics, or a data folder of another Kafka; 70
    something could not be written, and nothing was committed after it: start it again; or a topic is not what it was
    (cut short, made anew, with other partitions): the last line says which, and what to do.
    """
    try:
        settings = settings_from(os.environ)
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    with loading():
        from streams.metrics.probes import listening  # noqa: PLC0415 - brings an HTTP server, which a list of verbs needs not

    profile: Any = settings.profile
    check_policy(profile.policy, profile.overrides, profile.setting, profile.payer, site)
    settings = settings._replace(profile=settings.profile._replace(site=site))
    with broker() as connection:
        partitions = asyncio.run(_partitions(connection))
        try:
            lock_data_dir(settings.data_dir)
            taken = listening(settings.metrics_bind) if settings.metrics_bind else None
            cluster = asyncio.run(cluster_now(connection))
            return _run(connection, settings, partitions, cluster, log_level, log_format, taken)
        except (SettingError, BindError) as error:
            raise click.UsageError(str(error)) from error


async def _partitions(connection: Connection) -> int:
    """Return how many partitions our topics have; the worker starts on nothing but topics that are all right."""
    topics = await broker_topics(connection)
    # Another setting of a topic that others read is a site's choice; a changelog that expires loses what is kept of stays.
    wrong = [
        check.topic.name
        for check in check_topics(topics, None)
        if check.state == "missing" or check.wrong_partition_count or (check.topic.own and check.loses)
    ]
    for check in check_topics(topics, None):
        if check.topic.name not in wrong:
            for fault in check.faults:
                click.echo(printable(f"{fault}."), err=True)
    if wrong:
        message = f"not as the worker needs them: {', '.join(wrong)}; see infusion topics"
        raise click.ClickException(message)
    return topics[EVENTS].partitions


def _run(
    connection: Connection, settings: WorkerSettings, partitions: int, cluster: ClusterFacts, log_level: str,
    log_format: Form, taken: socket | None,
) -> int:  # fmt: skip
    with loading():
        import faust  # noqa: PLC0415 - takes half a second, and a wrong setting should be told at once

        from streams.metrics.probes import Probes  # noqa: PLC0415 - as above
        from streams.worker.application import build_observed  # noqa: PLC0415 - as above
        from streams.worker.run import run  # noqa: PLC0415 - as above
        from streams.worker.warming import warm_beside  # noqa: PLC0415 - as above

    app, observation = build_observed(connection, settings, partitions)
    figures = observation.figures
    log_to_stderr(
        settings.worker_id,
        log_level,
        log_format,
        lambda level: figures.add("infusion_log_events_total", 1, level),
    )
    throttle_client_log()
    worker = faust.Worker(app, override_logging=False, quiet=True)
    worker.spinner = None  # it would have every logger make debug records, to spin by them
    probes = Probes(observation.answers(worker.loop), taken)
    shown = (
        f"figures at http://{settings.metrics_bind.named()}/metrics"
        if settings.metrics_bind
        else "no figures"
    )
    _log.info("started: worker %s on Kafka at %s, %s", settings.worker_id, connection.named(), shown)
    try:
        app.cluster = compare_note(settings.data_dir, cluster)
        probes.start()
        warm_beside(settings.profile)
        return run(worker)
    except LogFaultError as error:
        _log.critical("not started: %s", error)
        app.vitals.fault = error.fault, str(error)
        probes.start()
        sleep(SHOWN_FOR_S if taken else 0)
        return _WRONG_SETTING if isinstance(error, ForeignClusterError) else EXIT_FATAL
    finally:
        probes.close()
        _log.info("stopped: worker %s", settings.worker_id)
