"""
The whole stream on a real broker while things go wrong: what comes out is what ``infusion code`` gives.

``benchmarks/chaos.py`` is the long run of the same.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apache_kafka import ApacheKafka
from chaos import PARTITIONS, Stream, trial
from chaos_feed import Feed, day, giant, messages, poison, scattered
from chaos_leaderless import leaderless
from chaos_stops import stopping
from chaos_verdict import Verdict
from chaos_worker import INFUSION
from orjson import loads

pytestmark = pytest.mark.broker

Maker = Callable[..., ApacheKafka]
STAYS = 60

CRAMPED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)); "
"""No file of the process may be longer, which to a store is a disk that is full."""


@pytest.fixture
def stream(own_kafka: Maker, tmp_path: Path) -> Iterator[Stream]:
    """Give a small day for a stream that has no worker yet."""
    with Stream(own_kafka(), tmp_path / "stream", day(7, STAYS)) as made:
        yield made


def all_right(verdict: Verdict) -> bool:
    """Tell whether nothing is lost and nothing double, of more than nothing."""
    assert not verdict.lost
    assert not verdict.double
    # Sets and lines are compared in the verdict, where a held stay may keep what was charged of it.
    return verdict.comparison.lines > 0


def halves(lines: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return every other event of each stay."""
    seen: dict[str, int] = {}
    both: tuple[list[bytes], list[bytes]] = ([], [])
    for line in lines:
        name = loads(line)["encounter_id"]
        seen[name] = seen.get(name, 0) + 1
        both[seen[name] % 2].append(line)
    return both


def test_a_seed_of_kills_pauses_and_broken_brokers_loses_nothing(own_kafka: Maker, tmp_path: Path) -> None:
    """Two workers, a broker and a folder, none of them left in peace for half a minute, and publishers of every kind."""
    report = trial(own_kafka(), tmp_path / "stream", 366, encounters=200, seconds=28, workers=2)
    assert {"spoil its disk", "kill", "broker: stop"} <= set(report.done), (
        "the first deeds, which come under any load"
    )
    assert {"feed: transaction kept", "feed: transaction taken back"} <= set(report.done)
    assert all_right(report.verdict)


@pytest.mark.parametrize(
    "kind", ["changelog made anew", pytest.param("group deleted", marks=pytest.mark.long)]
)
def test_after_a_fault_and_its_remedy_everything_comes_out_right(
    own_kafka: Maker, tmp_path: Path, kind: str
) -> None:
    """One that has to stop the pipeline stops it in words, with nothing charged meanwhile; ``make chaos`` does them all."""
    found = stopping(own_kafka(), tmp_path / "stream", kind, 203, STAYS)
    assert all_right(found.verdict)


def test_poison_between_good_events_costs_itself(own_kafka: Maker, tmp_path: Path) -> None:
    """No JSON, NUL, no value, no key, ten megabytes; and good events without a key or in a wrong partition."""
    lines = day(3, STAYS)
    bad = [*poison(1), *poison(2), giant(1)]
    with Stream(own_kafka(), tmp_path / "stream", lines, bad) as stream:
        stream.worker("worker-1", more={"INFUSION_STORE": "memory"})
        sent = scattered(messages(lines, PARTITIONS, 3, misrouted=0.2), bad, 3)
        Feed(stream.kafka.bootstrap, sent, 1).start().arrived()
        assert all_right(stream.settled())


def test_a_stay_split_by_a_rebalance_is_coded_whole(stream: Stream) -> None:
    """Half of the events of each stay come before a second worker takes half of the partitions, half after."""
    before, after = halves(stream.lines)
    stream.worker("worker-1").until_ready()
    Feed(stream.kafka.bootstrap, messages(before, PARTITIONS, 1), 1).start().arrived()
    stream.worker("worker-2").until_ready()
    Feed(stream.kafka.bootstrap, messages(after, PARTITIONS, 2), 1).start().arrived()
    assert all_right(stream.settled())


def test_the_whole_topic_twice_says_nothing_new_even_without_the_disk(stream: Stream) -> None:
    """What a worker knows is in Kafka: with its stores gone it is read again, and duplicates change nothing."""
    worker = stream.worker("worker-1")
    stream.publish()
    verdict = stream.settled()
    assert all_right(verdict)
    assert worker.stop() == 0
    shutil.rmtree(worker.disk)
    stream.publish()
    worker.start()
    again = stream.settled()
    assert all_right(again)
    assert again.emitted == verdict.emitted


def test_partitions_without_a_leader_are_waited_for(own_kafka: Maker, tmp_path: Path) -> None:
    """The group goes on, so nothing is dealt anew: what could not be written or read is, in time."""
    kafka = own_kafka()
    verdict, _ = leaderless(kafka, own_kafka(beside=kafka), tmp_path / "stream", 4, STAYS)
    assert all_right(verdict)


def test_a_full_disk_stops_the_worker_before_it_commits(stream: Stream) -> None:
    """With room again, everything comes out right."""
    worker = stream.worker("worker-1", command=[sys.executable, "-c", CRAMPED + INFUSION[-1], "worker"])
    worker.until_ready()
    stream.publish()
    assert worker.wait(60) == 70
    assert b"see that its disk has room" in worker.log.read_bytes()
    worker.command = [*INFUSION, "worker"]
    assert all_right(stream.settled())


def test_a_worker_asked_to_stop_without_a_broker_stops(stream: Stream) -> None:
    """It has nobody to tell, and waits for nobody."""
    worker = stream.worker("worker-1")
    worker.until_ready()
    stream.kafka.kill()
    while b"Failed fetch" not in worker.log.read_bytes():
        pass
    assert worker.stop() == 0
