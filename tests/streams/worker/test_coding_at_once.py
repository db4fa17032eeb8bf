"""A stay is coded in the batch that closes it, with its closed encounter; what a crash leaves of that is mended, in order."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from encounter_states import DAY, injection, line
from faust.types import TP
from model_encounters import NOON
from model_kafka import Crash, Rec
from model_workers import Cluster, PaperWorker
from orjson import loads

from rules.engine import Profile
from streams.charging import coding_at_once
from streams.charging.release import release_at_once
from streams.kafka.connection import Connection
from streams.lifecycle.timeouts import Timeouts
from streams.wire import topics
from streams.wire.coded_header import coded_version
from streams.worker.application import build
from streams.worker.settings import WorkerSettings

AT_ONCE = Timeouts(grace=0, quiet_period=0)
SAID = (topics.CHARGES, topics.CHARGE_LINES)


def one_worker() -> tuple[Cluster, PaperWorker]:
    """Return a worker of one partition that closes a stay when its departure is read."""
    cluster = Cluster(NOON + 10 * DAY, workers=1, partitions=1, timeouts=AT_ONCE)
    return cluster, cluster.workers[0]


def depart(cluster: Cluster, name: str = "E1") -> None:
    """Publish a stay with one injection."""
    for event in (injection(5, name), line("encounter_discharged", 120, name)):
        cluster.publish(name, event)


def on(cluster: Cluster, topic: str) -> list[Rec]:
    """Return the records of a topic."""
    return cluster.paper.all_of(topic)


def coded(cluster: Cluster) -> list[int | None]:
    """Return of each closed encounter which version it says is coded."""
    return [coded_version(record.headers) for record in on(cluster, topics.CLOSED)]


def read(worker: PaperWorker, topic: str) -> None:
    """Read all that waits on one topic."""
    while TP(topic, 0) in (waiting := worker.unread()):
        worker.read(waiting.index(TP(topic, 0)), 100)


def test_the_charges_go_with_the_checkpoint_of_the_closed_encounter() -> None:
    """And whoever reads the closed encounter says nothing more, in this worker or the next."""
    cluster, worker = one_worker()
    depart(cluster)
    read(worker, topics.EVENTS)
    worker.checkpoint()
    assert coded(cluster) == [1]
    said = [[record.value for record in on(cluster, topic)] for topic in SAID]
    assert [len(values) for values in said] == [1, 1]
    cluster.crash(0, 0, 0)
    cluster.quieten()
    assert [[record.value for record in on(cluster, topic)] for topic in SAID] == said


@pytest.mark.parametrize("stage", range(5))
@pytest.mark.parametrize("seed", range(4))
def test_a_crash_anywhere_loses_nothing(stage: int, seed: int) -> None:
    """In the states of stays, in those of charges, in the messages, before the commit."""
    cluster, worker = one_worker()
    depart(cluster)
    read(worker, topics.EVENTS)
    cluster.crash(0, stage, seed)
    cluster.quieten()
    charged = {loads(record.value or b"")["line"]["line_id"] for record in on(cluster, topics.CHARGE_LINES)}
    assert len(charged) == 1
    assert {loads(record.value or b"")["revision"] for record in on(cluster, topics.CHARGES)} == {1}


def test_what_a_former_owner_had_to_send_goes_out_before_the_rest_is_caught_up() -> None:
    """It wrote the states and died; its closed encounters of other stays are unread when the departure comes again."""
    cluster, worker = one_worker()
    depart(cluster, "E1")
    read(worker, topics.EVENTS)
    worker.checkpoint()  # the closed encounter of E1 is not read yet
    depart(cluster, "E2")
    read(worker, topics.EVENTS)
    producer = worker.app.producer
    producer.stop_in = 2  # the third delivery is that of the messages
    producer.chance.randint = lambda *_: 0
    with pytest.raises(Crash):
        worker.checkpoint()
    cluster.workers[0] = worker = cluster._made()  # noqa: SLF001 - as a crash does
    cluster.deal(0)
    assert len(on(cluster, topics.CHARGES)) == 1
    read(worker, topics.EVENTS)
    worker.checkpoint()
    assert coded(cluster) == [1, None]
    assert [record.key for record in on(cluster, topics.CHARGES)] == [b"E1", b"E2"]
    cluster.quieten()
    assert len(on(cluster, topics.CHARGES)) == 2


def test_no_charge_set_is_kept_of_a_stay_that_is_not_closed_in_its_state() -> None:
    """After a crash its departure may be taken back in the batch in which it is read again."""
    cluster, worker = one_worker()
    departure = line("encounter_discharged", 120, "E1", event_id="gone")
    for event in (injection(5), departure):
        cluster.publish("E1", event)
    read(worker, topics.EVENTS)
    producer = worker.app.producer
    producer.stop_in = 0
    producer.chance.randint = lambda _, most: most
    with pytest.raises(Crash):
        worker.checkpoint()
    assert on(cluster, topics.ENCOUNTERS_CHANGELOG)
    assert not on(cluster, topics.RELEASES_CHANGELOG)


def test_the_worker_has_its_checkpoints_written_in_that_order(tmp_path: Path) -> None:
    """The states of stays, then those of charges that follow from them."""
    settings = WorkerSettings(worker_id="w", data_dir=tmp_path, in_memory=True, metrics_bind=None)
    tables = build(Connection(("localhost:1",)), settings, 1).tables
    assert tables["releases"].follows is tables["encounters"]


@pytest.fixture
def stumbling() -> Iterator[None]:
    """Have the first stay that is coded at once stumble."""
    left = [1]

    def stumble(*args: object, **named: object) -> object:
        if left:
            left.pop()
            message = "a rule stumbles"
            raise ValueError(message)
        return release_at_once(*args, **named)  # type: ignore[arg-type] # passed on

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coding_at_once, "release_at_once", stumble)
        yield


@pytest.mark.usefixtures("stumbling")
def test_closings_of_a_stay_are_coded_in_their_order_whatever_the_clock_says() -> None:
    """One is left to the agent; the next, decided by a clock that was set back, waits behind it."""
    cluster, worker = one_worker()
    depart(cluster)
    read(worker, topics.EVENTS)
    worker.checkpoint()
    cluster.paper.now -= 3600
    cluster.publish("E1", injection(30, name="b"))
    read(worker, topics.EVENTS)
    worker.checkpoint()
    assert coded(cluster) == [None, None]
    cluster.quieten()
    cluster.publish("E1", injection(40, name="c"))
    cluster.quieten()
    assert coded(cluster) == [None, None, 3]
    newest = loads(cluster.paper.newest(topics.CHARGES)[b"E1"] or b"")
    assert sum(one["units"] for one in newest["lines"] if one["code"] == "96372") == 3
    assert newest["revision"] == 3


def test_what_lay_there_when_the_partition_was_dealt_is_coded_first() -> None:
    """Its clock ran ahead of ours: what it decided looks later than what we decide."""
    cluster, worker = one_worker()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coding_at_once.CodingAtOnce, "_released", lambda *_: None)
        depart(cluster)
        read(worker, topics.EVENTS)
        worker.checkpoint()
    cluster.crash(0, 0, 0)
    worker = cluster.workers[0]
    cluster.paper.now -= 3600
    cluster.publish("E1", injection(30, name="b"))
    read(worker, topics.EVENTS)
    worker.checkpoint()
    assert coded(cluster) == [None, None]
    cluster.quieten()
    newest = loads(cluster.paper.newest(topics.CHARGES)[b"E1"] or b"")
    assert newest["revision"] == 2


def test_a_closed_encounter_that_says_it_is_coded_is_coded_where_the_state_knows_nothing_of_it() -> None:
    """The states of charges were begun anew."""
    cluster, worker = one_worker()
    depart(cluster)
    read(worker, topics.EVENTS)
    worker.checkpoint()
    cluster.paper.logs[TP(topics.RELEASES_CHANGELOG, 0)].clear()
    cluster.crash(0, 0, 0)
    cluster.quieten()
    assert cluster.paper.newest(topics.RELEASES_CHANGELOG).keys() == {b"E1"}
    assert Profile() == cluster.workers[0].agents._settings.profile  # noqa: SLF001 - what it was coded under
