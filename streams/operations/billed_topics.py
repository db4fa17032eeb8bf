"""What the worker charged and what billing systems said to it, from Kafka: three topics, each to where it ends now."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from streams.kafka.connection import Connection
from streams.kafka.topic_reader import whole_topic
from streams.operations.published import newest
from streams.wire.topics import CHARGE_LINES, CHARGES, DELIVERIES


async def billed_records(connection: Connection) -> AsyncGenerator[tuple[int, bytes, bytes], None]:
    """
    Yield the newest charge set of each stay, every charge line and every delivery: a running number, the stay, the value.

    Deliveries are read first and charge sets last: what is decided meanwhile is seen as not taken yet, never as extra.

    Raises:
        MissingTopicError: there is no such topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    number = 0
    for topic in (DELIVERIES, CHARGE_LINES):
        async with aclosing(whole_topic(connection, topic)) as records:
            async for record in records:
                if record.value is not None:
                    number += 1
                    yield number, record.key or b"", record.value
    for name, one in (await newest(connection, CHARGES))[0].items():
        number += 1
        yield number, name.encode(), one.value or b""
