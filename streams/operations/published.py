"""What the worker has published of each stay: the newest value of every key of a topic, and what comes after."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition

from streams.kafka.connection import Connection
from streams.kafka.topic_reader import records_between, topic_consumer

_POLL_MS: Final = 500

Positions = dict[TopicPartition, int]
"""The offset of the next record to read, by partition."""


class Published(NamedTuple):
    """One record of a compacted topic: what stands for a stay now, or with no value, that nothing does any more."""

    topic: str
    encounter_id: str
    value: bytes | None
    at: int
    """When the broker stored it, in epoch milliseconds."""


async def newest(connection: Connection, topic: str) -> tuple[dict[str, Published], Positions]:
    """
    Return what stands for each stay now, tombstones left out, and the positions to follow on from.

    Raises:
        MissingTopicError: there is no such topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    stays: dict[str, Published] = {}
    async with topic_consumer(connection, topic) as (consumer, partitions):
        starts = await consumer.beginning_offsets(partitions)
        ends = dict(await consumer.end_offsets(partitions))
        async with aclosing(records_between(consumer, starts, ends)) as records:
            async for record in records:
                one = _published(record)
                if one.value is None:
                    stays.pop(one.encounter_id, None)
                else:
                    stays[one.encounter_id] = one
    return stays, ends


async def follow(
    connection: Connection, positions: Mapping[TopicPartition, int]
) -> AsyncGenerator[Published, None]:
    """
    Yield what is published from these positions on, of all their topics, tombstones too, for as long as it is asked.

    Raises:
        MissingTopicError: there is no such topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached.
    """
    async with topic_consumer(connection, next(iter(positions)).topic) as (consumer, _):
        consumer.assign([*positions])
        for partition, offset in positions.items():
            consumer.seek(partition, offset)
        while True:
            for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                for record in records:
                    yield _published(record)


def _published(record: Any) -> Published:
    return Published(
        record.topic, (record.key or b"").decode(errors="replace"), record.value, record.timestamp
    )
