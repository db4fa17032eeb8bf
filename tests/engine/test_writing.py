"""Nothing is committed before what follows from it is written; what stock Faust commits over."""

import asyncio
from math import inf
from time import monotonic
from typing import Any

import pytest
from engine_bench import KINDS, OURS, Bench, Log, turns
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from streams.engine.checkpoint import LeaseLostError
from streams.engine.kept_states import Written
from streams.engine.records import PartitionRecords, Record
from streams.engine.stop_reasons import StoreError

SOURCE = TP("in", 0)
POST = Record(b"k", b"sent")


class Refused(Exception):  # noqa: N818 -- what the broker did, not a programme's mistake
    """A broker's answer to a record it will not have."""


class Writing:
    """A bench whose producer takes partitions as the log of a broker would, and can be told to fail or to wait."""

    def __init__(self) -> None:
        self.bench = Bench(OURS, Log({SOURCE: list(range(10))}))
        self.app, self.consumer, self.log = self.bench.app, self.bench.consumer, self.bench.log
        self.written: list[tuple[str, list[Record]]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.before: Any = lambda: None
        self.app.producer.deliver = self._deliver

    async def _deliver(self, grouped_by_partition: list[PartitionRecords]) -> list[int]:
        self.asked.set()
        await self.open.wait()
        self.before()
        firsts = [
            sum(len(records) for topic, records in self.written if topic == group.topic)
            for group in grouped_by_partition
        ]
        self.written += [(group.topic, group.records) for group in grouped_by_partition]
        return firsts

    def topics(self) -> list[str]:
        """Return the topics written to, in order."""
        return [topic for topic, _ in self.written]

    async def batch_is_done(self) -> None:
        """Read all ten records, note a state and a message, and finish."""
        await self.consumer.perform_seek()
        message = (await self.bench.read(10))[0]
        self.app.put(self.bench.table, 0, b"k", Written(b"kept"))
        self.app.send_at_checkpoint("out", 0, POST)
        self.bench.done(message)


@pytest.fixture
async def writing() -> Any:
    """Give a bench on which a batch of ten records was read and is done, and nothing is written yet."""
    made = Writing()
    made.bench.resume()
    async with made.bench.draining():
        await made.batch_is_done()
        yield made


CHANGELOG_THEN_OUT = ["bench-kept-changelog", "out"]


async def test_states_lie_in_kafka_before_messages_and_both_before_the_position(writing: Any) -> None:
    """The one order that survives a crash anywhere."""
    writing.before = lambda: None if not writing.log.commits else pytest.fail("committed too early")
    assert await writing.consumer.commit()
    assert writing.topics() == CHANGELOG_THEN_OUT
    assert writing.log.commits == [{SOURCE: 10}]
    assert writing.bench.table.read(0, b"k") == b"kept"


async def test_a_message_has_a_checkpoint_written_and_a_state_alone_waits_for_the_commit() -> None:
    """Nobody waits for a state: until the position before it is committed it would be made again."""
    writing = Writing()
    writing.bench.resume()
    async with writing.bench.draining():
        await writing.consumer.perform_seek()
        message = (await writing.bench.read(10))[0]
        checkpoints = asyncio.ensure_future(writing.app._write_checkpoints())  # noqa: SLF001 - the worker's own task
        await turns()
        writing.app.put(writing.bench.table, 0, b"k", Written(b"kept"))
        writing.bench.done(message)
        writing.app.wake()
        await turns()
        assert not writing.written
        writing.app.send_at_checkpoint("out", 0, POST)
        writing.app.wake()
        await turns()
        assert writing.topics() == CHANGELOG_THEN_OUT
        writing.app.put(writing.bench.table, 0, b"k", Written(b"anew"))
        writing.app.wake()
        await turns()
        assert writing.topics() == CHANGELOG_THEN_OUT
        await writing.consumer.commit()
        assert writing.topics() == [*CHANGELOG_THEN_OUT, "bench-kept-changelog"]
        checkpoints.cancel()


async def test_a_checkpoint_cut_short_is_written_whole_later(writing: Any) -> None:
    """Whoever waits for a commit may be cancelled at any await; the next commit must not go past what was noted."""
    writing.open.clear()
    cut = asyncio.ensure_future(writing.consumer.commit())
    await writing.asked.wait()
    cut.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut
    writing.open.set()
    await writing.consumer.commit()
    assert writing.topics() == CHANGELOG_THEN_OUT
    assert writing.log.committed == {SOURCE: 10}


async def test_a_checkpoint_refused_for_lack_of_lease_loses_nothing(writing: Any) -> None:
    """It is put back beneath what came since, and written when the group has answered."""
    writing.log.confirmed_at = -inf
    assert not await writing.consumer.commit()
    assert not writing.written
    assert not writing.log.commits
    assert writing.app.unwritten(writing.bench.table, 0, b"k")
    writing.app.put(writing.bench.table, 0, b"other", None)
    writing.log.confirmed_at = inf
    assert await writing.consumer.commit()
    assert writing.written == [
        ("bench-kept-changelog", [Record(b"k", b"kept"), Record(b"other", None)]),
        ("out", [POST]),
    ]
    assert not writing.app.unwritten(writing.bench.table, 0, b"k")
    assert writing.log.committed == {SOURCE: 10}


async def test_what_came_since_wins_over_what_is_put_back(writing: Any) -> None:
    """Of one key only the last state counts."""
    writing.log.confirmed_at = -inf
    await writing.consumer.commit()
    writing.app.put(writing.bench.table, 0, b"k", Written(b"newer"))
    writing.log.confirmed_at = inf
    await writing.consumer.commit()
    assert writing.written[0] == ("bench-kept-changelog", [Record(b"k", b"newer")])


async def test_a_lease_that_runs_out_between_states_and_messages_holds_the_messages_back(
    writing: Any,
) -> None:
    """The states may be there twice then; they are the same."""

    def stopped_for_long() -> None:
        writing.log.confirmed_at = -inf

    writing.before = stopped_for_long
    assert not await writing.consumer.commit()
    assert writing.topics() == CHANGELOG_THEN_OUT[:1]
    assert not writing.log.commits
    writing.before = lambda: None
    writing.log.confirmed_at = inf
    await writing.consumer.commit()
    assert writing.topics() == ["bench-kept-changelog", *CHANGELOG_THEN_OUT]


async def test_a_lease_that_runs_out_while_the_producer_tries_again_stops_the_worker(writing: Any) -> None:
    """A record that gets through later would lie on top of what the next owner wrote."""
    writing.open.clear()
    committing = asyncio.ensure_future(writing.consumer.commit())
    await writing.asked.wait()
    writing.log.confirmed_at = monotonic() - 5.99  # of six seconds
    writing.asked.clear()
    assert not await committing
    writing.open.set()
    await turns()
    assert [type(error) for error in writing.bench.errors] == [LeaseLostError]
    assert not writing.written
    assert not writing.log.commits


async def test_a_state_that_does_not_turn_into_bytes_stops_the_worker(writing: Any) -> None:
    """And what it was made from is read again by the next one."""

    class Broken:
        def to_bytes(self) -> bytes:
            raise OverflowError

    writing.app.put(writing.bench.table, 0, b"k", Broken())
    assert not await writing.consumer.commit()
    assert [type(error) for error in writing.bench.errors] == [OverflowError]
    assert not writing.log.commits


async def test_a_checkpoint_begun_before_a_rebalance_is_not_put_back_after_it(writing: Any) -> None:
    """Another worker may have had the partition in between: its state is newer than ours."""
    writing.open.clear()
    cut = asyncio.ensure_future(writing.consumer.commit())
    await writing.asked.wait()
    writing.app.discard_unwritten()
    writing.consumer.progress.clear()
    cut.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut
    writing.open.set()
    await writing.consumer.commit()
    assert not writing.written
    assert not writing.log.commits


async def test_a_position_of_a_former_membership_is_not_committed(writing: Any) -> None:
    """The partition was sought anew meanwhile: what counts is where it stands now."""
    writing.open.clear()
    writer = asyncio.ensure_future(writing.consumer.commit())
    await writing.asked.wait()
    await writing.consumer.perform_seek()
    writing.open.set()
    assert not await writer
    assert not writing.log.commits


async def test_a_store_that_cannot_be_written_at_a_checkpoint_stops_the_worker(writing: Any) -> None:
    """The disk is full: the changelog has the state, the store on disk does not."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    writing.bench.table.data.apply_changelog_batch = full
    assert not await writing.consumer.commit()
    assert [type(error) for error in writing.bench.errors] == [StoreError]
    assert not writing.log.commits


async def test_a_worker_stopped_before_it_read_anything_has_nothing_to_commit() -> None:
    """Its consumer was not started yet, and cannot be asked for partitions."""
    bench = Bench(OURS, Log({}))

    def not_started() -> set[TP]:
        raise ConsumerNotStarted

    bench.log.assignment = not_started  # type: ignore[method-assign] -- as Faust's thread before its start
    assert not await bench.consumer.commit()
    assert not bench.errors


async def _agent_sends(bench: Bench) -> None:
    """Read everything and send one record in Faust's way, as an agent would; then the batch is done."""
    await bench.consumer.perform_seek()
    messages = await bench.read(10)
    topic = bench.app.topic("out", value_type=bytes)
    published = topic._on_published  # noqa: SLF001 -- where Faust learns how a send ended

    def asked(sent: Any, message: Any, **known: Any) -> None:
        published(sent, message=message, **known)
        message.exception()  # nobody else asks, which asyncio would mention in some later test

    topic._on_published = asked  # noqa: SLF001 -- as above
    await topic.send(key=b"k", value=b"sent")
    for message in messages:
        bench.done(message)


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_committed_over_a_record_that_was_refused(kind: str) -> None:
    """Stock logs a warning and commits; the record is gone."""
    bench = Bench(kind, Log({SOURCE: list(range(10))}))
    bench.sink.refused = Refused()
    bench.resume()
    async with bench.draining():
        await _agent_sends(bench)
        await turns()
        await bench.consumer.commit()
    assert not bench.sink.taken
    if kind == OURS:
        assert not bench.log.commits
        assert [str(error) for error in bench.errors] == ["a record for out was not written: Refused"]
    else:
        assert bench.log.committed == {SOURCE: 10}


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_committed_over_a_record_on_its_way(kind: str) -> None:
    """Stock's flush waits for the driver's buffer and a tenth of a second; a slow broker takes longer."""
    bench = Bench(kind, Log({SOURCE: list(range(10))}))
    bench.sink.open.clear()
    bench.resume()
    async with bench.draining():
        await _agent_sends(bench)
        committing = asyncio.ensure_future(bench.consumer.commit())
        await turns()
        assert bool(bench.log.commits) == (kind != OURS)
        bench.sink.open.set()
        await committing
    assert bench.log.committed == {SOURCE: 10}


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_committed_over_a_record_in_the_buffer(kind: str) -> None:
    """A table's write only queues a record; the task that sends them is held up at the first."""
    bench = Bench(kind, Log({SOURCE: list(range(10))}))
    bench.resume()
    producer = bench.app.producer
    held_up = asyncio.Event()
    send = producer.send

    async def slow(*args: Any, **kwargs: Any) -> Any:
        await held_up.wait()
        return await send(*args, **kwargs)

    producer.send = slow
    await producer.buffer.start()
    async with bench.draining():
        await bench.consumer.perform_seek()
        messages = await bench.read(10)
        bench.app.topic("out", value_type=bytes).send_soon(key=b"k", value=b"sent")
        for message in messages:
            bench.done(message)
        await turns()
        committing = asyncio.ensure_future(bench.consumer.commit())
        await turns()
        assert bool(bench.log.commits) == (kind != OURS)
        held_up.set()
        await committing
    assert bench.log.committed == {SOURCE: 10}
    assert bench.sink.taken
    await producer.buffer.stop()
