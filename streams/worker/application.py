"""The worker put together: one Faust app, three tables, four agents, one timer."""

from collections.abc import Callable
from time import time
from typing import Any, Final

from streams.engine.app import CheckpointApp, stop_at_once
from streams.feeds.association import Associations
from streams.fetching.records import move_past
from streams.kafka.connection import Connection
from streams.wire import topics
from streams.worker.adapters import adapters
from streams.worker.agents import Agents
from streams.worker.association_store import AssociationStore
from streams.worker.encounter_store import EncounterStore
from streams.worker.faust_connection import faust_connection
from streams.worker.nudge_board import NudgeBoard
from streams.worker.observation import Observation
from streams.worker.raw_agent import RawAgent
from streams.worker.release_store import ReleaseStore
from streams.worker.settings import WorkerSettings

_LARGEST: Final = 16 << 20
"""Bytes of the largest message we send: the state of a stay, or an event of ten megabytes that is rejected."""

_HEARTBEAT_S: Final = 3.0
"""At most, however long a session is: /readyz tells a coordinator that is silent by a heartbeat without an answer."""

_STORE: Final = {"write_buffer_size": 8 << 20, "max_open_files": 200}
"""Of one table in one partition; cache and write buffers are shared by all (``streams.engine.store_memory``)."""


def build(
    connection: Connection,
    settings: WorkerSettings,
    partitions: int,
    *,
    clock: Callable[[], float] = time,
    on_fatal: Callable[[BaseException], None] = stop_at_once,
    **overrides: Any,
) -> CheckpointApp:
    """Return the application of one worker; ``partitions`` is the count of all our topics."""
    app, _ = build_observed(connection, settings, partitions, clock=clock, on_fatal=on_fatal, **overrides)
    return app


def build_observed(
    connection: Connection,
    settings: WorkerSettings,
    partitions: int,
    *,
    clock: Callable[[], float] = time,
    on_fatal: Callable[[BaseException], None] = stop_at_once,
    **overrides: Any,
) -> tuple[CheckpointApp, Observation]:
    """Return the application of one worker, and what it shows of itself."""
    move_past(settings.skip)
    urls, credentials = faust_connection(connection)
    data_dir = settings.data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    app = CheckpointApp(
        topics.APPLICATION,
        on_fatal=on_fatal,
        priority_topics=(topics.CLOSED, topics.COMMANDS),
        broker=urls,
        broker_credentials=credentials,
        store="memory://" if settings.in_memory else "rocksdb://",
        datadir=str(data_dir),
        processing_guarantee="at_least_once",
        value_serializer="raw",
        topic_partitions=partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_buffer_maxsize=2,
        stream_wait_empty=True,
        producer_linger=0.0,
        producer_max_batch_size=1 << 20,
        producer_max_request_size=_LARGEST,
        producer_request_timeout=90.0,
        consumer_max_fetch_size=4 << 20,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.worker_id,
        broker_client_id=f"{topics.APPLICATION}-{settings.worker_id}",
        broker_max_poll_records=2000,
        broker_commit_interval=1.0,
        broker_commit_livelock_soft_timeout=3600.0,
        stream_processing_timeout=3600.0,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=min(settings.session_timeout_s / 6, _HEARTBEAT_S),
        broker_rebalance_timeout=max(30.0, settings.session_timeout_s),
        broker_request_timeout=max(40.0, settings.session_timeout_s),
        # A static member keeps what it said of itself when it joined first: nothing of it may change at a restart.
        canonical_url=f"http://{settings.worker_id}",
        web_enabled=False,  # our own probes are there instead; Faust's would show tables, and counters that mislead
        **overrides,
    )
    stays_table = _table(app, "encounters", partitions)
    releases_table = _table(app, "releases", partitions)
    stays = EncounterStore(app, stays_table, settings.cached_stays, settings.timeouts.retention)
    app.when_recovered(stays.restore)
    releases = ReleaseStore(app, releases_table)
    associations = AssociationStore(app, _table(app, "associations", partitions), Associations())
    app.when_recovered(associations.restore)
    observation = Observation(
        app, connection, stays, releases, associations, settings.profile, settings.expected_sources, clock
    )
    nudges = _nudges(app, stays, settings, observation)
    agents = Agents(app, stays, releases, settings, partitions, clock, observation.agents, nudges)
    raw = RawAgent(
        app,
        associations,
        adapters(settings.site, settings.patient_secret),
        partitions,
        observation.agents.converted,
    )
    app.agent(app.batches_of(topics.RAW, partitions), name="read")(raw.read)
    for name, topic in (("follow", topics.EVENTS), ("close", topics.COMMANDS), ("code", topics.CLOSED)):
        app.agent(app.batches_of(topic, partitions), name=name)(getattr(agents, name))
    app.timer(settings.look_every_s, name="look")(agents.look)
    return app, observation


def _nudges(
    app: CheckpointApp, stays: EncounterStore, settings: WorkerSettings, observation: Observation
) -> NudgeBoard | None:
    """Return what asks while patients are there; None where nobody wants that, and then it costs nothing."""
    if settings.nudges is None:
        return None
    board = NudgeBoard(settings.nudges, settings.profile, observation.figures)
    app.when_revoked(board.clear)

    stays.on_live = lambda partition, key: board.restore(partition, (key,))
    return board


def _table(app: CheckpointApp, name: str, partitions: int) -> Any:
    return app.Table(
        name,
        key_type=bytes,
        value_type=bytes,
        partitions=partitions,
        options=dict(_STORE),
        recovery_buffer_size=5_000,
    )
