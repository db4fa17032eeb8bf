"""``infusion watch``: lag beside what the broker itself says, when no worker lives, and with the broker frozen."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from apache_kafka import ApacheKafka
from chaos_worker import environment
from click.testing import Result
from forked import Forked
from kafka_settings import free_ports
from scraped import Scraped, alive, readiness, scraped

from streams.kafka.embedded import EmbeddedBroker
from streams.lifecycle.reject_reasons import EMPTY
from streams.wire import topics
from streams.wire.message import Headers
from streams.wire.reject_headers import reject_headers

Run = Callable[..., Result]
Maker = Callable[..., ApacheKafka]
Watch = Callable[[str], int]

OFFSET_FETCH = 9
"""Kafka's number of the request for a group's positions."""

NOT_COORDINATOR = 16

PARTITIONS = 3
UNREAD = 40


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """Give what starts a watch on a Kafka and returns its port; it ends with the test."""
    running: list[Forked] = []

    def start(servers: str) -> int:
        (port,) = free_ports(1)
        given = environment(servers, {"INFUSION_METRICS_BIND": str(port)})
        with (tmp_path / "watch.log").open("ab") as log:
            running.append(Forked(["watch"], environment=given, stderr=log))
        return port

    yield start
    for process in running:
        process.terminate()
        assert process.wait(20) == 0, "a watch that is told to stop stops"


def until(port: int, state: str, seconds: float) -> float:
    """Return after how many seconds /readyz said so; fail when it did not in time."""
    began = time.monotonic()
    while (said := readiness(port)).state != state:
        assert time.monotonic() - began < seconds, f"{said.state or 'nobody'} and not {state}: {said.why}"
        time.sleep(0.05)
    return time.monotonic() - began


def shows(port: int, name: str, value: float | None, **labels: str) -> Scraped:
    """Return the page once a figure on it is so; fail after ten seconds."""
    began = time.monotonic()
    while (seen := (page := scraped(port)).value(name, **labels)) != value:
        assert time.monotonic() - began < 10, (name, labels, seen, value)
        time.sleep(0.05)
    return page


async def fill(servers: str) -> float:
    """Put records into the first partition of the events topic, one into the second; return when the eleventh was written."""
    async with AIOKafkaProducer(bootstrap_servers=servers) as sender:
        sent = [
            await sender.send_and_wait(topics.EVENTS, b"%d" % number, partition=0) for number in range(UNREAD)
        ]
        await sender.send_and_wait(topics.EVENTS, b"x", partition=1)
    return float(sent[10].timestamp) / 1000


async def commit(servers: str, offset: int) -> None:
    """Commit a position of the workers' group in the first partition, as a worker that is gone left it."""
    place = TopicPartition(topics.EVENTS, 0)
    reader = AIOKafkaConsumer(
        bootstrap_servers=servers, group_id=topics.APPLICATION, enable_auto_commit=False
    )
    async with reader:
        reader.assign([place])
        await reader.commit({place: offset})


def test_lag_is_the_brokers_truth_though_no_worker_lives(
    own_kafka: Maker, infusion: Run, watch: Watch
) -> None:
    """By positions and timestamps of records; what was never read is a state; deleted records are told; nobody joined."""
    kafka = own_kafka()
    port = watch(kafka.bootstrap)
    until(port, "starting", 30)
    infusion(
        kafka.bootstrap, "topics", "--create", "--partitions", str(PARTITIONS), "--replication-factor", "1"
    )
    until(port, "ready", 30)
    first, second, third = (
        {"topic": topics.EVENTS, "partition": str(number)} for number in range(PARTITIONS)
    )
    written_at = asyncio.run(fill(kafka.bootstrap))
    page = shows(port, "infusion_group_partition_state", 1, state="never_read", **first)
    assert page.value("infusion_group_lag_records", **first) is None
    assert page.value("infusion_group_lag_seconds", **third) == 0
    assert page.value("infusion_group_members") == 0

    asyncio.run(commit(kafka.bootstrap, 10))
    page = shows(port, "infusion_group_lag_records", UNREAD - 10, **first)
    assert page.value("infusion_group_lag_seconds", **first) == pytest.approx(
        time.time() - written_at, abs=1.5
    )
    assert page.value("infusion_group_position_offset", **first) == 10
    assert page.value("infusion_group_retention_headroom_seconds", **first) == pytest.approx(
        400 * 86_400, abs=60
    )
    assert page.value("infusion_group_partition_state", state="never_read", **second) == 1

    async def joined() -> None:
        member = AIOKafkaConsumer(
            topics.EVENTS, bootstrap_servers=kafka.bootstrap, group_id=topics.APPLICATION,
            auto_offset_reset="latest", enable_auto_commit=False,
        )  # fmt: skip
        async with member:
            await member.getmany(timeout_ms=1_000)
            await asyncio.to_thread(shows, port, "infusion_group_members", 1)

    asyncio.run(joined())
    shows(port, "infusion_group_members", 0)
    asyncio.run(commit(kafka.bootstrap, UNREAD))
    shows(port, "infusion_group_lag_seconds", 0, **first)

    kafka.pause()
    assert until(port, "broker_silent", 30) < 15
    frozen = scraped(port)
    assert alive(port)
    assert frozen.value("infusion_group_lag_records", **first) is None, "what nobody knows is not said"
    assert frozen.value("infusion_group_partition_state", state="unknown", **first) == 1
    kafka.resume()
    until(port, "ready", 30)
    shows(port, "infusion_group_lag_records", 0, **first)


