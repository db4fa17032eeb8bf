"""The watch over logs, with answers made by hand: what a broker says when something was cut, deleted, made anew."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.types import TP
from stored_batch import stored

from streams.engine import log_watch
from streams.engine.cluster_facts import ClusterFacts, TopicFacts
from streams.engine.log_faults import LogFaultError
from streams.engine.log_watch import LogWatch
from streams.engine.position_note import PositionNote

SOURCE, CHANGELOG = TP("in", 0), TP("kept-changelog", 0)
OUT_OF_RANGE = 1


class Broker:
    """A consumer of aiokafka's, and behind it a broker that says what a test wants; nothing of either is real."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.facts = ClusterFacts("C", {"in": TopicFacts("T1", 1), "kept-changelog": TopicFacts("T2", 1)})
        self.start, self.ends = 0, {SOURCE: 0, CHANGELOG: 0}
        self.epoch_ends: dict[int, int] = {}
        self.silent = 0
        self.asked_about: list[int] = []
        self.notes: dict[TP, OffsetAndMetadata] = {}
        self.answer: Any = None
        self._client = SimpleNamespace(send=self._send)
        self._coordinator = SimpleNamespace(fetch_committed_offsets=self._positions)
        monkeypatch.setattr(log_watch, "ask_cluster", self._cluster)
        monkeypatch.setattr(log_watch, "epoch_ends", self._epochs)
        monkeypatch.setattr(log_watch, "_AGAIN_S", 0.001)
        monkeypatch.setattr(log_watch, "LOOK_EVERY_S", 0.001)
        monkeypatch.setattr(log_watch, "_SURE_S", 0.01)

    async def _send(self, *_: Any, **__: Any) -> Any:
        return self.answer

    async def _positions(self, places: list[TopicPartition]) -> dict[TopicPartition, OffsetAndMetadata]:
        return {place: self.notes[TP(*place)] for place in places if TP(*place) in self.notes}

    async def _cluster(self, *_: Any) -> ClusterFacts:
        return self.facts

    async def _epochs(self, _: Any, epochs: dict[TP, int]) -> dict[TP, int]:
        self.asked_about += epochs.values()
        if self._is_silent():
            return {}
        return {tp: self.epoch_ends.get(epoch, self.ends[tp]) for tp, epoch in epochs.items()}

    def _is_silent(self) -> bool:
        self.silent -= self.silent > 0
        return self.silent > 0

    def subscription(self) -> set[str]:
        """Return the topics."""
        return {"in", "kept-changelog"}

    def assignment(self) -> set[TopicPartition]:
        """Return the partitions."""
        return {TopicPartition(*SOURCE), TopicPartition(*CHANGELOG)}

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the first offset there is."""
        if self._is_silent():
            raise KafkaConnectionError
        return dict.fromkeys(places, self.start)

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offset after the last record."""
        return {place: self.ends[TP(*place)] for place in places}


class Watched:
    """A watch on such a broker, and what it stopped for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broker = Broker(monkeypatch)
        self.errors: list[BaseException] = []
        self.written: dict[TP, int] = {}
        self.watch = LogWatch(self.broker, "group", self.errors.append, self.written)

    async def fetch(self, offset: int, records: bytes = b"", code: int = 0, tp: TP = SOURCE) -> Any:
        """Have a fetch from an offset answered."""
        request = FetchRequest(1, 1, 1, 0, [(tp.topic, [(tp.partition, offset, 1)])])
        self.broker.answer = SimpleNamespace(topics=[(tp.topic, [(tp.partition, code, 0, 0, [], records)])])
        return await self.broker._client.send(1, request)  # noqa: SLF001 -- what the fetcher of aiokafka calls

    @property
    def said(self) -> str:
        """Return what it stopped for, nothing where it did not."""
        return "".join(map(str, self.errors))

    async def until_stopped(self) -> str:
        """Let it look, and return what it stopped for."""
        task = asyncio.ensure_future(self.watch.run())
        try:
            async with asyncio.timeout(10):
                while not self.errors:  # noqa: ASYNC110 -- what is set is a list
                    await asyncio.sleep(0.001)
        finally:
            task.cancel()
        return str(self.errors[0])


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Give a watch."""
    return Watched(monkeypatch)


async def test_a_leader_that_goes_on_where_reading_stands_is_no_cut(watched: Watched) -> None:
    """The epoch before ended where it was read to, or later: asked once, and the answer is handed on."""
    await watched.fetch(0, stored(0, 10, 1))
    watched.broker.epoch_ends = {1: 10}
    answer = await watched.fetch(10, stored(10, 5, 4))
    await watched.fetch(15, stored(15, 5, 4))
    assert (watched.errors, watched.broker.asked_about) == ([], [1])
    assert answer is not None


async def test_records_over_a_cut_are_not_handed_out(watched: Watched) -> None:
    """Where the epoch ends now is where it was cut; a leader that does not answer yet is asked again."""
    await watched.fetch(0, stored(0, 10, 1))
    watched.broker.epoch_ends, watched.broker.silent = {1: 6}, 3
    await watched.fetch(10, stored(10, 5, 4))
    assert "read up to offset 10 and was cut at 6" in watched.said


async def test_other_records_under_offsets_that_were_read_are_seen(watched: Watched) -> None:
    """Read again after a seek, under another leader."""
    await watched.fetch(0, stored(0, 10, 1))
    watched.broker.epoch_ends = {1: 4}
    await watched.fetch(3, stored(3, 7, 4))
    assert "read up to offset 10 and was cut at 3" in watched.said or "cut at 4" in watched.said


