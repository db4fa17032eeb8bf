"""Parcels and their delivery: what goes to one partition goes in order, in batches a broker takes, and is acknowledged."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import InvalidTopicError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from engine_bench import OURS, Bench, Log
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.producer import SendError
from streams.engine.records import PartitionRecords, Record, grouped_by_partition

PARTITIONS = st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 2))


@given(st.lists(st.tuples(PARTITIONS, st.binary(max_size=3))))
def test_groups_hold_everything_once_and_keep_the_order_of_a_partition(
    sent: list[tuple[tuple[str, int], bytes]],
) -> None:
    """No two partitions go to one partition: they are shipped side by side."""
    made = grouped_by_partition((*place, Record(b"k", value)) for place, value in sent)
    places = [(group.topic, group.partition) for group in made]
    assert len(places) == len(set(places))
    for group in made:
        wanted = [value for place, value in sent if place == (group.topic, group.partition)]
        assert [record.value for record in group.records] == wanted
    assert sum(len(group.records) for group in made) == len(sent)


class Shelf:
    """Stands where the driver's producer stands: takes batches, and answers with their offsets."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, int, list[tuple[bytes | None, bytes | None]]]] = []
        self.ends: dict[tuple[str, int], int] = {}
        self.refused: dict[str, Exception] = {}

    def create_batch(self) -> BatchBuilder:
        """Return a batch of the driver's, as large as the worker sets it."""
        return BatchBuilder(1 << 20, 0)

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        """Take a batch, and give what will hold its offset."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if topic in self.refused:
            answer.set_exception(self.refused[topic])
            return answer
        batch._build()  # noqa: SLF001 -- what the driver does before it sends
        records = MemoryRecords(bytes(batch._buffer))  # noqa: SLF001 -- as above
        held = [(record.key, record.value) for record in records.next_batch()]
        first = self.ends.get((topic, partition), 100)
        self.ends[topic, partition] = first + len(held)
        self.batches.append((topic, partition, held))
        answer.set_result(type("Answer", (), {"offset": first}))
        return answer


def shelf() -> tuple[Any, Shelf]:
    """Return our producer and the shelf it delivers to."""
    bench = Bench(OURS, Log({}))
    taken = Shelf()
    bench.app.producer._producer = taken  # noqa: SLF001 -- the shelf takes the driver's place
    return bench.app.producer, taken


async def test_a_partition_is_one_batch_when_it_fits() -> None:
    """And the offset of its first record is told."""
    producer, taken = shelf()
    records = [Record(b"%d" % number, b"v") for number in range(3)]
    assert await producer.deliver([PartitionRecords("log", 2, records)]) == [100]
    assert taken.batches == [("log", 2, [(b"0", b"v"), (b"1", b"v"), (b"2", b"v")])]


async def test_what_does_not_fit_one_batch_is_split_in_order() -> None:
    """A broker refuses a batch above its limit, a megabyte unless it is told otherwise."""
    producer, taken = shelf()
    records = [Record(b"%d" % number, bytes(400_000)) for number in range(7)]
    assert await producer.deliver([PartitionRecords("log", 0, records)]) == [100]
    assert [len(held) for _, _, held in taken.batches] == [2, 2, 2, 1]
    assert [key for _, _, held in taken.batches for key, _ in held] == [b"%d" % number for number in range(7)]


async def test_a_message_of_ten_megabytes_goes_through_alone() -> None:
    """Nothing is taken down with it, and nothing before or after it is lost."""
    producer, taken = shelf()
    large = bytes(10 << 20)
    records = [Record(b"before", b"v"), Record(b"large", large), Record(b"after", b"v")]
    await producer.deliver([PartitionRecords("log", 0, records)])
    assert [[key for key, _ in held] for _, _, held in taken.batches] == [[b"before"], [b"large"], [b"after"]]
    assert taken.batches[1][2] == [(b"large", large)]


@pytest.mark.parametrize("count", [1, 2, 5_000, 12_000])
async def test_many_small_records_are_all_there_in_order(count: int) -> None:
    """The driver may call a batch full before we do: the record it would not take opens the next."""
    producer, taken = shelf()
    headers = (("content-type", b"application/json"),) * 4
    records = [Record(b"%d" % number, b"", headers) for number in range(count)]
    await producer.deliver([PartitionRecords("log", 0, records)])
    assert [key for _, _, held in taken.batches for key, _ in held] == [
        b"%d" % number for number in range(count)
    ]


async def test_tombstones_are_delivered_as_such() -> None:
    """No value is not an empty value."""
    producer, taken = shelf()
    await producer.deliver([PartitionRecords("log", 0, [Record(b"gone", None), Record(b"empty", b"")])])
    assert taken.batches[0][2] == [(b"gone", None), (b"empty", b"")]


async def test_one_refused_partition_fails_the_delivery_and_every_later_one() -> None:
    """The error names the topic and the driver's error, never a record; nothing is committed after it."""
    producer, taken = shelf()
    taken.refused["bad"] = InvalidTopicError()
    with pytest.raises(
        SendError, match=r"^records for bad, partition 0, were not written: InvalidTopicError$"
    ):
        await producer.deliver(
            [
                PartitionRecords("good", 0, [Record(b"k", b"v")]),
                PartitionRecords("bad", 0, [Record(b"k", b"v")]),
            ]
        )
    with pytest.raises(SendError):
        await producer.deliver([PartitionRecords("good", 0, [Record(b"k", b"v")])])
    with pytest.raises(SendError):
        await producer.flush()
    assert len(taken.batches) == 1
