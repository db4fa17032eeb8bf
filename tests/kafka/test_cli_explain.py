"""``infusion explain --encounter`` straight from Kafka: what its worker keeps, else what the events topic has."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from click.testing import Result
from orjson import dumps

from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.partitioner import home_of
from streams.lifecycle.state import EncounterState
from streams.lifecycle.stay_journal import JOURNAL_FROM, changes
from streams.wire.topics import ENCOUNTERS_CHANGELOG, EVENTS

Run = Callable[..., Result]
AT = "2026-03-02T{}:00-05:00"


def stay(name: str, *, stopped: bool = True) -> list[bytes]:
    """Return the events of a stay with one infusion."""
    about: dict[str, Any] = {"encounter_id": name, "source": "emar"}
    given = {"administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV", "site_id": "left"}
    told: list[dict[str, Any]] = [
        {"type": "infusion_started", "event_id": "2", "occurred_at": AT.format("08:00")} | given,
        {"type": "encounter_discharged", "event_id": "4", "occurred_at": AT.format("12:00")},
    ]
    if stopped:
        told.append(
            {
                "type": "infusion_stopped",
                "event_id": "3",
                "occurred_at": AT.format("09:31"),
                "administration_id": "A1",
            }
        )
    return [dumps(about | one) for one in told]


def put(
    broker: EmbeddedBroker, topic: str, values: Sequence[tuple[str, bytes]], partition: int | None = None
) -> None:
    """Put values on a topic, by key, in the partitions of those or in one."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as sender:
            for key, value in values:
                await sender.send_and_wait(topic, value, key.encode(), partition)

    asyncio.run(send())


def kept(name: str, lines: list[bytes]) -> bytes:
    """Return a stay as its worker keeps it."""
    state = EncounterState(name, 0)
    state.events = dict.fromkeys(lines)
    return state.to_bytes()


def test_the_newest_that_the_worker_keeps_is_drawn(embedded: EmbeddedBroker, infusion: Run) -> None:
    """With the answers to what holds it; another stay of the partition is not in it."""
    unstopped = stay("E1", stopped=False)
    put(
        embedded,
        ENCOUNTERS_CHANGELOG,
        [("E1", kept("E1", stay("E1"))), ("E2", kept("E2", stay("E2"))), ("E1", kept("E1", unstopped))],
    )
    made = infusion(embedded.bootstrap_servers, "explain", "--width", "80", "--encounter", "E1")
    assert made.exit_code == 1
    assert "Encounter E1" in made.stdout
    assert "What each answer would give" in made.stdout
    assert "96365" in made.stdout
    assert "kafka:1: F-MISSING_STOP" in made.stderr


def test_a_long_stay_is_drawn_with_what_lies_beside_its_snapshot(
    embedded: EmbeddedBroker, infusion: Run
) -> None:
    """Its worker writes new events alone; those of an older snapshot do not count."""
    written: list[tuple[str, bytes]] = []
    state = EncounterState("E1", 0)
    for lines in (stay("E1", stopped=False), stay("E1")[2:]):
        state.events |= dict.fromkeys(lines)
        state.size_bytes = JOURNAL_FROM + 1
        records, state.journal = changes(state, b"E1")
        written += [(key.decode("latin-1"), value or b"") for key, value in records.items()]
    assert len({key for key, _ in written}) == 2
    written.append(("E10", kept("E10", stay("E10"))))
    put(embedded, ENCOUNTERS_CHANGELOG, written, home_of("E1", 4))
    made = infusion(embedded.bootstrap_servers, "explain", "--width", "80", "--encounter", "E1")
    assert "96365" in made.stdout
    assert "F-MISSING_STOP" not in made.stderr


def test_a_stay_no_worker_keeps_is_read_from_the_events(embedded: EmbeddedBroker, infusion: Run) -> None:
    """As before the worker was started, or after the stay was forgotten."""
    put(embedded, EVENTS, [("E1", line) for line in stay("E1")])
    made = infusion(embedded.bootstrap_servers, "explain", "--encounter", "E1")
    assert (made.exit_code, made.stderr) == (0, "")
    assert "FINAL" in made.stdout


def test_a_stay_nobody_knows_is_told_in_a_line(embedded: EmbeddedBroker, infusion: Run) -> None:
    """And a file, or stdin by its dash, is read in place of Kafka."""
    unknown = infusion(embedded.bootstrap_servers, "explain", "--encounter", "E9")
    assert (unknown.exit_code, unknown.stderr.count("\n")) == (2, 1)
    assert "has no event of this encounter; check --encounter" in unknown.stderr
    told = infusion(
        embedded.bootstrap_servers, "explain", "--encounter", "E1", "-", given=b"\n".join(stay("E1"))
    )
    assert told.exit_code == 0
