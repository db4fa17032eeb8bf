"""Topics just created: they are there when every broker that may be asked knows them with their settings."""

from collections.abc import Iterator

import pytest

from streams.kafka import admin
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
