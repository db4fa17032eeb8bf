"""The worker's figures and probes beside what the broker itself says: under a burst, after a kill, and with it frozen."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from apache_kafka import ApacheKafka
from chaos_worker import Worker
from confluent_kafka import Consumer, Producer, TopicPartition
from kafka_settings import free_ports
from orjson import dumps
from scraped import Scraped, alive, readiness, scraped

from streams.kafka.embedded import EmbeddedBroker
from streams.wire import topics

Maker = Callable[..., ApacheKafka]

PLACE = {"topic": topics.EVENTS, "partition": "0"}
BURST = 200_000
SILENT_S = 5
"""The burst is older than that when a silent broker is told."""

A_STAY = 10
"""Events of one stay."""

HEARTBEAT = 12
"""Kafka's number of the request that keeps a member of its group."""

NOT_COORDINATOR = 16

HELD: list[dict[str, Any]] = [
    {
        "event_id": f"h{number}",
        "encounter_id": "HELD",
        "occurred_at": f"2026-03-02T1{number}:00:00-05:00",
        **more,
    }
    for number, more in enumerate(
        (
            {"type": "encounter_opened", "source": "adt", "setting": "facility", "payer": "medicare"},
            {
                "type": "infusion_started",
                "source": "emar",
                "administration_id": "A1",
                "drug": {"name": "ceftriaxone"},
                "route": "IV",
                "order_id": "O1",
            },
            {"type": "encounter_discharged", "source": "adt"},
        )
    )
]
"""A stay with an infusion nobody stopped; its set is held."""


@pytest.fixture
def begun() -> Iterator[list[Worker]]:
    """Give a list for workers, which end with the test."""
    workers: list[Worker] = []
    yield workers
    for worker in workers:
        worker.kill()


def started(begun: list[Worker], name: str, folder: Path, servers: str, **more: str) -> tuple[Worker, int]:
    """Start a worker with probes on a port of its own, and return both."""
    (port,) = free_ports(1)
    wanted = {
        "INFUSION_METRICS_BIND": str(port), "INFUSION_SESSION_TIMEOUT_SECONDS": "20", "INFUSION_INACTIVE_HOURS": "72", **more,
    }  # fmt: skip
    begun.append(worker := Worker(name, folder, servers, more=wanted))
    return worker.start(), port


def until(port: int, state: str, seconds: float) -> float:
    """Return after how many seconds /readyz said so; fail when it did not in time."""
    began = time.monotonic()
    while (said := readiness(port)).state != state:
        assert time.monotonic() - began < seconds, (
            f"{said.state or 'nobody there'} and not {state}: {said.why}"
        )
        time.sleep(0.05)
    return time.monotonic() - began


