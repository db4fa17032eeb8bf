"""Reading a topic from its beginning to where it ends now, without a group, which leaves no trace."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.fetching.client import reading_client
from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.kafka.publisher import MissingTopicError
from streams.wire.topics import topic as topic_named

_POLL_TIMEOUT_MS: Final = 1_000
_MAX_EMPTY_POLLS: Final = 30
"""Empty polls, of a second each, after which a broker that sends nothing is taken for gone."""


@asynccontextmanager
async def topic_consumer(
    connection: Connection, name: str
) -> AsyncIterator[tuple[Any, list[TopicPartition]]]:
    """
    Give a consumer of no group, and the partitions of a topic, none of which is assigned to it yet.

    Raises:
        MissingTopicError: there is no such topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached.
    """
    topic = (await broker_topics(connection)).get(name)
    if topic is None:
        message = f"Kafka at {connection.named()} has no topic {name}; create the topics first: infusion topics --create"
        raise MissingTopicError(message)
    consumer = reading_client(
        **connection.for_aiokafka(), max_partition_fetch_bytes=topic_named(name).max_message_bytes
    )
    try:
        await consumer.start()
        yield consumer, [TopicPartition(name, number) for number in range(topic.partitions)]
    finally:
        await consumer.stop()


async def whole_topic(connection: Connection, name: str) -> AsyncGenerator[Any, None]:
    """
    Yield every record there is of a topic, each partition in the order of its offsets.

    Raises:
        MissingTopicError: there is no such topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    async with topic_consumer(connection, name) as (consumer, partitions):
        starts = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        async with aclosing(records_between(consumer, starts, ends)) as records:
            async for record in records:
                yield record


async def records_between(
    consumer: Any, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> AsyncGenerator[Any, None]:
    """
    Yield the records of these partitions from ``starts`` up to, but not including, ``ends``, each in order of offsets.

    Damaged ones that are moved past are left out.

    Assigns the partitions to the consumer.

    Raises:
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    consumer.assign([*starts])
    for partition, offset in starts.items():
        consumer.seek(partition, offset)
    # Positions count, not records: a partition may end with the marker of a transaction, or with an aborted one.
    empty_polls, reached = 0, await _positions(consumer, starts)
    while any(reached[partition] < ends[partition] for partition in starts):
        before = reached
        fetched = await consumer.getmany(*starts, timeout_ms=_POLL_TIMEOUT_MS)
        reached = await _positions(consumer, starts)
        empty_polls = 0 if fetched or reached != before else empty_polls + 1
        if empty_polls > _MAX_EMPTY_POLLS:
            raise KafkaTimeoutError
        for partition, records in fetched.items():
            for record in records:
                if record.offset < ends[partition] and getattr(record, "fault", "") != "damaged":
                    yield record


async def _positions(consumer: Any, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    return {partition: await consumer.position(partition) for partition in partitions}
