"""``infusion watch`` on logs that are not what they were: workers stop for it and are gone, and it lives on."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import forked
import pytest
from apache_kafka import ApacheKafka
from chaos import PARTITIONS, Stream
from chaos_feed import day
from chaos_worker import environment
from forked import Forked
from half_read import cut_topic, delete, grow, half_read, make, set_positions
from kafka_settings import free_ports
from orjson import loads
from scraped import Scraped, readiness, scraped

from streams.metrics.table import LOG_FAULTS
from streams.wire import topics

pytestmark = pytest.mark.broker

Maker = Callable[..., ApacheKafka]

CHANGELOG = topics.RELEASES_CHANGELOG


@pytest.fixture
def stream(own_kafka: Maker, tmp_path: Path) -> Iterator[Stream]:
    """Give a small day of which half is read, by a worker that was stopped."""
    with Stream(own_kafka(), tmp_path / "stream", day(7, 60)) as made:
        assert half_read(made).stop() == 0
        yield made


@pytest.fixture
def port(stream: Stream, tmp_path: Path) -> Iterator[int]:
    """Give the port of a watch."""
    (port,) = free_ports(1)
    given = environment(stream.kafka.bootstrap, {"INFUSION_METRICS_BIND": str(port)})
    with (tmp_path / "watch.log").open("ab") as log:
        process = Forked(["watch"], environment=given, stderr=log)
    yield port
    process.terminate()
    assert process.wait(20) == 0


def until(port: int, state: str, seconds: float = 40) -> str:
    """Return why /readyz says so, once it does."""
    began = time.monotonic()
    while (found := readiness(port)).state != state:
        assert time.monotonic() - began < seconds, f"{found.state or 'nobody'} and not {state}: {found.why}"
        time.sleep(0.1)
    return found.why


def faults(page: Scraped) -> set[tuple[str, str]]:
    """Return the faults a page shows, with their topics."""
    return {
        (dict(labels)["topic"], dict(labels)["fault"])
        for labels, value in page.series("infusion_group_log_fault").items()
        if value == 1
    }


def until_faults(port: int, wanted: set[tuple[str, str]], seconds: float = 40) -> Scraped:
    """Return the page once it shows these faults and no others."""
    began = time.monotonic()
    while faults(page := scraped(port)) != wanted:
        assert time.monotonic() - began < seconds, faults(page)
        time.sleep(0.1)
    return page


def test_logs_cut_short_are_told_until_they_are_mended(stream: Stream, port: int) -> None:
    """From outside, and without having seen them before: what is noted beside the positions tells."""
    until(port, "ready")
    page = scraped(port)
    assert not faults(page)
    assert page.total("infusion_group_truncated_records") == 0
    assert {dict(one)["fault"] for one in page.series("infusion_group_log_fault")} == {*LOG_FAULTS[:3]}, (
        "0 is on the page from the first check on"
    )
    cuts = {name: cut_topic(stream, name) for name in (topics.EVENTS, CHANGELOG)}
    stream.kafka.start()
    for _ in range(2):
        stream.publish()  # over the cut, and far beyond it
    both = {(topics.EVENTS, "log_truncated"), (CHANGELOG, "log_truncated")}
    page = until_faults(port, both)
    assert "infusion.events.v1, partition" in readiness(port).why
    for name, places in cuts.items():
        for number, (before, end) in places.items():
            place = {"topic": name, "partition": str(number)}
            assert page.value("infusion_group_truncated_records", **place) == before - end
    told = forked.run(["status", "--format", "json"], environment=environment(stream.kafka.bootstrap))
    assert loads(told.stdout)["verdict"] == "logs wrong"
    assert "was cut short" in loads(told.stdout)["log_faults"][0]
    set_positions(
        stream.kafka, {(topics.EVENTS, number): end for number, (_, end) in cuts[topics.EVENTS].items()}
    )
    until_faults(port, {(CHANGELOG, "log_truncated")})
    assert CHANGELOG in readiness(port).why


def test_topics_made_anew_deleted_and_grown_are_told(stream: Stream, port: int) -> None:
    """By ids and counts; Kafka forgets the positions of a topic that is deleted, and others remember it."""
    until(port, "ready")
    grow(stream.kafka, [topics.CLOSED], PARTITIONS + 1)
    assert f"had {PARTITIONS} partitions and has {PARTITIONS + 1}" in until(port, "partitions_changed")
    assert faults(scraped(port)) == {(topics.CLOSED, "partitions_changed")}
    delete(stream.kafka, topics.EVENTS)
    began = time.monotonic()
    while (topics.EVENTS, "topic_replaced") not in faults(scraped(port)):
        assert time.monotonic() - began < 30
        time.sleep(0.1)
    make(stream.kafka, topics.EVENTS)
    time.sleep(4)
    assert (topics.EVENTS, "topic_replaced") in faults(scraped(port)), "it is another"