async def refuse(servers: str, *headers: Headers) -> None:
    """Put records on the rejects topic."""
    async with AIOKafkaProducer(bootstrap_servers=servers) as sender:
        for some in headers:
            await sender.send_and_wait(topics.REJECTS, b"{", b"E1", partition=0, headers=[*some])


def test_rejects_are_counted_from_outside(watch: Watch) -> None:
    """By topic and kind since it began, and how many there ever were; another's record is no reason and no label."""
    ours = reject_headers((), EMPTY.reason, topics.EVENTS, 0, 7)
    others = reject_headers((), EMPTY.reason, "somebody.elses", 0, 7)
    place = {"topic": topics.EVENTS, "reason": "empty"}
    with EmbeddedBroker() as broker:
        servers = broker.bootstrap_servers
        broker.create_topics([topic.name for topic in topics.TOPICS], 1)
        asyncio.run(refuse(servers, ours, ours))
        port = watch(servers)
        until(port, "ready", 30)
        page = shows(port, "infusion_group_rejects_stored_total", 2, partition="0")
        assert page.value("infusion_group_rejects_total", **place) == 0, "before it began"
        sent = 2
        while not (counted := scraped(port).total("infusion_group_rejects_total")):
            asyncio.run(refuse(servers, ours))
            sent += 1
            assert sent < 1_000, "it never began"
        shows(port, "infusion_group_rejects_stored_total", sent, partition="0")
        counted = scraped(port).total("infusion_group_rejects_total")
        asyncio.run(refuse(servers, others, (), ours))
        page = shows(port, "infusion_group_rejects_total", counted + 1, **place)
        assert page.total("infusion_group_rejects_total") == counted + 1
        shows(port, "infusion_group_rejects_stored_total", sent + 3, partition="0")
        other = watch(servers)
        until(other, "ready", 30)
        page = shows(other, "infusion_group_rejects_stored_total", sent + 3, partition="0")
        assert page.total("infusion_group_rejects_total") == 0


def test_rejects_on_a_topic_made_later_are_counted_from_its_beginning(watch: Watch) -> None:
    """Nothing that came before the first look at it is passed over."""
    with EmbeddedBroker() as broker:
        servers = broker.bootstrap_servers
        port = watch(servers)
        began = time.monotonic()
        while "Kafka has no infusion" not in readiness(port).why:
            assert time.monotonic() - began < 30, "it never saw that there is none"
        broker.create_topics([topic.name for topic in topics.TOPICS], 1)
        asyncio.run(refuse(servers, reject_headers((), EMPTY.reason, topics.EVENTS, 0, 7)))
        shows(port, "infusion_group_rejects_total", 1, topic=topics.EVENTS, reason="empty")


def test_what_it_cannot_do_without_is_told_in_words(
    infusion: Run, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No Kafka is named, or nowhere to show anything."""
    refused = infusion(None, "watch")
    assert refused.exit_code == 2
    assert "KAFKA_BOOTSTRAP_SERVERS" in refused.stderr
    monkeypatch.setenv("INFUSION_METRICS_BIND", "off")
    refused = infusion(nowhere, "watch")
    assert refused.exit_code == 2
    assert "off leaves watch nothing to do; write HOST:PORT, for example 127.0.0.1:6067" in refused.stderr


def test_a_kafka_that_is_not_there_is_told_and_asked_again(nowhere: str, watch: Watch) -> None:
    """The process whose word alerts rest on does not end with what it watches."""
    port = watch(nowhere)
    until(port, "starting", 30)
    until(port, "broker_silent", 30)
    assert alive(port)
    assert scraped(port).value("infusion_ready") == 0


def test_a_coordinator_that_is_stuck_is_told_apart(watch: Watch) -> None:
    """Partitions can be asked about and positions cannot: what the group has read is unknown, not never read."""
    with EmbeddedBroker() as broker:
        broker.create_topics([topic.name for topic in topics.TOPICS], 1)
        port = watch(broker.bootstrap_servers)
        until(port, "ready", 30)
        broker.push_errors(OFFSET_FETCH, *[NOT_COORDINATOR] * 1_000)
        assert until(port, "coordinator_silent", 30) < 15
        page = scraped(port)
        assert page.value("infusion_ready") == 0
        assert page.value(
            "infusion_group_partition_state", topic=topics.EVENTS, partition="0", state="unknown"
        )
        assert (page.value("infusion_broker_silence_seconds") or 0) < 10
