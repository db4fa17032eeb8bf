"""Any publisher may compress: what each codec packs is read, by the worker and by whoever else reads a topic."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from apache_kafka import ApacheKafka
from chaos_worker import Worker
from click.testing import Result
from confluent_kafka import Producer
from kafka_stays import said_on, stay, with_topics

from streams.kafka.connection import connection
from streams.kafka.topic_reader import whole_topic
from streams.wire import topics

CODECS = ("none", "gzip", "lz4", "snappy", "zstd")


def test_stays_in_any_codec_are_charged(
    own_kafka: Callable[..., ApacheKafka], infusion: Callable[..., Result], workers: list[Worker], tmp_path: Path
) -> None:  # fmt: skip
    """One codec that cannot be unpacked would stop the worker for ever."""
    kafka = with_topics(own_kafka, infusion)
    for codec in CODECS:
        producer = Producer(
            {"bootstrap.servers": kafka.bootstrap, "compression.type": codec, "linger.ms": 200}
        )
        for line in stay(codec.upper()):
            producer.produce(topics.EVENTS, line, codec.upper().encode(), partition=0)
        assert producer.flush(30) == 0
    workers.append(Worker("w1", tmp_path, kafka.bootstrap).start())
    wanted = {codec.upper() for codec in CODECS}
    found = said_on(kafka, topics.CHARGES, lambda seen: seen.keys() >= wanted, 60)
    assert {name: one["status"] for name, one in found.items()} == dict.fromkeys(wanted, "final")

    async def read() -> set[bytes]:
        told = connection({"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap})
        return {record.key async for record in whole_topic(told, topics.EVENTS)}

    assert asyncio.run(read()) == {name.encode() for name in wanted}
