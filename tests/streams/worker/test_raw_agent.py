"""The raw agent over a model of Kafka: what it remembers, sends and commits survives a death anywhere together."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from random import Random
from typing import Any

import pytest
from faust.types import TP
from model_kafka import Crash, Paper, PaperApp, PaperTable
from orjson import loads

from streams.engine.batches import PartitionBatch
from streams.engine.progress import Progress
from streams.engine.records import Record
from streams.feeds.conversion import Conversion
from streams.feeds.linking import Entry, Linked
from streams.kafka.partitioner import home_of
from streams.wire import topics
from streams.worker.agents import Agents
from streams.worker.association_store import AssociationStore
from streams.worker.raw_agent import RawAgent
from streams.worker.settings import WorkerSettings

PARTITIONS = 3


def adapter(raw: bytes, _known: Any) -> Iterator[Conversion]:
    """Read a number, which is the event's id and its stay's."""
    number = raw.decode()
    yield Conversion(
        events=(
            {"type": "injection_given", "event_id": number, "encounter_id": f"S{number}", "source": "emar"},
        )
    )


class Seen:
    """A linker that remembers every event's id under an entry of its own."""

    def restored(self, entries: Iterable[Entry]) -> frozenset[bytes]:
        """Return the ids."""
        return frozenset(name for name, _ in entries)

    def known(self, state: Any) -> dict[str, Any]:  # noqa: ARG002 - the protocol's
        """Return no resources."""
        return {}

    def unlinked(self, state: Any) -> int:  # noqa: ARG002 - the protocol's
        """Return none."""
        return 0

    def link(self, state: Any, conversion: Conversion, at: int) -> Linked:  # noqa: ARG002 - the protocol's
        """Remember it, and send it only the first time, as who knows what was sent does."""
        name = str(conversion.events[0]["event_id"]).encode()
        if name in state:
            return Linked(state, conversion._replace(events=(), ignored="known"))
        return Linked(state | {name}, conversion, {name: b"1"})


async def _only(batch: PartitionBatch) -> AsyncIterator[PartitionBatch]:
    yield batch


class Process:
    """One worker's process."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.app: Any = PaperApp(paper)
        table: Any = PaperTable(paper, topics.ASSOCIATIONS_CHANGELOG)
        self.store = AssociationStore(self.app, table, Seen())
        self.agent = RawAgent(self.app, self.store, {topics.RAW_HL7V2: adapter}, PARTITIONS)
        self.app.consumer.progress.clear()
        self.app.discard_unwritten()
        table.recover({*range(PARTITIONS)})
        self.store.restore({*range(PARTITIONS)})
        for number in range(PARTITIONS):
            tp = TP(topics.RAW_HL7V2, number)
            self.app.consumer.progress[tp] = Progress(paper.committed.get(tp, 0))

    async def work(self, *, dies_in: int | None) -> None:
        """Read all there is, a few records at a time, each followed by a checkpoint; die in the n-th writing."""
        self.app.producer.stop_in = dies_in
        for tp, progress in self.app.consumer.progress.items():
            while progress.next < len(self.paper.logs[tp]):
                batch = PartitionBatch(tp, self.paper.logs[tp][progress.next : progress.next + 4])
                progress.hand_out(batch)
                await self.agent.read(_only(batch))
                made = self.app.checkpoint()
                assert await made.write(self.app.producer, lambda: 9.0, 0.5)
                self.app.written(made)
                if self.app.producer.chance.random() < 0.3 and dies_in is not None:
                    raise Crash
                position = progress.position()
                assert position is not None
                self.paper.committed[tp] = position
                progress.note_committed(position)


@pytest.mark.parametrize("seed", range(30))
def test_a_worker_that_dies_anywhere_loses_nothing(seed: int) -> None:
    """Each event is sent, to the partition of its stay, and what was remembered is what there was."""
    chance = Random(seed)  # noqa: S311 - chance, not secrecy
    paper = Paper(PARTITIONS, 0)
    for number in range(40):
        facility = b"F%d" % (number % 5)
        place = home_of(facility.decode(), PARTITIONS)
        paper.append(TP(topics.RAW_HL7V2, place), Record(facility, b"%d" % number))
    for dies_in in [chance.randrange(12) for _ in range(6)] + [None]:
        process = Process(paper)
        process.app.producer.chance = Random(chance.random())  # noqa: S311 - chance, not secrecy
        try:
            asyncio.run(process.work(dies_in=dies_in))
        except Crash:
            continue
    sent = {}
    for partition in range(PARTITIONS):
        for record in paper.logs[TP(topics.EVENTS, partition)]:
            event = loads(record.value or b"")
            assert home_of(event["encounter_id"], PARTITIONS) == partition
            sent.setdefault(event["event_id"], set()).add(record.value)
    assert sent.keys() == {str(number) for number in range(40)}
    assert all(len(values) == 1 for values in sent.values()), "sent again byte for byte"
    kept = Process(paper).store
    remembered = {
        (facility, name)
        for partition in range(PARTITIONS)
        for facility, names in kept.states(partition).items()
        for name in names
    }
    assert remembered == {(b"F%d" % (number % 5), b"%d" % number) for number in range(40)}


class Quiet:
    """Stays of which one is due whenever it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def partitions_due(self, at: int) -> list[int]:
        """Return the partition."""
        assert at == 100
        return [0]

    def due(self, partition: int, at: int) -> Iterator[bytes]:
        """Yield the stay."""
        assert (partition, at) == (0, 100)
        self.asked += 1
        yield b"S1"

    def expired(self, at: int, before: int) -> list[tuple[int, bytes]]:
        """Return no stay."""
        assert before < at
        return []


async def test_deadlines_wait_for_what_lies_on_raw_topics() -> None:
    """For what was there when it was first asked, however much comes after."""
    paper = Paper(1, 0)
    app: Any = PaperApp(paper)
    stays: Any = Quiet()
    nothing: Any = None
    agents = Agents(app, stays, nothing, WorkerSettings(), 1, lambda: 100.0)
    raw, events = TP(topics.RAW_HL7V2, 0), TP(topics.EVENTS, 0)
    app.consumer.progress.update({raw: Progress(0), events: Progress(0)})
    paper.append(raw, Record(b"F1", b"1"))
    await agents.look()
    assert stays.asked == 0
    app.consumer.progress[raw].next = 1
    paper.append(raw, Record(b"F1", b"2"))
    await agents.look()
    assert stays.asked == 1
    assert [record.key for record in paper.all_of(topics.COMMANDS)] == [b"S1"]
