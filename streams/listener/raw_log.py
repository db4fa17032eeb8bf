"""
What came in through the door, written to Kafka: each message is stored, or not yet, within a bounded time.

The producer is not idempotent on purpose: an idempotent one tries for ever, and what it holds would be in memory for
ever. Whatever is written twice gives the same events, and those count once.
"""

import asyncio
from functools import partial
from typing import Any, Final, Protocol, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from streams.kafka.connection import Connection
from streams.listener.acknowledgement import Outcome
from streams.listener.byte_budget import ByteBudget
from streams.wire import topics
from streams.wire.message import OutboundMessage

_BATCH_BYTES: Final = 1 << 20
_STOP_S: Final = 10.0
_RETRY_MS: Final = 50


class Log(Protocol):
    """Where messages are kept before anybody is told that they are."""

    async def write(self, message: OutboundMessage) -> "asyncio.Future[Outcome]":
        """Return, once a message has its place in the order of its partition, what will become of it."""


class RawLog:
    """Writes to Kafka with acks=all; ``wait_s`` is how long an answer is waited for, ``most`` how many bytes wait."""

    def __init__(self, producer: Any, wait_s: float, most: int) -> None:
        self._producer, self._wait_s = producer, wait_s
        self.budget: Final = ByteBudget(most)

    @classmethod
    async def connected(cls, connection: Connection, wait_s: float, most: int) -> Self:
        """
        Return a log on this Kafka.

        Raises:
            aiokafka.errors.KafkaError: Kafka cannot be reached.
        """
        producer = AIOKafkaProducer(
            **connection.for_aiokafka(),
            acks="all",
            linger_ms=0,  # what comes while a request is under way goes with the next one
            max_batch_size=_BATCH_BYTES,
            max_request_size=topics.topic(topics.REJECTS).max_message_bytes,
            request_timeout_ms=max(1000, round(wait_s * 1000)),
            retry_backoff_ms=_RETRY_MS,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return cls(producer, wait_s, most)

    async def write(self, message: OutboundMessage) -> "asyncio.Future[Outcome]":
        """Return, once a message has its place in the order of its partition, what will become of it."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome] = loop.create_future()
        until, size = loop.time() + self._wait_s, len(message.value or b"")
        taken = False
        try:
            async with asyncio.timeout_at(until):
                await self.budget.take(size)
                taken = True
                on_its_way = await self._producer.send(
                    message.topic, value=message.value, key=message.key, headers=[*message.headers]
                )
        except (TimeoutError, KafkaError) as error:
            if taken:
                self.budget.give_back(size)
            answer.set_result(_outcome_of(error))
            return answer
        except BaseException:
            if taken:
                self.budget.give_back(size)
            raise
        give_up = loop.call_at(until, partial(_settle, answer, "later"))
        on_its_way.add_done_callback(partial(self._arrived, answer, size, give_up))
        return answer

    def _arrived(
        self, answer: "asyncio.Future[Outcome]", size: int, give_up: asyncio.TimerHandle,
        on_its_way: "asyncio.Future[Any]",
    ) -> None:  # fmt: skip
        """Take in what became of a message, which is in memory until now, whatever its sender was told."""
        self.budget.give_back(size)
        give_up.cancel()
        if on_its_way.cancelled():
            _settle(answer, "later")
        else:
            error = on_its_way.exception()
            _settle(answer, "stored" if error is None else _outcome_of(error))

    async def close(self) -> None:
        """Close the connection; what is on its way gets a few seconds to arrive."""
        try:
            async with asyncio.timeout(_STOP_S):
                await self._producer.stop()
        except TimeoutError:
            return


def _settle(answer: "asyncio.Future[Outcome]", outcome: Outcome) -> None:
    if not answer.done():
        answer.set_result(outcome)


def _outcome_of(error: BaseException) -> Outcome:
    """Return what a sender is to do: one message that is too large for Kafka is so the next time too."""
    return "refused" if isinstance(error, MessageSizeTooLargeError) else "later"
