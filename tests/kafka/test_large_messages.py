"""What we make may be larger than a topic takes: an unpacked event, headers, a stay without an end. On a real broker."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apache_kafka import ApacheKafka
from chaos_worker import Worker
from click.testing import Result
from confluent_kafka import Consumer, Producer, TopicPartition
from kafka_settings import free_ports
from kafka_stays import said_on, stay, with_topics
from orjson import dumps
from scraped import scraped

from models.event import EVENT
from streams.encounter.fold import fold
from streams.kafka.partitioner import home_of
from streams.wire import topics
from streams.wire.closed_encounter_json import ClosedEncounter, to_bytes

Maker = Callable[..., ApacheKafka]
Run = Callable[..., Result]
PUSHES = 24_000
"""With long ids; with short ones it takes 43,500, and three times as long to code them."""


def rejected(kafka: ApacheKafka, partition: int, count: int) -> list[Any]:
    """Return so many rejects."""
    consumer = Consumer(
        {"bootstrap.servers": kafka.bootstrap, "group.id": "a test", "fetch.message.max.bytes": 16 << 20}
    )
    consumer.assign([TopicPartition(topics.REJECTS, partition, 0)])
    found: list[Any] = []
    until = time.monotonic() + 90
    while len(found) < count and time.monotonic() < until:
        record = consumer.poll(0.2)
        if record is not None and not record.error():
            found.append(record)
    consumer.close()
    return found


def test_an_event_that_is_large_once_unpacked_leaves_its_head_and_digest(
    own_kafka: Maker, infusion: Run, workers: list[Worker], tmp_path: Path
) -> None:
    """Fourteen megabytes of it; what comes behind is coded, and a replay says where the rest lies."""
    kafka = with_topics(own_kafka, infusion)
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap, "compression.type": "zstd", "message.max.bytes": 20 << 20}
    )
    producer.produce(topics.EVENTS, b'{"encounter_id":"' + b"x" * (14 << 20) + b'"}', b"LARGE", partition=0)
    for line in stay("BEHIND"):
        producer.produce(topics.EVENTS, line, b"BEHIND", partition=0)
    assert producer.flush(60) == 0
    workers.append(Worker("w1", tmp_path, kafka.bootstrap).start())
    found = said_on(kafka, topics.CHARGES, lambda seen: "BEHIND" in seen, 60)
    assert found["BEHIND"]["status"] == "final"
    (reject,) = rejected(kafka, 0, 1)
    told = dict(reject.headers())
    assert told["infusion-reject-bytes"] == b"%d" % ((14 << 20) + 19)
    assert len(told["infusion-reject-sha256"]) == 64
    assert (told["infusion-reject-partition"], told["infusion-reject-offset"]) == (b"0", b"0")
    assert len(reject.value()) == 64 << 10
    replayed = infusion(kafka.bootstrap, "rejects", "--replay", "--all")
    assert replayed.exit_code == 1
    assert "only its head is kept" in replayed.stderr


def test_megabytes_of_headers_do_not_stop_a_misrouted_event(
    own_kafka: Maker, infusion: Run, workers: list[Worker], tmp_path: Path
) -> None:
    """It is forwarded without them, and they are counted."""
    kafka = own_kafka()
    infusion(kafka.bootstrap, "topics", "--create", "--partitions", "2", "--replication-factor", "1")
    name = next(f"STRAY{number}" for number in range(99) if home_of(f"STRAY{number}", 2) == 0)
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap, "message.max.bytes": 11 << 20, "compression.type": "lz4"}
    )
    large = [("traceparent", b"00-1"), *((f"x-{number}", b"\x01\xff" * 50_000) for number in range(30))]
    for number, line in enumerate(stay(name)):
        producer.produce(
            topics.EVENTS, line, name.encode(), partition=1, headers=large if number == 2 else []
        )
        producer.flush(30)
    (port,) = free_ports(1)
    workers.append(Worker("w1", tmp_path, kafka.bootstrap, more={"INFUSION_METRICS_BIND": str(port)}).start())
    found = said_on(kafka, topics.CHARGES, lambda seen: name in seen, 60)
    assert found[name]["status"] == "final"
    assert scraped(port).value("infusion_headers_dropped_total") == 30


def test_a_stay_whose_charges_are_too_many_for_a_message_is_refused_alone(
    own_kafka: Maker, infusion: Run, workers: list[Worker], tmp_path: Path
) -> None:
    """So many pushes are legal and no stay; the one behind it is charged."""
    kafka = with_topics(own_kafka, infusion)
    about = {"encounter_id": "ENDLESS", "source": "emar"}
    told: list[dict[str, Any]] = [
        {"type": "encounter_opened", "event_id": "o", "occurred_at": "2026-03-02T00:00:00-05:00", "payer": "medicare", "setting": "facility"} | about,
        *(
            {"type": "push_given", "event_id": f"p{number}", "occurred_at": f"2026-03-02T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}-05:00",
             "administration_id": f"A{number:0198}", "drug": {"name": "ondansetron"}, "route": "IV", "order_id": "O1"} | about
            for number in range(PUSHES)
        ),
        {"type": "encounter_discharged", "event_id": "d", "occurred_at": "2026-03-02T23:00:00-05:00"} | about,
    ]  # fmt: skip

    def closed(name: str, events: list[Any]) -> bytes:
        read = [EVENT.validate_json(one) for one in events]
        return to_bytes(
            ClosedEncounter(name, 1, "final", 1_772_500_000, "discharged", None, len(read), fold(read))
        )

    producer = Producer({"bootstrap.servers": kafka.bootstrap, "message.max.bytes": 15 << 20})
    producer.produce(topics.CLOSED, closed("ENDLESS", [dumps(one) for one in told]), b"ENDLESS", partition=0)
    producer.produce(topics.CLOSED, closed("BEHIND", stay("BEHIND")), b"BEHIND", partition=0)
    assert producer.flush(60) == 0
    (port,) = free_ports(1)
    # Coding so many takes a while, in which this worker says nothing: its session must outlast that.
    more = {"INFUSION_SESSION_TIMEOUT_SECONDS": "120", "INFUSION_METRICS_BIND": str(port)}
    workers.append(Worker("w1", tmp_path, kafka.bootstrap, more=more).start())
    found = said_on(kafka, topics.CHARGES, lambda seen: "BEHIND" in seen, 150)
    assert found["BEHIND"]["status"] == "final"
    assert "ENDLESS" not in found
    (reject,) = rejected(kafka, 0, 1)
    reason = dict(reject.headers())["infusion-reject-reason"].decode()
    assert reason.startswith("encounter_id: the stay as a whole is larger than a message may be")
    assert scraped(port).value("infusion_rejects_total", topic=topics.CLOSED, reason="too_large") == 1
