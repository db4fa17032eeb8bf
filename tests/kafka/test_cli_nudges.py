"""``infusion review --nudges``: what is asked while patients are there, as rows, as JSON, and for a facility."""

import asyncio
from collections.abc import Callable

from aiokafka import AIOKafkaProducer
from click.testing import Result
from orjson import loads

from models.nudge import Nudge, NudgeSet
from streams.kafka.embedded import EmbeddedBroker
from streams.wire.charge_json import value_of
from streams.wire.topics import NUDGES

AT = "2026-03-02T14:10:00Z"


def nudges(name: str, facility: str | None) -> bytes:
    """Return a stay with one question."""
    one = Nudge(
        "n1", "missing_stop", ("A1",), "A1: when did it stop?", "infusion_stopped: occurred_at", AT, AT
    )
    return value_of(NudgeSet(name, facility, None, (one,)))


def put(broker: EmbeddedBroker, *records: tuple[str, bytes | None]) -> None:
    """Put records on the topic."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as sender:
            for key, value in records:
                await sender.send_and_wait(NUDGES, value, key.encode())

    asyncio.run(send())


def test_what_is_asked_is_shown_and_what_is_answered_is_not(
    embedded: EmbeddedBroker, infusion: Callable[..., Result]
) -> None:
    """The newest of each stay; a facility sees its own."""
    empty = infusion(embedded.bootstrap_servers, "review", "--nudges")
    assert (empty.exit_code, empty.stderr) == (1, "stays       0 asked about\n")
    put(
        embedded,
        ("E1", nudges("E1", "north")),
        ("E2", nudges("E2", None)),
        ("E3", nudges("E3", None)),
        ("E3", None),
    )
    shown = infusion(embedded.bootstrap_servers, "review", "--nudges")
    assert [line.split()[1] for line in shown.stdout.splitlines()[1:]] == ["E1", "E2"]
    assert "A1: when did it stop?" in shown.stdout
    north = infusion(
        embedded.bootstrap_servers, "review", "--nudges", "--facility", "north", "--format", "jsonl"
    )
    assert [loads(line)["encounter_id"] for line in north.stdout.splitlines()] == ["E1"]
    assert (
        "asked_at" not in infusion(embedded.bootstrap_servers, "review", "--nudges", "--format", "csv").stdout
    )


def test_what_cannot_be_asked_for_is_told(embedded: EmbeddedBroker, infusion: Callable[..., Result]) -> None:
    """One line each."""
    held = infusion(embedded.bootstrap_servers, "review", "--nudges", "--held")
    assert "--nudges are picked by encounter and --facility alone; leave the other filters out" in held.stderr
    alone = infusion(embedded.bootstrap_servers, "review", "--webhook", "https://ward.example")
    assert "--webhook posts what --nudges shows; give that too" in alone.stderr
    leaks = infusion(embedded.bootstrap_servers, "review", "--nudges", "--webhook", "http://ward.example")
    assert "--webhook: what is posted is a patient's" in leaks.stderr
