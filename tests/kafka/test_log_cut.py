"""
Logs that are cut short on a real broker, by an unclean leader or a power cut: the worker stops, and says what to do.

What the client does by itself is to go to the oldest record there is and to go on: whatever is written under the
offsets that were cut is then never read.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from time import sleep

import pytest
from apache_kafka import ApacheKafka
from chaos import PARTITIONS, Stream
from chaos_feed import day
from confluent_kafka import OFFSET_END, TopicPartition
from half_read import Cuts, cut_topic, half_read, said, set_positions

from streams.engine.fetch_pace import IDLE_MS
from streams.wire import topics

pytestmark = pytest.mark.broker

Maker = Callable[..., ApacheKafka]

STAYS = 60


@pytest.fixture
def stream(own_kafka: Maker, tmp_path: Path) -> Iterator[Stream]:
    """Give a small day for a stream that has no worker yet."""
    with Stream(own_kafka(), tmp_path / "stream", day(7, STAYS)) as made:
        yield made


def names_one(log: str, name: str, cuts: Cuts, words: str) -> bool:
    """Tell whether the log names a partition that was cut, and both offsets."""
    return any(
        f"{name}, partition {number}: its log was cut short: it was {words} up to offset {read} and" in log
        and f"at {end}. " in log
        for number, (read, end) in cuts.items()
    )


@pytest.mark.parametrize(
    "name",
    [
        topics.EVENTS,
        pytest.param(topics.COMMANDS, marks=pytest.mark.long),
        pytest.param(topics.CLOSED, marks=pytest.mark.long),
    ],
)
def test_a_topic_cut_below_what_was_read_stops_the_worker(stream: Stream, name: str) -> None:
    """Nobody writes anything after: the client would go to the oldest record, and wait."""
    worker = half_read(stream)
    cuts = cut_topic(stream, name)
    stream.kafka.start()
    assert worker.wait(60) == 70
    assert names_one(said(worker), name, cuts, "read")
    worker.start()
    assert worker.wait(60) == 70, "at the next start too"


@pytest.mark.parametrize(
    "living",
    [
        pytest.param(True, id="while it waits"),
        pytest.param(False, id="before a start", marks=pytest.mark.long),
    ],
)
def test_what_is_written_over_a_cut_is_not_passed_over(stream: Stream, *, living: bool) -> None:
    """The log is longer than ever when the worker looks again; with the position set as it says, nothing is lost."""
    worker = half_read(stream)
    if living:
        worker.signal(SIGSTOP)
    else:
        assert worker.stop() == 0
    cuts = cut_topic(stream, topics.EVENTS)
    stream.kafka.start()
    for _ in range(2):
        stream.publish()
    if living:
        worker.signal(SIGCONT)
    else:
        worker.start()
    assert worker.wait(60) == 70
    assert names_one(said(worker), topics.EVENTS, cuts, "read")

    set_positions(stream.kafka, {(topics.EVENTS, number): end for number, (_, end) in cuts.items()})
    worker.start()
    verdict = stream.settled()
    assert (verdict.lost, verdict.double) == ((), ())
    assert verdict.comparison.same


@pytest.mark.parametrize(
    "disk",
    [
        pytest.param(True, id="with its disk", marks=pytest.mark.long),
        pytest.param(False, id="without its disk"),
    ],
)
def test_a_changelog_cut_while_nobody_looked_stops_the_worker_at_its_start(
    stream: Stream, *, disk: bool
) -> None:
    """What a table holds is older than what was decided from it, and the folder may be another's or gone."""
    worker = half_read(stream)
    assert worker.stop() == 0
    cuts = cut_topic(stream, topics.ENCOUNTERS_CHANGELOG)
    stream.kafka.start()
    if not disk:
        worker = stream.worker("worker-2")
    else:
        worker.start()
    assert worker.wait(60) == 70
    assert names_one(said(worker), topics.ENCOUNTERS_CHANGELOG, cuts, "written")


def test_a_changelog_cut_under_a_worker_stops_it(stream: Stream) -> None:
    """Nothing reads a changelog while it is written: its end is asked for."""
    worker = half_read(stream)
    cuts = cut_topic(stream, topics.RELEASES_CHANGELOG)
    stream.kafka.start()
    assert worker.wait(60) == 70
    assert names_one(said(worker), topics.RELEASES_CHANGELOG, cuts, "written")


def test_what_retention_took_unread_is_said_and_is_no_cut(stream: Stream) -> None:
    """A reader that was away too long goes on with what is there, as ever."""
    worker = half_read(stream)
    worker.signal(SIGSTOP)
    sleep(5 * IDLE_MS / 1000)  # a fetch that is under way is answered before there is anything to answer with
    stream.publish()
    admin = stream.kafka.admin()
    places = [TopicPartition(topics.EVENTS, number, OFFSET_END) for number in range(PARTITIONS)]
    for deleting in admin.delete_records(places).values():
        deleting.result(30)
    worker.signal(SIGCONT)
    stream.publish()
    stream.outcome.at_rest(90)
    assert worker.running
    assert f"of {topics.EVENTS}, partition" in said(worker)
    assert "INPUT LOST" in said(worker)
    assert "was cut short" not in said(worker)
