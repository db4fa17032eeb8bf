"""
How far a group is behind, seen from outside: no member of it has to live, and looking leaves no trace.

A partition's lag in records is its end less the position the group has committed. Its lag in seconds is the age of the
oldest record behind that position, by the record's own timestamp: none when nothing is unread.
"""

from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.kafka.connection import Connection
from streams.kafka.group_coordinator import group_client

_FIRST_UNREAD_WITHIN_S: Final = 5.0
_POLL_MS: Final = 250


class PartitionLag(NamedTuple):
    """One partition as a group stands to it."""

    topic: str
    partition: int
    start: int
    """The oldest offset that is still there."""
    end: int
    """The offset the next record will get."""
    committed: int | None
    """The offset the group reads next; None where it has never read."""
    unread_since_ms: int | None
    """The timestamp of the oldest unread record, in epoch milliseconds; None where none is unread or none was told."""

    @property
    def records(self) -> int:
        """Records not read yet; never negative, and none that retention has already taken."""
        return max(self.end - max(self.committed or 0, self.start), 0)

    @property
    def deleted_unread(self) -> int:
        """Records that retention took before the group had read them."""
        return max(self.start - self.committed, 0) if self.committed is not None else 0

    def seconds(self, now_ms: int) -> float:
        """Return the age of the oldest unread record in seconds, at an instant in epoch milliseconds; never negative."""
        return max(now_ms - self.unread_since_ms, 0) / 1000 if self.unread_since_ms is not None else 0.0


async def group_lag(
    connection: Connection, group: str, topic_partitions: Mapping[str, int]
) -> Sequence[PartitionLag]:
    """
    Return how a group stands to every partition of some topics, by topic and partition.

    ``topic_partitions`` says how many partitions each topic has.

    Raises:
        aiokafka.errors.KafkaError: Kafka cannot be reached or does not answer.
    """
    places = [
        TopicPartition(name, number) for name, count in topic_partitions.items() for number in range(count)
    ]
    if not places:
        return []
    committed = await _committed(connection, group, places)
    consumer = AIOKafkaConsumer(
        **connection.for_aiokafka(), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        starts, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        lags = [
            PartitionLag(tp.topic, tp.partition, starts[tp], ends[tp], committed.get(tp), None)
            for tp in places
        ]
        since = await _first_unread(consumer, [lag for lag in lags if lag.records])
    finally:
        await consumer.stop()
    return [lag._replace(unread_since_ms=since.get(TopicPartition(lag.topic, lag.partition))) for lag in lags]


async def _committed(
    connection: Connection, group: str, places: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    async with group_client(connection, group) as (client, coordinator):
        told = await client.list_consumer_group_offsets(group, coordinator, list(places))
    return {tp: one.offset for tp, one in told.items() if one.offset >= 0}


async def _first_unread(consumer: Any, behind: Iterable[PartitionLag]) -> dict[TopicPartition, int]:
    """Return the timestamp of the first unread record of each partition that is behind."""
    waiting = {TopicPartition(lag.topic, lag.partition): max(lag.committed or 0, lag.start) for lag in behind}
    since: dict[TopicPartition, int] = {}
    if not waiting:
        return since
    consumer.assign([*waiting])
    for tp, offset in waiting.items():
        consumer.seek(tp, offset)
    give_up_at = monotonic() + _FIRST_UNREAD_WITHIN_S
    while waiting and monotonic() < give_up_at:
        for tp, records in (await consumer.getmany(*waiting, timeout_ms=_POLL_MS, max_records=1)).items():
            since[tp] = records[0].timestamp
            del waiting[tp]
            consumer.pause(tp)
    return since
