"""The cluster that the second row of the race stands on: three copies, of which one may go."""

from pathlib import Path

import pytest
from broker_fixtures import have_kafka
from confluent_kafka import Producer
from confluent_kafka.admin import ConfigResource, ResourceType

from streams.wire import topics

pytestmark = [pytest.mark.broker, pytest.mark.long]


def store(bootstrap: str, value: bytes) -> str | None:
    """Produce one record with ``acks=all``; return why it was not stored, None when it was."""
    said: list[str | None] = []
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "delivery.timeout.ms": 10_000})
    producer.produce(topics.EVENTS, value, on_delivery=lambda error, _: said.append(error and error.name()))
    producer.flush(60)
    return said[0]


def test_three_nodes_hold_every_record_and_one_of_them_may_go(tmp_path: Path) -> None:
    """Two copies acknowledge; a single one left does not, which is what ``acks=all`` is asked for."""
    have_kafka()
    from kafka_cluster import KafkaCluster  # noqa: PLC0415 -- only where there is a broker

    with KafkaCluster(tmp_path) as kafka:
        kafka.create_topic(topics.EVENTS, 4)
        admin = kafka.admin()
        parts = admin.list_topics(topics.EVENTS, timeout=10).topics[topics.EVENTS].partitions
        assert [sorted(part.replicas) for part in parts.values()] == [[1, 2, 3]] * 4
        asked = ConfigResource(ResourceType.TOPIC, topics.EVENTS)
        told = admin.describe_configs([asked])[asked].result(30)
        assert told["min.insync.replicas"].value == "2"
        assert store(kafka.bootstrap, b"one") is None
        kafka.nodes[2].kill()
        assert store(kafka.bootstrap, b"two") is None
        kafka.nodes[1].kill()
        assert store(kafka.bootstrap, b"three") is not None