@pytest.mark.parametrize("silent", [0, 3])
async def test_an_offset_that_is_not_there_is_a_cut_unless_retention_took_it(
    watched: Watched, silent: int
) -> None:
    """Also when the log has grown beyond it since: it was shorter when it was asked."""
    watched.broker.silent = silent
    watched.broker.start, watched.broker.ends[SOURCE] = 20, 30
    await watched.fetch(10, code=OUT_OF_RANGE)
    assert not watched.errors, "deleted unread, which is told when records come"
    watched.broker.silent, watched.broker.start = silent, 0
    await watched.fetch(40, code=OUT_OF_RANGE)
    assert "read up to offset 40 and was cut at 30" in watched.said


async def test_what_no_fetch_tells_is_looked_for(watched: Watched) -> None:
    """A topic nobody writes to is as good as one that is read: its leader is asked."""
    watched.broker.ends[SOURCE] = 10
    await watched.fetch(0, stored(0, 10, 1))
    watched.broker.ends[SOURCE] = 7
    assert "read up to offset 10 and was cut at 7" in await watched.until_stopped()


async def test_a_changelog_that_ends_below_what_was_written_is_seen(watched: Watched) -> None:
    """Nobody reads it."""
    watched.written[CHANGELOG] = 5
    watched.broker.ends[CHANGELOG] = 3
    assert "it was written up to offset 5 and ends at 3" in await watched.until_stopped()


@pytest.mark.parametrize(
    ("topics", "words"),
    [
        ({"in": TopicFacts("T9", 1)}, "topic in was deleted and made anew: it was T1 and is T9"),
        ({"in": TopicFacts("T1", 2)}, "topic in had 1 partitions and has 2"),
        ({}, "topic in was deleted: Kafka does not have it any more"),
    ],
    ids=["made anew", "grown", "gone"],
)
async def test_topics_that_change_under_a_worker_are_seen(
    watched: Watched, topics: dict[str, TopicFacts], words: str
) -> None:
    """By what was first found, where nobody knew better."""
    assert await watched.watch.begin() is None
    broker = watched.broker
    broker.facts = ClusterFacts("C", {"kept-changelog": TopicFacts("T2", 1), **topics})
    assert words in await watched.until_stopped()


async def test_what_is_noted_beside_positions_is_compared_at_a_start(watched: Watched) -> None:
    """Ids of topics, the epoch of the last record before a position, and ends of changelogs."""
    facts = watched.broker.facts.topics

    def noted(epoch: int, topic_id: str = "T1") -> OffsetAndMetadata:
        topics = {**facts, "in": TopicFacts(topic_id, 1)}
        return OffsetAndMetadata(10, PositionNote(epoch, topics, {"kept-changelog": 8}).text())

    watched.broker.ends[SOURCE] = 30
    watched.broker.notes[SOURCE] = noted(3)
    assert await watched.watch.begin() is None
    assert await watched.watch.noted_changelogs() == {CHANGELOG: 8}
    watched.broker.epoch_ends = {3: 6}
    fault = await watched.watch.begin()
    assert isinstance(fault, LogFaultError)
    assert "read up to offset 10 and was cut at 6" in str(fault)
    watched.broker.notes[SOURCE] = noted(3, "T0")
    assert "it was T0 and is T1" in str(await watched.watch.begin())
    watched.broker.notes[SOURCE] = OffsetAndMetadata(10, "")
    assert await watched.watch.begin() is None, "set by a tool: taken as it is"


async def test_a_position_is_noted_with_what_is_known_at_it(watched: Watched) -> None:
    """The epoch is that of the record before it, not of the last one read."""
    assert await watched.watch.begin() is None
    watched.written[CHANGELOG] = 8
    await watched.fetch(0, stored(0, 10, 1) + stored(10, 10, 2))
    expected = PositionNote(1, watched.broker.facts.topics, {"kept-changelog": 8})
    assert watched.watch.note(SOURCE, 10) == expected.text()


async def test_what_is_fetched_while_a_partition_is_dealt_is_known_when_it_is_committed(
    watched: Watched,
) -> None:
    """The client fetches at once; a leader elected meanwhile took those records, and the epoch before ends where it should."""
    facts = watched.broker.facts.topics
    watched.broker.ends[SOURCE], watched.broker.epoch_ends = 20, {1: 10}
    watched.broker.notes[SOURCE] = OffsetAndMetadata(10, PositionNote(1, facts, {}).text())
    await watched.fetch(10, stored(10, 5, 2) + stored(15, 5, 4))
    assert await watched.watch.begin() is None
    for offset, epoch in ((15, 2), (20, 4)):
        assert watched.watch.note(SOURCE, offset) == PositionNote(epoch, facts, {}).text()
    watched.broker.notes[SOURCE] = OffsetAndMetadata(20, watched.watch.note(SOURCE, 20))
    assert await watched.watch.begin() is None
    watched.broker.epoch_ends = {4: 18}
    assert "read up to offset 20 and was cut at 18" in str(await watched.watch.begin())


async def test_the_epoch_of_what_no_fetch_showed_is_not_guessed(watched: Watched) -> None:
    """A position beyond what is followed is noted without one."""
    facts = watched.broker.facts.topics
    watched.broker.ends[SOURCE] = 30
    watched.broker.notes[SOURCE] = OffsetAndMetadata(10, PositionNote(1, facts, {}).text())
    assert await watched.watch.begin() is None
    assert watched.watch.note(SOURCE, 10) == PositionNote(1, facts, {}).text()
    assert watched.watch.note(SOURCE, 12) == PositionNote(None, facts, {}).text()
