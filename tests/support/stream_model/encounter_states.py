"""Stays as the worker keeps them, made from a few words, and the records they are made from."""

from datetime import UTC, datetime, timedelta
from typing import Any

from model_kafka import Rec
from orjson import dumps

from models.encounter import Encounter
from rules.emission import Emission
from streams.lifecycle.commands import Command, to_bytes
from streams.lifecycle.event_processor import EncounterProcessor
from streams.lifecycle.processed_records import ProcessedRecords
from streams.lifecycle.state import EncounterState, from_bytes
from streams.lifecycle.timeouts import Timeouts
from streams.wire import topics

EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
T0 = int(EIGHT.timestamp())
HOUR = 3600
DAY = 24 * HOUR
CONFIRM = 72 * HOUR
TIMEOUTS = Timeouts()
_numbers = iter(range(10**9))


def line(
    kind: str, minutes: float = 0, stay: str = "E1", recorded: float | None = None, **more: Any
) -> bytes:
    """Return an event that happened so many minutes after eight, under an id of its own unless one is given."""
    said = {"type": kind, "event_id": f"v{next(_numbers)}", "encounter_id": stay}
    said["occurred_at"] = (EIGHT + timedelta(minutes=minutes)).isoformat()
    if recorded is not None:
        said["recorded_at"] = (EIGHT + timedelta(minutes=recorded)).isoformat()
    return dumps(said | more)


def injection(minutes: float = 5, stay: str = "E1", name: str = "a", **more: Any) -> bytes:
    """Return an injection that earns a line."""
    about: dict[str, Any] = {"administration_id": name, "drug": {"name": "ketorolac"}, "route": "IM"}
    return line("injection_given", minutes, stay, **(about | more))


def records(*values: bytes | None, first: int = 0) -> list[Rec]:
    """Return records at consecutive offsets."""
    return [Rec(offset, b"key", value, (("h", b"1"),)) for offset, value in enumerate(values, first)]


def asked(_: Encounter) -> Emission:
    """Answer as the default policy does: 72 hours, and nothing while a stay is open."""
    return Emission(CONFIRM, while_open=False)


def asked_early(_: Encounter) -> Emission:
    """Answer as a policy that wants previews."""
    return Emission(CONFIRM, while_open=True)


class Shelf:
    """One partition's stays, kept as bytes between two batches."""

    def __init__(self, home: bool = True) -> None:  # noqa: FBT001, FBT002 - where it lies is all there is to say
        self.stays: dict[str, bytes] = {}
        self.home = home

    def follow(self, *values: bytes | None, at: int = T0, first: int = 0) -> ProcessedRecords:
        """Take in events at offsets from ``first`` on, of partition 1, and keep what comes of them."""
        batch = EncounterProcessor(topics.EVENTS, 1, at, self.load, lambda _: self.home)
        batch.process_events(records(*values, first=first))
        return self._keep(batch.finish(TIMEOUTS, asked))

    def process_commands(self, *commands: Command | bytes, at: int = T0, first: int = 0) -> ProcessedRecords:
        """Take in commands likewise."""
        batch = EncounterProcessor(topics.COMMANDS, 1, at, self.load, lambda _: self.home)
        values = [one if isinstance(one, bytes) else to_bytes(one) for one in commands]
        batch.process_commands(records(*values, first=first))
        return self._keep(batch.finish(TIMEOUTS, asked))

    def load(self, encounter_id: str) -> EncounterState | None:
        """Return a stay from its bytes."""
        written = self.stays.get(encounter_id)
        return None if written is None else from_bytes(written)

    def _keep(self, followed: ProcessedRecords) -> ProcessedRecords:
        """Write what is to be kept."""
        for state in followed.states:
            self.stays[state.encounter_id] = state.to_bytes()
        return followed
