"""What a run stands on: one broker, its topics, the events on one of them, and what ``infusion code`` makes of them."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from orjson import loads
from terms import Terms, renamed

from streams.wire.topics import EVENTS, topic

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support" / "kafka_broker"))

from apache_kafka import ApacheKafka  # noqa: E402 - found where the line above says
from kafka_cluster import KafkaCluster  # noqa: E402 - as above
from kafka_settings import FOR_BENCHMARKS  # noqa: E402 - as above

Kafka = ApacheKafka | KafkaCluster

PARTITIONS: Final = 4
START: Final = "2026-07-06"
"""In the past, so that the worker's real clock has passed every deadline; in force are the tables of 2026."""

_INFUSION: Final = (sys.executable, "-c", "from streams.cli import main; main()")


def broker(folder: Path, *, copies: bool = False) -> Kafka:
    """Return a broker, or three with a copy of everything on each, not started; that and ending it is its context."""
    return KafkaCluster(folder) if copies else ApacheKafka(folder, options=FOR_BENCHMARKS)


def generated(encounters: int, seed: int) -> list[bytes]:
    """Return the events of so many stays, in the order in which they would be stored, about ten a stay."""
    asked = ("--encounters", str(encounters), "--seed", str(seed), "--start", START, "--order", "arrival")
    made = subprocess.run((*_INFUSION, "generate", *asked), stdout=subprocess.PIPE, check=True, cwd=ROOT)  # noqa: S603 - our own command
    return made.stdout.splitlines()


def coded(events: Iterable[bytes], folder: Path) -> list[bytes]:
    """Return the charge sets that ``infusion code`` gives for these events, one JSON line each."""
    file = folder / "events.jsonl"
    file.write_bytes(b"\n".join(events) + b"\n")
    made = subprocess.run(  # noqa: S603 - our own command
        (*_INFUSION, "code", "--quiet", "--jobs", "2", str(file)),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, cwd=ROOT,
    )  # fmt: skip
    return made.stdout.splitlines(keepends=True)


def key_of(line: bytes) -> bytes:
    """Return the key of an event: the stay it is about."""
    found: str = loads(line)["encounter_id"]
    return found.encode()


def make_topics(kafka: Kafka, terms: Terms, *, events: bool = False) -> None:
    """Create the topics of one run, and that of events where asked for, with the product's own settings."""
    wanted = renamed(terms.prefix)
    if events:
        wanted.append(topic(EVENTS)._replace(name=terms.events))
    for one in wanted:
        settings = {name: value for name, value in one.settings().items() if name != "retention.ms"}
        kafka.create_topic(one.name, terms.partitions, settings=settings)


def drop_topics(kafka: Kafka, terms: Terms) -> None:
    """Delete every topic of one run, so that the broker's disk and memory are not a matter of the order of runs."""
    admin = kafka.admin()
    gone = [
        name for name in admin.list_topics(timeout=30).topics if terms.prefix in name and name != terms.events
    ]
    for future in admin.delete_topics(gone).values() if gone else ():
        future.result(30)


def producer(servers: str, **settings: Any) -> Producer:
    """Return a producer that finds the partitions every publisher of ours finds."""
    return Producer(
        {
            "bootstrap.servers": servers,
            "acks": "all",
            "partitioner": "murmur2_random",
            "log_level": 0,
            **settings,
        }
    )


def publish(servers: str, name: str, records: Iterable[tuple[bytes, bytes]]) -> None:
    """Send keys and values as fast as they go; returns when all have arrived."""
    sending = producer(servers, **{"linger.ms": 20, "queue.buffering.max.messages": 500_000})
    for key, value in records:
        while True:
            try:
                sending.produce(name, value, key)
                break
            except BufferError:
                sending.poll(0.1)
        sending.poll(0)
    sending.flush()


def ends(consumer: Consumer, name: str, partitions: int) -> int:
    """Return how many records a topic has, counted by its ends."""
    return sum(
        consumer.get_watermark_offsets(TopicPartition(name, number), timeout=10)[1]
        for number in range(partitions)
    )


def asking(servers: str, **settings: Any) -> Consumer:
    """Return a consumer that belongs to no group and commits nothing."""
    return Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "bench-asks",
            "enable.auto.commit": False,
            "log_level": 0,
            **settings,
        }
    )


def all_of(servers: str, names: Iterable[str], partitions: int) -> Iterable[Any]:
    """Yield every record of some topics, up to where they end now."""
    consumer = asking(servers)
    try:
        left: dict[tuple[str, int], int] = {}
        for name in names:
            for number in range(partitions):
                end = consumer.get_watermark_offsets(TopicPartition(name, number), timeout=10)[1]
                if end:
                    left[name, number] = end
        consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in left])
        while left:
            for record in consumer.consume(2_000, 1.0):
                if record.error() is not None:
                    raise RuntimeError(str(record.error()))
                place = (record.topic(), record.partition())
                if record.offset() + 1 >= left.get(place, sys.maxsize):
                    del left[place]
                yield record
    finally:
        consumer.close()
