"""Ours: the real worker. Variants: ``rocksdb`` and ``memory``."""

import faust
from contender import tell
from same_work import AT_ONCE, PROFILE
from terms import Terms

from streams.kafka.connection import Connection
from streams.worker.application import build
from streams.worker.settings import WorkerSettings
from streams.worker.warming import warm_beside


def run(terms: Terms) -> None:
    """Run until ended."""
    settings = WorkerSettings(
        worker_id=f"{terms.prefix}worker",
        data_dir=terms.folder / "worker",
        in_memory=terms.variant == "memory",
        timeouts=AT_ONCE,
        profile=PROFILE,
        metrics_bind=None,
        session_timeout_s=20.0,
    )
    app = build(Connection(tuple(terms.servers.split(","))), settings, terms.partitions)
    warm_beside(PROFILE)
    app.when_recovered(lambda _: tell("READY"))
    faust.Worker(app, loglevel="INFO").execute_from_commandline()
