"""Topics just created: they are there when every broker that may be asked knows them with their settings."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import NodeNotReadyError

from streams.kafka import admin
from streams.kafka.connection import Connection
from streams.wire.topic_check import BrokerTopic
from streams.wire.topics import TOPICS

EVENTS = TOPICS[2]
THERE = BrokerTopic(4, EVENTS.settings())
DEFAULTS = BrokerTopic(
    4, {"cleanup.policy": "delete", "retention.ms": "604800000", "max.message.bytes": "1048588"}
)


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([None, DEFAULTS, THERE, THERE], 4),
        ([THERE, DEFAULTS, THERE, THERE], 4),
        ([BrokerTopic(0), THERE, THERE], 3),
        ([BrokerTopic(4, None), BrokerTopic(4, None)], 2),
    ],
    ids=[
        "not listed, then with defaults",
        "two brokers, one behind",
        "no partitions yet",
        "settings not told",
    ],
)
async def test_settings_are_waited_for_as_names_are(
    monkeypatch: pytest.MonkeyPatch, answers: list[BrokerTopic | None], asked: int
) -> None:
    """A check right after would take a broker's own settings for those that were asked for."""
    told: Iterator[BrokerTopic | None] = iter(answers)
    count = 0

    async def broker_topics(_: object) -> dict[str, BrokerTopic]:
        nonlocal count
        count += 1
        found = next(told)
        return {} if found is None else {EVENTS.name: found}

    monkeypatch.setattr(admin, "_broker_topics", broker_topics)
    monkeypatch.setattr(admin, "_LIST_PAUSE_S", 0.0)
    await admin._wait_until_spread(None, [EVENTS])  # noqa: SLF001 - what brokers answer when is made by hand here
    assert count == asked


@pytest.mark.parametrize(("ready_s", "answered"), [(10.0, True), (-1.0, False)])
async def test_a_broker_that_is_not_ready_is_asked_again_for_some_seconds(
    monkeypatch: pytest.MonkeyPatch, ready_s: float, *, answered: bool
) -> None:
    """One that starts or was frozen a moment ago ends no worker; one that never is ready ends the question."""
    tries = []

    @asynccontextmanager
    async def client(_: Connection) -> AsyncIterator[Any]:
        tries.append(1)
        if len(tries) == 1:
            raise NodeNotReadyError
        yield SimpleNamespace(_client="a client")

    async def question(client: Any) -> Any:
        return client

    monkeypatch.setattr(admin, "_client", client)
    monkeypatch.setattr(admin, "_READY_S", ready_s)
    monkeypatch.setattr(admin, "_LIST_PAUSE_S", 0)
    if answered:
        assert await admin.asked(Connection(("127.0.0.1:9092",)), question) == "a client"
    else:
        with pytest.raises(NodeNotReadyError):
            await admin.asked(Connection(("127.0.0.1:9092",)), question)
