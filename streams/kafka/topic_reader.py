"""Reading a topic from its beginning to where it ends now, without a group, which leaves no trace."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

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
    consumer = AIOKafkaConsumer(
        **connection.for_aiokafka(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=topic_named(name).max_message_bytes,
    )
    try:
        await consumer.start()
        yield consumer, [TopicPartition(name, partition) for partition in range(topic.partitions)]
    finally:
        await consumer.stop()


async def whole_topic(connection: Connection, name: str) -> AsyncGenerator[Any, None]:
    """
    Yield every record there is of a topic, each partition in the order of its offsets.

    Raises:
        MissingTopicError: there is no such topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    async with topic_consumer(connection, name) as (consumer, places):
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        empty_polls = 0
        while any([await consumer.position(place) < ends[place] for place in places]):
            fetched = await consumer.getmany(*places, timeout_ms=_POLL_TIMEOUT_MS)
            empty_polls = 0 if fetched else empty_polls + 1
            if empty_polls > _MAX_EMPTY_POLLS:
                raise KafkaTimeoutError
            for place, records in fetched.items():
                for record in records:
                    if record.offset < ends[place]:
                        yield record
