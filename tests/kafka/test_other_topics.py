"""
Topics that are not those a worker began with: of another cluster, made anew, deleted, grown.

On a real broker, since it is its ids and its counts that tell.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from apache_kafka import ApacheKafka
from chaos import PARTITIONS, Stream
from chaos_feed import day
from half_read import delete, grow, half_read, make, said
from kafka_settings import free_ports
from scraped import readiness

from streams.wire import topics

pytestmark = pytest.mark.broker

Maker = Callable[..., ApacheKafka]

STAYS = 60
SECONDS = 60
"""In which a worker has seen it: a look every two seconds, and the machine's load. Left alone, it takes five minutes."""


@pytest.fixture
def stream(own_kafka: Maker, tmp_path: Path) -> Iterator[Stream]:
    """Give a small day for a stream that has no worker yet."""
    with Stream(own_kafka(), tmp_path / "stream", day(7, STAYS)) as made:
        yield made


@pytest.mark.parametrize(
    "name",
    [
        topics.EVENTS,
        pytest.param(topics.COMMANDS, marks=pytest.mark.long),
        pytest.param(topics.ENCOUNTERS_CHANGELOG, marks=pytest.mark.long),
    ],
)
def test_a_topic_made_anew_under_a_worker_stops_it_within_seconds(stream: Stream, name: str) -> None:
    """Its positions and states are of the one that is gone; at the next start too, and with an empty folder."""
    worker = half_read(stream)
    delete(stream.kafka, name)
    make(stream.kafka, name)
    assert worker.wait(SECONDS) == 70
    assert f"topic {name} was deleted" in said(worker)
    worker.start()
    assert worker.wait(60) == 70
    assert f"topic {name} was deleted and made anew" in said(worker)
    other = stream.worker("worker-2")
    assert other.wait(60) == 70
    assert f"topic {name} was deleted and made anew" in said(other)


def test_a_topic_deleted_under_a_worker_stops_it_within_seconds(stream: Stream) -> None:
    """Nobody makes it anew: the worker would wait for it for ever, and be ready."""
    worker = half_read(stream)
    delete(stream.kafka, topics.EVENTS)
    assert worker.wait(SECONDS) == 70
    assert f"topic {topics.EVENTS} was deleted: Kafka does not have it any more" in said(worker)
    worker.start()
    assert worker.wait(60) == 2
    assert f"not as the worker needs them: {topics.EVENTS}" in said(worker)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([topics.EVENTS], id="one", marks=pytest.mark.long),
        pytest.param([topic.name for topic in topics.TOPICS], id="all"),
    ],
)
def test_partitions_added_to_a_live_topic_stop_the_worker_at_once(stream: Stream, names: list[str]) -> None:
    """Nobody would read the new ones for minutes; and with all topics grown alike, stays are parted from their events."""
    worker = half_read(stream)
    grow(stream.kafka, names, PARTITIONS + 2)
    assert worker.wait(SECONDS) == 70
    grown = f"had {PARTITIONS} partitions and has {PARTITIONS + 2}"
    assert grown in said(worker)
    worker.start()
    assert worker.wait(60) in {2, 70}
    if len(names) > 1:
        other = stream.worker("worker-2")
        assert other.wait(60) == 70
        assert grown in said(other), "known beside the positions, without a folder"


def test_a_folder_of_another_cluster_is_refused_and_shown(
    stream: Stream, own_kafka: Maker, tmp_path: Path
) -> None:
    """Its changelogs are other ones; the folder is left as it is for the cluster whose it is."""
    worker = half_read(stream)
    assert worker.stop() == 0
    with Stream(own_kafka(), tmp_path / "other", day(7, STAYS)) as other:
        shutil.copytree(worker.disk, tmp_path / "other" / "worker-1")
        (port,) = free_ports(1)
        moved = other.worker("worker-1", more={"INFUSION_METRICS_BIND": str(port)})
        until = monotonic() + 30
        while (state := readiness(port)).state != "foreign_cluster":
            assert monotonic() < until, state
        assert state.status == 503
        assert moved.wait(60) == 2
        assert "this is Kafka cluster" in said(moved)
        assert f"cluster {stream.kafka.cluster}" in said(moved)
        shutil.rmtree(moved.disk)
        moved.start()
        other.publish()
        verdict = other.settled()
        assert (verdict.lost, verdict.double) == ((), ())
    stream.publish()
    worker.start()
    verdict = stream.settled()
    assert (verdict.lost, verdict.double) == ((), ())
