"""A console over records made by hand: the desk of its pages, filled as from Kafka, and what it would have sent."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from orjson import dumps, loads

from models.charge import ChargeSet
from models.review_item import ReviewItem
from rules.engine import Profile
from rules.outcomes import outcomes
from streams.batch.coder import code_stay
from streams.charging.bill_hold import BillHold
from streams.console import answering
from streams.console.access_log import AccessLog
from streams.console.desk import Desk
from streams.console.follower import Follower
from streams.console.health_watch import HealthWatch
from streams.console.read_model import ReadModel
from streams.console.settings import ConsoleSettings
from streams.wire.charge_json import value_of
from streams.wire.topics import CHARGES, CLOSED, EVENTS, REVIEW

NOW = 1_772_500_000.0
"""2026-03-03, a day after the stays of these tests."""


class Record(NamedTuple):
    """One record as the client hands it out."""

    topic: str
    offset: int
    key: bytes
    value: bytes | None
    timestamp: int = int(NOW * 1000)
    partition: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()


def missing_stop(name: str) -> list[dict[str, Any]]:
    """Return the events of a stay whose infusion has a start and no stop."""
    about = {"encounter_id": name, "source": "emar"}
    at = "2026-03-02T{}-05:00"
    return [
        {"type": "encounter_opened", "event_id": f"{name}.1", "occurred_at": at.format("07:40:00"), "payer": "medicare", "setting": "facility", "facility": "GH", "time_zone": "America/New_York"} | about,
        {"type": "infusion_started", "event_id": f"{name}.2", "occurred_at": at.format("08:00:00"), "administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV", "site_id": "arm", "order_id": "O1"} | about,
        {"type": "encounter_discharged", "event_id": f"{name}.3", "occurred_at": at.format("12:00:00")} | about,
    ]  # fmt: skip


def coded(
    name: str, events: Sequence[dict[str, Any]], revision: int = 1
) -> tuple[ChargeSet, ReviewItem | None]:
    """Return what the worker would say of a stay."""
    from dataclasses import replace  # noqa: PLC0415 - only this test needs it

    stay = code_stay(
        name, [(0, number, dumps(event)) for number, event in enumerate(events)], Profile()
    ).stays[0]
    charge_set = replace(stay.coding.charge_set, revision=revision)
    flags = tuple(flag for flag in charge_set.flags if flag.severity != "info")
    if not flags:
        return charge_set, None
    answers = outcomes(stay.encounter, Profile(), charge_set)
    item = ReviewItem(
        name,
        charge_set.charge_set_id,
        revision,
        charge_set.status,
        flags,
        (),
        len(charge_set.lines),
        None,
        "",
        answers,
    )
    return charge_set, item


class Stage:
    """The desk, a counter of offsets, and the events that were sent."""

    def __init__(self, folder: Path, settings: ConsoleSettings) -> None:
        self.model = ReadModel(folder)
        self.connection: Any = SimpleNamespace(named=lambda: "kafka:9092")
        self.follower = Follower(self.connection, self.model, BillHold())
        self.follower.rebuild_s = 0.0
        self.access = folder / "access.jsonl"
        self.sent: list[dict[str, Any]] = []
        self._offset = 0
        self.desk = Desk(
            settings, self.model, self.follower, self.connection, Profile(), AccessLog(folder),
            HealthWatch(self.connection), clock=lambda: NOW + 60,
        )  # fmt: skip

    async def say(
        self, topic: str, key: str, value: Any, at: float = NOW, headers: tuple[tuple[str, bytes], ...] = ()
    ) -> None:
        """Take in one record as from Kafka."""
        self._offset += 1
        raw = value if value is None or isinstance(value, bytes) else dumps(value)
        record = Record(topic, self._offset, key.encode(), raw, int(at * 1000), headers=headers)
        await self.follower.take([record], {(topic, 0): self._offset + 1})

    async def stay(
        self, name: str, events: Sequence[dict[str, Any]] | None = None, revision: int = 1
    ) -> None:
        """Take in a stay's events and what the worker says of it."""
        told = missing_stop(name) if events is None else events
        for event in told:
            await self.say(EVENTS, name, event)
        await self.word_of_worker(name, told, revision)

    async def word_of_worker(self, name: str, told: Sequence[dict[str, Any]], revision: int) -> None:
        """Take in what the worker says of a stay with these events."""
        charge_set, item = coded(name, told, revision)
        await self.say(CLOSED, name, {"encounter": {"departed_at": "2026-03-02T17:00:00Z"}})
        await self.say(CHARGES, name, value_of(charge_set))
        await self.say(REVIEW, name, None if item is None else value_of(item))

    def close(self) -> None:
        """Close the files."""
        self.desk.access.close()
        self.model.close()


class PaperPublisher:
    """Takes events as Kafka would, and has them in the read model at once."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def begin(self, message: Any) -> Any:
        """Take one event."""
        self._stage.sent.append(loads(message.value))
        await self._stage.say(message.topic, (message.key or b"").decode(), message.value, NOW + 60)

        async def place() -> Any:
            return SimpleNamespace(topic=message.topic, partition=0, offset=0)

        return place()

    async def arrive(self) -> None:
        """Say that all is there."""

    async def close(self) -> None:
        """Do nothing."""


def on_paper(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what the console sends go to the stage."""

    class Publisher:
        @staticmethod
        async def connected(*_: Any) -> PaperPublisher:
            return PaperPublisher(stage)

    monkeypatch.setattr(answering, "Publisher", Publisher)
