"""Every event there is, as a file that ``infusion publish`` takes: for topics that are to have more partitions."""

from contextlib import aclosing
from typing import BinaryIO

from streams.kafka.connection import Connection
from streams.kafka.topic_reader import whole_topic
from streams.wire import topics
from streams.wire.event_json import as_line


async def save_events(connection: Connection, out: BinaryIO) -> int:
    """
    Write every record of the events topic as one line, those of a stay in their order, and return how many.

    What is no event is written too, and refused again by whoever reads it. Records without a value are left out.

    Raises:
        MissingTopicError: there is no events topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
        OSError: it cannot be written.
    """
    count = 0
    async with aclosing(whole_topic(connection, topics.EVENTS)) as records:
        async for record in records:
            if record.value:
                out.write(as_line(record.value) + b"\n")
                count += 1
    out.flush()
    return count