def dealt_among(one: int, other: int) -> tuple[int, int]:
    """Return the port of the worker that has the partitions, and of the idle one."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        said = {readiness(port).state: port for port in (one, other)}
        if said.keys() == {"ready", "idle"}:
            return said["ready"], said["idle"]
        time.sleep(0.1)
    pytest.fail(f"not settled: {said}")


class Truth(NamedTuple):
    """What the broker says of one partition: records from the committed position on, and how old the first one is."""

    records: int
    seconds: float


class Broker:
    """Asks the broker, with a client that has nothing to do with ours."""

    def __init__(self, servers: str) -> None:
        settings = {
            "bootstrap.servers": servers,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
        self._group = Consumer({**settings, "group.id": topics.APPLICATION})
        self._reader = Consumer({**settings, "group.id": "nobody"})

    def close(self) -> None:
        """Leave."""
        self._group.close()
        self._reader.close()

    def truth(self) -> Truth:
        """Return the truth about the events topic, which has one partition."""
        (place,) = self._group.committed([TopicPartition(topics.EVENTS, 0)], timeout=10)
        committed = max(0, place.offset)
        _, end = self._group.get_watermark_offsets(place, timeout=10)
        if end == committed:
            return Truth(0, 0.0)
        self._reader.assign([TopicPartition(topics.EVENTS, 0, committed)])
        while (record := self._reader.poll(10)) is None or record.error():
            pass
        return Truth(end - committed, time.time() - record.timestamp()[1] / 1000)


def burst(servers: str, count: int) -> None:
    """Publish so many events of stays that never end, as fast as a broker takes them."""
    producer = Producer(
        {"bootstrap.servers": servers, "linger.ms": 20, "queue.buffering.max.messages": count}
    )
    for number in range(count):
        stay, part = f"FIG{number // A_STAY:05d}", number % A_STAY
        event = {
            "type": "access_placed" if part else "encounter_opened", "event_id": f"{stay}.{part}", "encounter_id": stay,
            "occurred_at": "2026-03-02T08:00:00-05:00", "source": "emar" if part else "adt",
        } | ({"site_id": f"{stay}-{part}"} if part else {})  # fmt: skip
        producer.produce(topics.EVENTS, dumps(event), key=stay, partition=0)
    assert producer.flush(60) == 0


def publish(servers: str, events: list[dict[str, Any]]) -> None:
    """Publish these events."""
    producer = Producer({"bootstrap.servers": servers})
    for event in events:
        producer.produce(topics.EVENTS, dumps(event), key=event["encounter_id"], partition=0)
    assert producer.flush(60) == 0


def state_of(page: Scraped) -> dict[str, float | None]:
    """Return figures that are counted from what is kept."""
    return {
        "open": page.value("infusion_open_encounters"), "running": page.value("infusion_open_infusions"),
        "held": page.value("infusion_charge_sets", status="held"), "due": page.value("infusion_due_encounters"),
        "for want of a stop": page.value("infusion_review_open", flag="F-MISSING_STOP", severity="block"),
    }  # fmt: skip


def compared(broker: Broker, port: int) -> Scraped:
    """Read the page between two looks at the truth; fail where a figure is more than a tenth beside both."""
    before, page, after = broker.truth(), scraped(port), broker.truth()
    for name, slack in (("records", 5), ("seconds", 0.5)):
        value = page.value(f"infusion_lag_{name}", **PLACE)
        least, most = sorted((getattr(before, name), getattr(after, name)))
        assert value is not None, (name, least, most)
        assert 0.9 * least - slack <= value <= 1.1 * most + slack, (name, value, least, most)
    return page


@pytest.mark.broker
def test_lag_is_the_brokers_truth_under_a_burst_after_a_kill_and_while_the_broker_is_frozen(
    own_kafka: Maker, tmp_path: Path, begun: list[Worker]
) -> None:
    """Within a tenth, right after a start too; a broker that answers nothing is told within 15 seconds, an idle worker is ready."""
    kafka = own_kafka()
    for topic in topics.TOPICS:
        kafka.create_topic(topic.name, settings=topic.settings())
    made = {
        port: worker
        for name in ("worker-1", "worker-2")
        for worker, port in [started(begun, name, tmp_path, kafka.bootstrap)]
    }
    port, idle = dealt_among(*made)
    reader = made[port]
    assert scraped(port).value("infusion_lag_seconds", **PLACE) == 0
    burst(kafka.bootstrap, BURST)
    broker = Broker(kafka.bootstrap)
    try:
        time.sleep(1.2)  # the ends of partitions are asked for each second
        assert compared(broker, port).value("infusion_lag_records", **PLACE)
        reader.kill()
        reader.start()
        until(port, "ready", 60)
        time.sleep(1.2)
        compared(broker, port)
        burst(kafka.bootstrap, BURST)
        kafka.pause()
        assert until(port, "broker_silent", 30) < 15
        until(idle, "broker_silent", 5)
        frozen = scraped(port)
        assert alive(port)
        assert frozen.value("infusion_ready") == 0
        late = frozen.value("infusion_lag_seconds", **PLACE) or 0
        assert late > SILENT_S, "nobody reads, and time goes on"
        kafka.resume()
        until(port, "ready", 60)
    finally:
        broker.close()


def test_a_coordinator_that_is_stuck_is_told_apart_and_what_is_open_is_known_after_a_kill(
    tmp_path: Path, begun: list[Worker]
) -> None:
    """Partitions can be asked about and heartbeats are not answered: within 15 seconds /readyz says which it is."""
    with EmbeddedBroker() as broker:
        broker.create_topics([topic.name for topic in topics.TOPICS], 1)
        quick = {
            "INFUSION_SESSION_TIMEOUT_SECONDS": "6"
        }  # as long as this broker waits for one that was killed
        quick["INFUSION_EXPECTED_SOURCES"] = "emar,lab"
        worker, port = started(begun, "worker-1", tmp_path, broker.bootstrap_servers, **quick)
        until(port, "ready", 60)
        assert {*scraped(port).series("infusion_source_unheard_seconds")} == {
            (("source", "emar"),),
            (("source", "lab"),),
        }
        burst(broker.bootstrap_servers, 20 * A_STAY)
        publish(broker.bootstrap_servers, HELD)
        before = {"open": 20, "running": 0, "held": 1, "for want of a stop": 1, "due": 20}
        began = time.monotonic()
        while (state := state_of(scraped(port))) != before:
            assert time.monotonic() - began < 25, state
            time.sleep(0.1)
        worker.kill()
        worker.start()
        until(port, "ready", 60)
        again = scraped(port)
        assert state_of(again) == before, "counted from what is kept"
        assert (again.value("infusion_source_silence_seconds", source="emar") or 0) > 0
        assert (again.value("infusion_held_oldest_seconds", payer="medicare") or 0) > 86_400, (
            "since the departure"
        )
        assert {*again.series("infusion_source_unheard_seconds")} == {(("source", "lab"),)}
        assert (again.value("infusion_bill_hold_remaining_seconds", payer="medicare") or 0) < 0, (
            "March is long past"
        )
        assert again.value("infusion_bill_hold_past_encounters", payer="medicare") == 1
        assert again.value("infusion_bill_hold_past_encounters", payer="none") == 0
        broker.push_errors(HEARTBEAT, *[NOT_COORDINATOR] * 1_000)
        assert until(port, "coordinator_silent", 30) < 15
        assert (readiness(port).status, alive(port)) == (503, True)
