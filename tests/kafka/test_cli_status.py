"""``infusion status`` on a real Apache Kafka: what it says at each step, and the status a script gets."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from apache_kafka import ApacheKafka
from click.testing import Result
from orjson import dumps, loads

from streams.kafka.partitioner import home_of
from streams.lifecycle.state import EncounterState
from streams.wire.topics import APPLICATION, CHARGES, ENCOUNTERS_CHANGELOG, EVENTS, REJECTS, REVIEW

pytestmark = pytest.mark.broker

Run = Callable[..., Result]
HELD = {"status": "held", "lines": [{"expected_payment": {"cents": 21731}}, {"expected_payment": None}]}


def put(kafka: ApacheKafka, topic: str, key: str, value: dict[str, Any] | bytes) -> None:
    """Put a value on a topic."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as sender:
            await sender.send_and_wait(
                topic, value if isinstance(value, bytes) else dumps(value), key.encode()
            )

    asyncio.run(send())


def commit(kafka: ApacheKafka, positions: dict[TopicPartition, int]) -> None:
    """Commit positions of the workers' group, as a worker that has ended left them."""

    async def run() -> None:
        async with AIOKafkaConsumer(
            bootstrap_servers=kafka.bootstrap, group_id=APPLICATION, enable_auto_commit=False
        ) as consumer:
            consumer.assign([*positions])
            await consumer.commit(positions)

    asyncio.run(run())


def test_the_verdict_at_each_step(
    own_kafka: Callable[..., ApacheKafka], infusion: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No topics; nobody ever read; a worker that went; one that is there. Lag is counted from the committed positions."""
    kafka = own_kafka()

    def look() -> tuple[int, Any]:
        made = infusion(kafka.bootstrap, "status", "--format", "json")
        return made.exit_code, loads(made.stdout)

    status, told = look()
    assert (status, told["verdict"], told["lag_records"]) == (1, "topics wrong", 0)
    infusion(kafka.bootstrap, "topics", "--create", "--partitions", "3", "--replication-factor", "1")
    for number in range(4):
        put(kafka, EVENTS, "E1", {"source": "emar" if number else "pump"})
    status, told = look()
    assert (status, told["verdict"], told["lag_records"]) == (1, "not started", 4)
    assert 0 < told["lag_seconds"] < 120
    assert set(told["last_event_by_source"]) == {"emar", "pump"}

    home = TopicPartition(EVENTS, home_of("E1", 3))
    monkeypatch.setenv("INFUSION_EXPECTED_SOURCES", "pump, lab")
    assert look()[1]["sources_never_heard"] == ["lab"]
    assert "; lab expected and never heard" in infusion(kafka.bootstrap, "status").stdout
    commit(kafka, {home: 1})
    put(kafka, CHARGES, "E1", HELD)
    put(kafka, REVIEW, "E1", {})
    put(kafka, REJECTS, "E1", {})
    status, told = look()
    assert (status, told["verdict"], told["lag_records"]) == (1, "no worker", 3)
    assert (told["held_cents"], told["reviews"], told["rejects"]) == (21731, 1, 1)
    assert (told["past_bill_hold"], told["next_bill_hold_ends"] is None) == (0, False)
    left = EncounterState("E1", 0)
    left.departed_at = int(time.time()) - 6 * 86_400
    put(kafka, ENCOUNTERS_CHANGELOG, "E1", left.to_bytes())
    assert look()[1]["past_bill_hold"] == 1
    assert "; 1 stay past the bill hold, the first for 1 d" in infusion(kafka.bootstrap, "status").stdout

    async def joined() -> tuple[int, Any]:
        member = AIOKafkaConsumer(
            EVENTS, bootstrap_servers=kafka.bootstrap, group_id=APPLICATION, group_instance_id="worker-1"
        )
        async with member:
            await member.getmany(timeout_ms=2_000)
            return await asyncio.to_thread(look)

    status, told = asyncio.run(joined())
    assert (status, told["verdict"], told["workers"]) == (0, "working", ["worker-1"])


def test_one_screen_for_a_person(own_kafka: Callable[..., ApacheKafka], infusion: Run) -> None:
    """Every line begins with what it is about, and the first says what to do."""
    kafka = own_kafka()
    infusion(kafka.bootstrap, "topics", "--create", "--partitions", "2", "--replication-factor", "1")
    made = infusion(kafka.bootstrap, "status")
    assert made.exit_code == 1
    assert [line.split("  ")[0].strip() for line in made.stdout.splitlines()] == [
        "verdict", "kafka", "topics", "workers", "lag", "stays", "due next", "charges", "held", "review", "rejected",
        "sources",
    ]  # fmt: skip
    assert made.stdout.startswith(
        "verdict     not started: no worker has ever read; start one: infusion worker"
    )
