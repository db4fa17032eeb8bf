"""
A model of Kafka: topics as lists, offsets as numbers, and writes that stop where a schedule says.

The engine's own checkpoint (``streams.engine``) writes to it; only what stands for the network is ours.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from faust.types import TP

from streams.engine.app import CheckpointApp
from streams.engine.progress import Progress
from streams.engine.records import PartitionRecords, Record
from streams.engine.vitals import Vitals


class Crash(Exception):  # noqa: N818 - it is no error: it is what was asked for
    """The process is gone: nothing after this line happened."""


class Rec(NamedTuple):
    """One record as Kafka keeps it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Paper:
    """The broker: what lies in each partition, and how far the group has got. ``now`` is epoch seconds."""

    def __init__(self, partitions: int, now: int) -> None:
        self.partitions = partitions
        self.now = now
        self.logs: defaultdict[TP, list[Rec]] = defaultdict(list)
        self.committed: dict[TP, int] = {}

    def append(self, tp: TP, record: Record) -> int:
        """Write a record behind all others and return its offset."""
        log = self.logs[tp]
        log.append(Rec(len(log), *record))
        return len(log) - 1

    def all_of(self, topic: str) -> list[Rec]:
        """Return the records of a topic, partition by partition."""
        return [rec for number in range(self.partitions) for rec in self.logs[TP(topic, number)]]

    def newest(self, topic: str) -> dict[bytes, bytes | None]:
        """Return what compaction would leave of a topic."""
        return {rec.key: rec.value for rec in self.all_of(topic) if rec.key is not None}


class PaperTable:
    """A table that is a dict a partition, brought back from its changelog."""

    def __init__(self, paper: Paper, name: str) -> None:
        self.changelog_topic_name = name
        self._paper = paper
        self._data: dict[int, dict[bytes, bytes]] = {}

    def recover(self, partitions: set[int]) -> None:
        """Forget everything and read the changelog of these partitions."""
        self._data = {number: {} for number in partitions}
        for number in partitions:
            for rec in self._paper.logs[TP(self.changelog_topic_name, number)]:
                self._apply(number, rec.key, rec.value)

    def remember(self, partition: int, records: list[Record], first: int) -> None:
        """Take over what lies in the changelog from an offset on."""
        log = self._paper.logs[TP(self.changelog_topic_name, partition)]
        assert [(rec.key, rec.value) for rec in log[first : first + len(records)]] == [
            (record.key, record.value) for record in records
        ]
        for record in records:
            self._apply(partition, record.key, record.value)

    def _apply(self, partition: int, key: bytes | None, value: bytes | None) -> None:
        assert key is not None
        if value is None:
            self._data[partition].pop(key, None)
        else:
            self._data[partition][key] = value

    def read(self, partition: int, key: bytes) -> bytes | None:
        """Return what lies under a key."""
        return self._data[partition].get(key)

    def items_of(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield everything in a partition, in the order of the keys."""
        yield from sorted(self._data[partition].items())

    def all_keys(self) -> set[bytes]:
        """Return every key of every partition."""
        return {key for kept in self._data.values() for key in kept}


class PaperProducer:
    """Writes at once; ``stop_in`` is the delivery in which the process dies, having written a part of each partition."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self.stop_in: int | None = None
        self.delivered = 0
        self.chance = Random(0)  # noqa: S311 - chance, not secrecy
        self.meanwhile: Callable[[], None] | None = None
        """What the worker's other tasks do while it waits for the broker."""

    async def deliver(self, groups: Sequence[PartitionRecords]) -> list[int]:
        """Write all partitions, or die in the middle of it."""
        if self.stop_in is not None:
            self.stop_in -= 1
            if self.stop_in < 0:
                for group in groups:
                    self._write(group, self.chance.randint(0, len(group.records)))
                raise Crash
        offsets = [self._write(group, len(group.records)) for group in groups]
        self.delivered += 1
        if self.meanwhile is not None:
            self.meanwhile()
        return offsets

    def _write(self, group: PartitionRecords, most: int) -> int:
        first = len(self._paper.logs[TP(group.topic, group.partition)])
        for record in group.records[:most]:
            self._paper.append(TP(group.topic, group.partition), record)
        return first


class PaperConsumer:
    """Where each partition stands; the rest of the engine's consumer is about the network."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self.progress: dict[TP, Progress] = {}

    def highwater(self, tp: TP) -> int:
        """Return the offset of the record to come."""
        return len(self._paper.logs[tp])


class PaperApp:
    """The part of ``CheckpointApp`` that agents and checkpoints see, with its own code and without Faust's."""

    def __init__(self, paper: Paper) -> None:
        self._states: dict[Any, Any] = {}
        self._messages: list[Any] = []
        self._membership = 0
        self._writing: Any = None
        self._on_revoked: list[Callable[[], None]] = []
        self.vitals = Vitals()
        self.producer = PaperProducer(paper)
        self.consumer = PaperConsumer(paper)

    put = CheckpointApp.put
    send_at_checkpoint = CheckpointApp.send_at_checkpoint
    checkpoint = CheckpointApp.checkpoint
    unwritten = CheckpointApp.unwritten
    written = CheckpointApp.written
    requeue = CheckpointApp.requeue
    when_revoked = CheckpointApp.when_revoked
    discard_unwritten = CheckpointApp.discard_unwritten

    def wake(self) -> None:
        """Do nothing: the schedule says when a checkpoint is written."""

    def fatal(self, error: BaseException) -> None:
        """Let a fault of ours fail the test, and a crash be one."""
        raise error
