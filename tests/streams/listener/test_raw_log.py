"""The log behind the doors: bounded in time and in bytes, whatever Kafka does."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError, RequestTimedOutError
from hypothesis import given
from hypothesis import strategies as st

from streams.listener.byte_budget import ByteBudget
from streams.listener.raw_log import RawLog
from streams.wire.message import OutboundMessage


class PaperProducer:
    """A producer whose answers a test gives; ``stuck`` is one that takes nothing more, ``refuses`` what it raises."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, asyncio.Future[None]]] = []
        self.stuck = False
        self.refuses: Exception | None = None

    async def send(
        self, topic: str, *, value: bytes, key: bytes, headers: list[Any]
    ) -> "asyncio.Future[None]":
        """Take a record."""
        assert (topic, key, headers) == ("raw", b"F", [("a", b"b")])
        if self.refuses is not None:
            raise self.refuses
        if self.stuck:
            await asyncio.Event().wait()
        on_its_way: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent.append((value, on_its_way))
        return on_its_way


def message(value: bytes = b"12345") -> OutboundMessage:
    """Return a message."""
    return OutboundMessage("raw", b"F", value, (("a", b"b"),))


async def test_a_message_is_stored_when_kafka_says_so() -> None:
    """Not before."""
    producer = PaperProducer()
    log = RawLog(producer, 9, 100)
    answer = await log.write(message())
    assert (answer.done(), log.budget.held) == (False, 5)
    producer.sent[0][1].set_result(None)
    assert await answer == "stored"
    assert log.budget.held == 0


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (RequestTimedOutError(), "later"),
        (KafkaTimeoutError(), "later"),
        (MessageSizeTooLargeError(), "refused"),
    ],
)
async def test_what_kafka_refuses_is_told(error: Exception, outcome: str) -> None:
    """At once, or later; what is too large will be so the next time too."""
    producer = PaperProducer()
    log = RawLog(producer, 9, 100)
    answer = await log.write(message())
    producer.sent[0][1].set_exception(error)
    assert await answer == outcome
    producer.refuses = error
    assert await (await log.write(message())) == outcome
    assert log.budget.held == 0


async def test_nobody_waits_longer_than_was_said() -> None:
    """For the answer of one that is on its way, which stays in the budget until Kafka has done with it."""
    producer = PaperProducer()
    log = RawLog(producer, 0.02, 8)
    answer = await log.write(message())
    assert await answer == "later"
    assert log.budget.held == 5
    assert await (await log.write(message())) == "later", "there is no room for it"
    assert len(producer.sent) == 1
    producer.sent[0][1].set_result(None)
    await asyncio.sleep(0)
    assert log.budget.held == 0
    producer.stuck = True
    assert await (await log.write(message())) == "later"
    assert log.budget.held == 0


async def test_a_sender_that_leaves_gives_back_what_it_took() -> None:
    """Its task is cancelled while Kafka takes nothing."""
    producer = PaperProducer()
    producer.stuck = True
    log = RawLog(producer, 9, 100)
    writing = asyncio.ensure_future(log.write(message()))
    await asyncio.sleep(0)
    assert log.budget.held == 5
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert log.budget.held == 0


@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=30), st.randoms(use_true_random=False))
def test_a_budget_is_kept_and_lets_everybody_in(asked: list[tuple[int, bool]], chance: Any) -> None:
    """In the order of asking; what is larger than all of it goes alone; who gives up leaves no trace."""

    async def play() -> None:
        budget = ByteBudget(10)
        let_in: list[int] = []

        async def one(number: int, size: int) -> None:
            await budget.take(size)
            let_in.append(number)
            assert budget.held <= max(10, size)
            try:
                for _ in range(chance.randrange(3)):
                    await asyncio.sleep(0)
            finally:
                budget.give_back(size)

        tasks = [asyncio.ensure_future(one(number, size)) for number, (size, _) in enumerate(asked)]
        for task, (_, leaves) in zip(tasks, asked, strict=True):
            await asyncio.sleep(0)
            if leaves:
                task.cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks, return_exceptions=True)
        assert budget.held == 0
        stayed = {number for number, (_, leaves) in enumerate(asked) if not leaves}
        assert stayed <= {*let_in}
        assert let_in == sorted(let_in)

    asyncio.run(play())
