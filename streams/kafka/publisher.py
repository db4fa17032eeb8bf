"""
The publisher: it sends messages in order, none twice, and counts one only when the broker has it.

Memory holds only what is on its way: sending waits when the broker does not keep up.
"""

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any, Final, Self

from aiokafka import AIOKafkaProducer

from streams.kafka.connection import Connection
from streams.kafka.pace import AtOnce, Pace
from streams.wire.message import OutboundMessage
from streams.wire.topics import topic as topic_named

_LINGER_MS: Final = 10
_BATCH_BYTES: Final = 1 << 18
_TIMEOUT_MS: Final = 60_000
"""How long a message may take to arrive: longer than a partition usually is without a leader."""

_CLOSE_TIMEOUT_S: Final = 10.0
"""Seconds that messages on their way get to arrive when sending is broken off."""

_HEADROOM: Final = 1 << 16
_SHORTEST_SLEEP_S: Final = 0.002
"""Seconds too short to sleep: a clock ticks no finer, and events due within are sent together."""


class MissingTopicError(RuntimeError):
    """The topic is not there; a producer that does not ask first lets the broker create it, with one partition."""


def largest_value(topic: str) -> int:
    """Return the bytes a value may have, so that it fits a topic of ours with its key and headers."""
    return topic_named(topic).max_message_bytes - _HEADROOM


class Publisher:
    """
    Sends messages to topics; made by ``connected``, and to be closed.

    ``arrived`` counts what the broker has acknowledged.
    """

    def __init__(self, producer: Any, pace: Pace) -> None:
        self.arrived = 0
        self._producer: Final = producer
        self._pace: Final = pace
        self._failed: BaseException | None = None

    @classmethod
    async def connected(
        cls, connection: Connection, topics: Collection[str], pace: Pace | None = None
    ) -> Self:
        """
        Return a publisher for these topics.

        Raises:
            MissingTopicError: one of them is not there.
            aiokafka.errors.KafkaError: Kafka cannot be reached.
        """
        producer = AIOKafkaProducer(
            **connection.for_aiokafka(),
            enable_idempotence=True,
            acks="all",
            linger_ms=_LINGER_MS,
            max_batch_size=_BATCH_BYTES,
            max_request_size=max((topic_named(name).max_message_bytes for name in topics), default=_HEADROOM),
            request_timeout_ms=_TIMEOUT_MS,
        )
        try:
            await producer.start()
            await _require(producer, connection, topics)
        except BaseException:
            await producer.stop()
            raise
        return cls(producer, pace or AtOnce())

    async def send(self, messages: Iterable[OutboundMessage]) -> None:
        """
        Send messages in their order, each when its turn comes; returns when they are on their way.

        Raises:
            aiokafka.errors.KafkaError: the broker refused this one or an earlier one, or does not answer.
        """
        clock = asyncio.get_running_loop().time
        for message in messages:
            if (early := self._pace.wait(message.at, clock())) > _SHORTEST_SLEEP_S:
                await asyncio.sleep(early)
            await self.begin(message)

    async def begin(self, message: OutboundMessage) -> "asyncio.Future[Any]":
        """
        Send one message at once, and return what will be the broker's answer: its topic, partition and offset.

        Raises:
            aiokafka.errors.KafkaError: the broker refused an earlier one, or does not answer.
        """
        self._raise_failure()
        on_its_way: asyncio.Future[Any] = await self._producer.send(
            message.topic, value=message.value, key=message.key, headers=[*message.headers]
        )
        on_its_way.add_done_callback(self._note_answer)
        return on_its_way

    async def arrive(self) -> None:
        """
        Return when all that was sent has arrived.

        Raises:
            aiokafka.errors.KafkaError: something did not.
        """
        await self._producer.flush()
        await asyncio.sleep(0)  # the callbacks of the last answers
        self._raise_failure()

    async def close(self) -> None:
        """Close the connection; what is on its way gets a few seconds to arrive."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._producer.flush(), _CLOSE_TIMEOUT_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._producer.stop(), _CLOSE_TIMEOUT_S)

    def _note_answer(self, on_its_way: "asyncio.Future[Any]") -> None:
        error = None if on_its_way.cancelled() else on_its_way.exception()
        if error is None:
            self.arrived += 1
        elif self._failed is None:  # the first one is the cause of the others
            self._failed = error

    def _raise_failure(self) -> None:
        if self._failed is not None:
            raise self._failed


async def _require(producer: Any, connection: Connection, topics: Collection[str]) -> None:
    # All topics, without naming one: naming it creates it on brokers that are set up that way.
    existing = (await producer.client.fetch_all_metadata()).topics()
    if missing := sorted(set(topics) - existing):
        message = (
            f"Kafka at {connection.named()} has no topic {missing[0]}; "
            "create the topics first: infusion topics --create"
        )
        raise MissingTopicError(message)
