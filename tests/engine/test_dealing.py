"""The leader of a group deals partitions when its broker names topics."""

import inspect
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator

from streams.engine import dealing
from streams.engine.dealing import deal_when_topics_are_known


def coordinator(known_after: int, asked: list[int]) -> Any:
    """Return a leader whose broker names the topic ``in`` after so many questions, and never another."""

    async def force_metadata_update() -> None:
        asked.append(1)

    def partitions_for_topic(name: str) -> set[int] | None:
        return {0} if name == "in" and len(asked) >= known_after else None

    async def perform(response: str) -> dict[str, list[int]]:
        return {response: [0] if len(asked) >= known_after else []}

    return SimpleNamespace(
        _perform_assignment=perform, _group_subscription={"in", "gone"},
        _cluster=SimpleNamespace(partitions_for_topic=partitions_for_topic),
        _client=SimpleNamespace(force_metadata_update=force_metadata_update),
    )  # fmt: skip


async def test_a_broker_that_names_no_topic_yet_is_asked_again_before_anything_is_dealt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else static members would keep nothing for good."""
    monkeypatch.setattr(dealing, "_AGAIN_S", 0.001)
    asked: list[int] = []
    leader = coordinator(3, asked)
    deal_when_topics_are_known(leader)
    assert await leader._perform_assignment("worker-1") == {"worker-1": [0]}  # noqa: SLF001 - what aiokafka calls
    assert len(asked) == 3


async def test_topics_that_never_come_hold_the_group_up_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is known is dealt then; the watch over the logs tells of a topic that is gone."""
    monkeypatch.setattr(dealing, "_AGAIN_S", 0.001)
    monkeypatch.setattr(dealing, "_PATIENCE_S", 0.02)
    asked: list[int] = []
    leader = coordinator(10**9, asked)
    deal_when_topics_are_known(leader)
    assert await leader._perform_assignment("worker-1") == {"worker-1": []}  # noqa: SLF001 - as above
    assert asked


def test_aiokafka_has_what_is_replaced() -> None:
    """Another release may deal in another way."""
    source = inspect.getsource(GroupCoordinator)
    assert "self._group_subscription = all_subscribed_topics" in source
    assert "assignor.assign(self._cluster, member_metadata)" in source
