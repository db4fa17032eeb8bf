"""The alert rules in a real Prometheus beside a worker under load: they fire, and they clear."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest
from chaos_worker import INFUSION, Worker
from confluent_kafka import Producer
from kafka_settings import free_ports
from orjson import dumps
from prometheus_server import PrometheusServer
from scraped import readiness
from thresholds import Thresholds
from write import rules_text

from streams.kafka.embedded import EmbeddedBroker
from streams.wire import topics

STAYS, A_STAY = 200, 10

QUICK = Thresholds(
    lag=1, lag_for=1, no_progress=2, never_read_for=1, workers_for=1, watch_for=5, unready=20, within=4, settle=1, overdue=60,
)  # fmt: skip
"""Minutes as seconds: the same rules, of a site in a hurry."""


@pytest.fixture
def begun() -> Iterator[list[Worker]]:
    """Give a list for processes, which end with the test."""
    processes: list[Worker] = []
    yield processes
    for process in processes:
        process.kill()


def until(what: str, so: Callable[[], bool], seconds: float) -> None:
    """Return when it is so; fail when it is not in time."""
    began = time.monotonic()
    while not so():
        assert time.monotonic() - began < seconds, what
        time.sleep(0.05)


def publish(servers: str, round_: int) -> None:
    """Publish stays that never end, as fast as a broker takes them."""
    producer = Producer({"bootstrap.servers": servers})
    for number in range(STAYS * A_STAY):
        stay, part = f"ALERT{round_}-{number // A_STAY}", number % A_STAY
        event = {
            "type": "access_placed" if part else "encounter_opened", "event_id": f"{stay}.{part}", "encounter_id": stay,
            "occurred_at": "2026-03-02T08:00:00-05:00", "source": "emar" if part else "adt",
        } | ({"site_id": f"{stay}-{part}"} if part else {})  # fmt: skip
        producer.produce(topics.EVENTS, dumps(event), key=stay, partition=0)
    assert producer.flush(30) == 0


def refuse(servers: str) -> None:
    """Publish what nobody can read."""
    producer = Producer({"bootstrap.servers": servers})
    producer.produce(topics.EVENTS, b"{", key="ALERT", partition=0)
    assert producer.flush(30) == 0


def test_alerts_fire_and_clear_in_a_real_prometheus(tmp_path: Path, begun: list[Worker]) -> None:
    """Lag and standing still while a worker is stopped, a reject when it goes on; all clear once it has caught up."""
    ours, outside = free_ports(2)
    jobs = {"infusion-worker": ours, "infusion-watch": outside}
    with EmbeddedBroker() as broker, PrometheusServer(tmp_path, jobs, rules_text(QUICK)) as prometheus:
        servers = broker.bootstrap_servers
        broker.create_topics([topic.name for topic in topics.TOPICS], 1)
        more = {"INFUSION_METRICS_BIND": str(ours), "INFUSION_INACTIVE_HOURS": "72"}
        begun.append(worker := Worker("worker-1", tmp_path, servers, more=more))
        at = {"INFUSION_METRICS_BIND": str(outside)}
        begun.append(watch := Worker("watch", tmp_path, servers, command=(*INFUSION, "watch"), more=at))
        worker.start()
        watch.start()
        until("never ready", lambda: all(readiness(port).state == "ready" for port in jobs.values()), 30)
        publish(servers, 0)
        until(
            "not caught up",
            lambda: prometheus.values("infusion_group_position_offset > 1999") != [],
            15,
        )
        until("not clear at first", lambda: not prometheus.firing(), 10)
        assert prometheus.broken() == []
        worker.signal(SIGSTOP)
        publish(servers, 1)
        refuse(servers)
        until(
            "lag does not fire",
            lambda: prometheus.firing() >= {"InfusionLag", "InfusionNoProgress"},
            15,
        )
        worker.signal(SIGCONT)
        until("a reject does not fire", lambda: "InfusionRejects" in prometheus.firing(), 15)
        until(
            "lag does not clear",
            lambda: not prometheus.firing() & {"InfusionLag", "InfusionNoProgress"},
            15,
        )
        until("rejects do not clear", lambda: not prometheus.firing(), 20)
