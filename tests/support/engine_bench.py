"""
A Faust app on a bench: its real consumer and producer, with a log in memory where the threads and sockets would be.

What takes a race on a live system is made by hand here: who answers when is the test's decision.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from math import inf
from typing import Any, NamedTuple

import faust
from faust.types import TP

from streams.engine.app import CheckpointApp

STOCK, OURS = "stock", "ours"
KINDS = (STOCK, OURS)
CHANGELOG = TP("bench-kept-changelog", 0)


class Record(NamedTuple):
    """A record as the driver hands it out."""

    topic: str
    partition: int
    offset: int
    key: bytes = b"k"
    value: bytes | None = b"v"
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 0
    timestamp_type: int = 0
    checksum: None = None
    serialized_key_size: int = 1
    serialized_value_size: int = 1


class Log:
    """Stands where the consumer's thread stands: partitions, where reading goes on, and what was committed."""

    def __init__(self, partitions: Mapping[TP, list[int]], at_a_time: int = 500) -> None:
        self.records = {tp: [Record(*tp, offset) for offset in held] for tp, held in partitions.items()}
        self.positions = dict.fromkeys(partitions, 0)
        self.earliest = {tp: held[0] if held else 0 for tp, held in partitions.items()}
        self.committed: dict[TP, int] = {}
        self.commits: list[dict[TP, int]] = []
        self.at_a_time = at_a_time
        self.confirmed_at = inf
        self.during_seek: Callable[[], Any] | None = None
        self.answering = asyncio.Event()
        self.answering.set()

    def assignment(self) -> set[TP]:
        """Return the partitions."""
        return set(self.records)

    def highwater(self, tp: TP) -> int:
        """Return the offset after the last record."""
        return self.records[tp][-1].offset + 1 if self.records[tp] else self.earliest[tp]

    def readable_ends(self) -> dict[TP, int]:
        """Return what ``highwater`` does of all partitions."""
        return {tp: self.highwater(tp) for tp in self.records}

    async def getmany(self, active: set[TP], timeout: float) -> dict[TP, list[Record]]:  # noqa: ARG002, ASYNC109 -- the thread's signature
        """Return what lies at the positions, and move on."""
        found: dict[TP, list[Record]] = {}
        for tp in active:
            there = [record for record in self.records[tp] if record.offset >= self.positions[tp]]
            if taken := there[: self.at_a_time]:
                found[tp] = taken
                self.positions[tp] = taken[-1].offset + 1
        await (self.answering.wait() if found else asyncio.sleep(0.002))
        return found

    async def seek_to_committed(self) -> dict[TP, int | None]:
        """Seek where something was committed, after whatever the test lets happen in the round trip."""
        if self.during_seek is not None:
            await self.during_seek()
        self.positions.update(self.committed)
        self.answering.set()
        return {tp: self.committed.get(tp) for tp in self.records}

    async def seek_wait(self, positions: Mapping[TP, int]) -> None:
        """Seek; a place before the first record is moved up to it, as the driver does when it is out of range."""
        for tp, offset in positions.items():
            self.positions[tp] = max(offset, self.earliest[tp])

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        """Return the first offset that is still there."""
        return {tp: self.earliest[tp] for tp in tps}

    async def highwaters(self, *tps: TP) -> dict[TP, int]:
        """Return the offset after the last record."""
        return {tp: self.highwater(tp) for tp in tps}

    async def begin_watching(self) -> None:
        """Find nothing wrong: a log in memory stays what it is."""

    async def noted_changelogs(self) -> dict[TP, int]:
        """Return what was noted beside positions: nothing."""
        return {}

    async def log_ends(self, tps: Iterable[TP]) -> dict[TP, int]:
        """Return the offset after the last record, readable or not."""
        return {tp: self.highwater(tp) for tp in tps}

    async def rest(self, partitions: Mapping[TP, int]) -> None:
        """Fetch nothing more from these."""
        for tp, position in partitions.items():
            self.positions[tp] = position

    async def wake(self, partitions: Iterable[TP]) -> None:
        """Fetch from these again: a log in memory never stopped."""

    def park(self, milliseconds: int) -> None:
        """Wait as long as that for something to come: a log in memory does not wait."""

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        """Take a commit."""
        self.committed.update(offsets)
        self.commits.append(dict(offsets))
        return True


