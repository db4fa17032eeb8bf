"""Records damaged on a real broker's disk, and names of headers that are not UTF-8: told, moved past, refused; the rest is charged."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka.record.util import calc_crc32c
from apache_kafka import ApacheKafka
from chaos_worker import Worker
from click.testing import Result
from confluent_kafka import Consumer, Producer, TopicPartition
from kafka_settings import free_ports
from kafka_stays import said_on, stay, with_topics
from scraped import readiness, scraped

from streams.wire import topics

Maker = Callable[..., ApacheKafka]
Run = Callable[..., Result]

FATAL = 70
CRC, CHECKED_FROM, HEAD = 17, 21, 12
"""Where a batch has its checksum, what that is of, and what comes before its length is over."""


def publish(kafka: ApacheKafka, topic: str, name: str, header: str | None = None) -> None:
    """Publish a stay as one batch; ``header`` names one of the third event."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "linger.ms": 500})
    for number, line in enumerate(stay(name)):
        headers = [(header, b"x")] if header and number == 2 else None
        producer.produce(topic, line, name.encode(), partition=0, headers=headers)
    assert producer.flush(30) == 0


def turn(kafka: ApacheKafka, topic: str, was: bytes, now: bytes, *, mend: bool = False) -> None:
    """Change bytes in a partition while its broker is down; ``mend`` makes the checksums right again."""
    kafka.stop()
    file = kafka.segment(topic)
    content = bytearray(file.read_bytes())
    assert was in content
    content = content.replace(was, now)
    place = 0
    while (
        mend and place < len(content) and (length := int.from_bytes(content[place + 8 : place + HEAD], "big"))
    ):
        end = place + HEAD + length
        content[place + CRC : place + CHECKED_FROM] = calc_crc32c(
            bytes(content[place + CHECKED_FROM : end])
        ).to_bytes(4, "big")
        place = end
    file.write_bytes(content)
    kafka.start()


def rejected(kafka: ApacheKafka, count: int) -> list[dict[str, str]]:
    """Return the headers of so many rejects."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "a test"})
    consumer.assign([TopicPartition(topics.REJECTS, 0, 0)])
    found: list[dict[str, str]] = []
    until = time.monotonic() + 30
    while len(found) < count and time.monotonic() < until:
        record = consumer.poll(0.2)
        if record is not None and not record.error():
            found.append(
                {name: (value or b"").decode(errors="replace") for name, value in record.headers() or ()}
            )
    consumer.close()
    return found


def ended(worker: Worker) -> int:
    """Return the status a worker ends with by itself."""
    until = time.monotonic() + 60
    while worker.running:
        assert time.monotonic() < until, "it goes on"
        time.sleep(0.1)
    assert worker._process is not None  # noqa: SLF001 -- started above
    return int(worker._process.returncode)  # noqa: SLF001 -- as above


def test_a_damaged_batch_is_named_and_moved_past_alone(
    own_kafka: Maker, infusion: Run, workers: list[Worker], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stays before and behind it are charged; its own is not, and each of its records is a reject."""
    kafka = with_topics(own_kafka, infusion)
    for name in ("BEFORE", "BROKEN", "BEHIND"):
        publish(kafka, topics.EVENTS, name)
    hurt = b'"administration_id":"%s","encounter_id":"BROKEN"'
    turn(kafka, topics.EVENTS, hurt % b"A1", hurt % b"A7")
    workers.append(Worker("w1", tmp_path, kafka.bootstrap).start())
    assert ended(workers[0]) == FATAL
    said = workers[0].log.read_text(errors="replace")
    assert f"records 4 to 7, one batch, of {topics.EVENTS}, partition 0: damaged in Kafka" in said
    assert f"INFUSION_SKIP_RECORDS={topics.EVENTS}:0:4 moves past it" in said
    shown = infusion(kafka.bootstrap, "recode", "--restore", "BROKEN")
    assert shown.exit_code == 2
    assert f"INFUSION_SKIP_RECORDS={topics.EVENTS}:0:4" in shown.stderr

    (port,) = free_ports(1)
    skip = {"INFUSION_SKIP_RECORDS": f"{topics.EVENTS}:0:4", "INFUSION_METRICS_BIND": str(port)}
    workers.append(Worker("w1", tmp_path, kafka.bootstrap, more=skip).start())
    found = said_on(kafka, topics.CHARGES, lambda seen: seen.keys() >= {"BEFORE", "BEHIND"}, 60)
    assert {name: one["status"] for name, one in found.items() if name != "BROKEN"} == {
        "BEFORE": "final",
        "BEHIND": "final",
    }
    assert found.get("BROKEN", {"status": "held"})["status"] == "held"
    told = rejected(kafka, 4)
    assert [one["infusion-reject-offset"] for one in told] == ["4", "5", "6", "7"]
    assert all("skipped, as INFUSION_SKIP_RECORDS says" in one["infusion-reject-reason"] for one in told)
    assert scraped(port).value("infusion_skipped_records_total", topic=topics.EVENTS) == 4
    ready = readiness(port)
    assert (ready.status, ready.state) == (200, "skipped_records")
    monkeypatch.setenv("INFUSION_SKIP_RECORDS", skip["INFUSION_SKIP_RECORDS"])
    assert infusion(kafka.bootstrap, "recode", "--restore", "BROKEN").exit_code == 1


def test_a_header_name_that_is_not_utf8_is_a_reject(
    own_kafka: Maker, infusion: Run, workers: list[Worker], tmp_path: Path
) -> None:
    """Like any other; the records beside it are used, and the stay is held until the event comes again."""
    kafka = with_topics(own_kafka, infusion)
    publish(kafka, topics.EVENTS, "BEFORE")
    publish(kafka, topics.EVENTS, "ODD", header="wardtrace")
    publish(kafka, topics.EVENTS, "BEHIND")
    turn(kafka, topics.EVENTS, b"wardtrace", b"ward\xff\xfe\xffce", mend=True)
    workers.append(Worker("w1", tmp_path, kafka.bootstrap).start())
    found = said_on(kafka, topics.CHARGES, lambda seen: seen.keys() >= {"BEFORE", "BEHIND", "ODD"}, 60)
    assert {name: one["status"] for name, one in found.items()} == {
        "BEFORE": "final", "BEHIND": "final", "ODD": "held",
    }  # fmt: skip
    (told,) = rejected(kafka, 1)
    assert told["infusion-reject-reason"] == (
        "headers: a header has a name that is not UTF-8; name it in UTF-8, and send the event again"
    )
    listed = infusion(kafka.bootstrap, "rejects", "--format", "jsonl")
    assert [json.loads(line)["offset"] for line in listed.stdout.splitlines()] == [0]
    assert infusion(kafka.bootstrap, "status").exit_code == 0
    assert infusion(kafka.bootstrap, "rejects", "--replay", "--all").exit_code == 0
    again = said_on(
        kafka, topics.CHARGES, lambda seen: seen.get("ODD", {"status": ""})["status"] == "final", 60
    )
    assert again["ODD"]["status"] == "final"
