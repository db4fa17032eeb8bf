"""A topic read as far as it goes, and a little further each time somebody looks again."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Final

from aiokafka import TopicPartition

from streams.kafka.connection import Connection
from streams.kafka.topic_reader import records_between, topic_consumer


class TopicView:
    """Hands every record of a topic on once, in order of offsets within a partition; ``tail`` skips all but the newest."""

    def __init__(self, topic: str, take: Callable[[Any], None], *, tail: int | None = None) -> None:
        self.topic: Final = topic
        self._take = take
        self._tail = tail
        self._positions: dict[TopicPartition, int] = {}

    async def update(self, connection: Connection) -> None:
        """
        Hand on what has come since the last time.

        Raises:
            MissingTopicError: there is no such topic.
            aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
        """
        async with topic_consumer(connection, self.topic) as (consumer, partitions):
            starts, ends = (
                await consumer.beginning_offsets(partitions),
                await consumer.end_offsets(partitions),
            )
            for tp in partitions:
                first = starts[tp] if self._tail is None else max(starts[tp], ends[tp] - self._tail)
                starts[tp] = max(first, self._positions.get(tp, 0))
            async with aclosing(records_between(consumer, starts, ends)) as records:
                async for record in records:
                    self._take(record)
            self._positions = dict(ends)
