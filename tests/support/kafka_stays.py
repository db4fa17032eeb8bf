"""Stays for tests on a broker: the events of one, a broker with the product's topics, and what a topic says in the end."""

import time
from collections.abc import Callable
from typing import Any

from apache_kafka import ApacheKafka
from click.testing import Result
from confluent_kafka import Consumer, TopicPartition
from orjson import dumps, loads


def stay(name: str) -> list[bytes]:
    """Return the events of a stay with one infusion."""
    about = {"encounter_id": name, "source": "emar"}
    given = {"administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV", "order_id": "O1"}
    at = "2026-03-02T{:02}:{:02}:00-05:00"
    told: list[dict[str, Any]] = [
        {"type": "encounter_opened", "event_id": "1", "occurred_at": at.format(7, 40), "payer": "medicare", "setting": "facility"} | about,
        {"type": "infusion_started", "event_id": "2", "occurred_at": at.format(8, 0)} | given | about,
        {"type": "infusion_stopped", "event_id": "3", "occurred_at": at.format(9, 0), "administration_id": "A1"} | about,
        {"type": "encounter_discharged", "event_id": "4", "occurred_at": at.format(12, 0)} | about,
    ]  # fmt: skip
    return [dumps(one) for one in told]


def said_on(kafka: ApacheKafka, topic: str, enough: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:  # fmt: skip
    """Return the newest value of each key on a topic, as soon as it is enough, or when the time is over."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "a test"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found: dict[str, Any] = {}
    until = time.monotonic() + seconds
    while not enough(found) and time.monotonic() < until:
        record = consumer.poll(0.2)
        if record is not None and not record.error():
            found[record.key().decode()] = loads(record.value()) if record.value() else None
    consumer.close()
    return found


def values_of(kafka: ApacheKafka, topic: str) -> list[bytes]:
    """Return the values that a topic of one partition has by now, in their order."""
    consumer, place = (
        Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "a test"}),
        TopicPartition(topic, 0, 0),
    )
    consumer.assign([place])
    end, values, last = consumer.get_watermark_offsets(place, timeout=30)[1], [], 0
    while last < end:
        record = consumer.poll(30)
        if record is None:
            break
        values.append(record.value() or b"")
        last = record.offset() + 1
    consumer.close()
    return values


def with_topics(own_kafka: Callable[..., ApacheKafka], infusion: Callable[..., Result]) -> ApacheKafka:
    """Return a broker with the product's topics, one partition each."""
    kafka = own_kafka()
    infusion(kafka.bootstrap, "topics", "--create", "--partitions", "1", "--replication-factor", "1")
    return kafka