class Sink:
    """Stands where the driver's producer stands; ``refused`` makes it fail, ``open`` lets it answer."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes | None, bytes | None]] = []
        self.refused: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def send(
        self, topic: str, value: bytes | None, key: bytes | None = None, **_: Any
    ) -> "asyncio.Future[Any]":
        """Take a record, and answer when the sink is open."""
        return asyncio.ensure_future(self._answer(topic, key, value))

    async def _answer(self, topic: str, key: bytes | None, value: bytes | None) -> Any:
        await self.open.wait()
        if self.refused is not None:
            raise self.refused
        self.taken.append((topic, key, value))

    async def flush(self) -> None:
        """Do nothing: the sink has no buffer."""


class Bench:
    """One app of either kind, whose consumer reads a log."""

    def __init__(self, kind: str, log: Log) -> None:
        self.kind, self.log = kind, log
        self.errors: list[BaseException] = []
        settings: dict[str, Any] = {
            "broker": "kafka://127.0.0.1:9", "store": "memory://", "value_serializer": "raw", "topic_partitions": 4,
            "topic_disable_leader": True, "topic_allow_declare": False, "broker_session_timeout": 6.0,
        }  # fmt: skip
        self.app: Any
        if kind == OURS:
            self.app = CheckpointApp("bench", on_fatal=self.errors.append, **settings)
        else:
            self.app = faust.App("bench", **settings)
        self.table = self.app.Table("kept", key_type=bytes, value_type=bytes, partitions=4)
        self.app.topics.acks_enabled_for = lambda topic: topic != CHANGELOG.topic
        self.consumer: Any = self.app.consumer
        self.consumer._thread.thread_loop.close()  # noqa: SLF001 -- the log takes the thread's place
        self.consumer._thread = log  # noqa: SLF001 -- as above
        self.consumer._set_active_tps(log.assignment())  # noqa: SLF001 -- what an assignment does
        self.sink = Sink()
        self.app.producer._producer = self.sink  # noqa: SLF001 -- the sink takes the driver's place
        self.app.maybe_start_producer = self._producer
        self.queue = self.app.FlowControlQueue(maxsize=1_000, clear_on_resume=True)
        self.consumer.callback = self._take
        self.app.consumer_generation_id = 1

    async def _producer(self) -> Any:
        return self.app.producer

    async def _take(self, message: Any) -> None:
        await self.app.flow_control.acquire()
        self.consumer.track_message(message)
        await self.queue.put(message)

    def deal(self) -> None:
        """Give this worker the table's partitions that belong to those of the log, as the group's leader would."""
        recovery = self.app.tables.recovery
        for partition in {tp.partition for tp in self.log.records}:
            recovery.active_tps.add(TP(self.table.changelog_topic_name, partition))

    def resume(self) -> None:
        """Let records flow."""
        self.app.flow_control.resume()
        self.consumer.resume_flow()

    def offsets(self, message: Any) -> list[int]:
        """Return what an agent gets with this message."""
        return [record.offset for record in message.value.records] if self.kind == OURS else [message.offset]

    def done(self, message: Any) -> None:
        """Say that an agent is done with a message."""
        if self.kind == OURS:
            message.value.finish()
        self.consumer.ack(message)

    async def read(self, count: int) -> list[Any]:
        """Return messages with so many records."""
        found: list[Any] = []
        while sum(len(self.offsets(message)) for message in found) < count:
            found.append(await self.queue.get())
        return found

    @asynccontextmanager
    async def draining(self) -> AsyncIterator[None]:
        """Let the consumer fetch in the background."""
        task = asyncio.ensure_future(self.consumer._drain_messages(faust.Service()))  # noqa: SLF001 -- what the fetcher runs
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def turns(count: int = 50) -> None:
    """Let every other task have its turn so many times."""
    for _ in range(count):
        await asyncio.sleep(0)
