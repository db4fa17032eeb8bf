"""What the worker charged and what billing systems said to it, from Kafka: three topics, each to where it ends now."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from streams.kafka.connection import Connection
from streams.kafka.topic_reader import whole_topic
from streams.operations.published import newest
from streams.wire.topics import CHARGE_LINES, CHARGES, DELIVERIES


async def billed_records(connection: Connection) -> AsyncGenerator[tuple[bytes, bytes, int | None], None]:
    """
    Yield deliveries, charge lines and the newest charge set of each stay: the stay, the value, and when it was stored.

    The instant, in epoch milliseconds, is that of a charge set; None of the others.
    Deliveries are read first and charge sets last: what is decided meanwhile is seen as not taken yet, never as extra.

    Raises:
        MissingTopicError: there is no such topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    for topic in (DELIVERIES, CHARGE_LINES):
        async with aclosing(whole_topic(connection, topic)) as records:
            async for record in records:
                if record.value is not None:
                    yield record.key or b"", record.value, None
    for name, one in (await newest(connection, CHARGES))[0].items():
        yield name.encode(), one.value or b"", one.at
