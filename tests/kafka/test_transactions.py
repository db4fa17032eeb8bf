"""Publishers that write in transactions, on a real broker: what they take back is never charged, what they end with holds nothing up."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from aiokafka import AIOKafkaProducer
from apache_kafka import ApacheKafka
from chaos_worker import Worker
from click.testing import Result
from confluent_kafka import Producer
from kafka_settings import free_ports
from kafka_stays import said_on, stay, with_topics
from orjson import loads
from scraped import scraped

from streams.kafka.connection import connection
from streams.kafka.group_lag import GroupLag
from streams.kafka.partition_asker import FirstRecord, PartitionAsker
from streams.kafka.topic_reader import whole_topic
from streams.wire import topics

Maker = Callable[..., ApacheKafka]
Run = Callable[..., Result]


def transact(kafka: ApacheKafka, topic: str, said: list[tuple[str, bytes]], *, commit: bool) -> None:
    """Write values by key in one transaction, and commit it or take it back."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": f"ward-{commit}"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for key, value in said:
        producer.produce(topic, value, key.encode(), partition=0)
    producer.flush(30)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


def test_the_last_stays_of_a_transaction_are_charged_and_those_taken_back_never(
    own_kafka: Maker, infusion: Run, workers: list[Worker], tmp_path: Path
) -> None:
    """The partition ends with a marker that nobody hands out; nothing is late once all before it is coded."""
    kafka = with_topics(own_kafka, infusion)
    kept, gone = [f"KEPT{number}" for number in range(10)], [f"GONE{number}" for number in range(10)]
    (port,) = free_ports(1)
    workers.append(Worker("w1", tmp_path, kafka.bootstrap, more={"INFUSION_METRICS_BIND": str(port)}).start())
    for names, commit in ((gone, False), (kept, True), (["GONE10"], False)):
        transact(kafka, topics.EVENTS, [(name, line) for name in names for line in stay(name)], commit=commit)
    found = said_on(kafka, topics.CHARGES, lambda seen: seen.keys() >= {*kept}, 30)
    assert sorted(found) == kept
    assert {one["status"] for one in found.values()} == {"final"}

    until = time.monotonic() + 20
    place = {"topic": topics.EVENTS, "partition": "0"}
    while (late := scraped(port).value("infusion_lag_records", **place)) != 0 and time.monotonic() < until:
        time.sleep(0.2)
    assert late == 0
    # Once more from an empty disk: the changelogs are read to their ends, and the committed position is past the markers.
    workers.pop().kill()
    again = Worker("w2", tmp_path, kafka.bootstrap).start()
    workers.append(again)
    again.until_ready()
    shown = infusion(kafka.bootstrap, "recode", "--since", "2026-01-01")
    assert sorted(loads(line)["encounter_id"] for line in shown.stdout.splitlines()) == kept


def test_what_a_transaction_took_back_is_read_nowhere(own_kafka: Maker, infusion: Run) -> None:
    """Not from a topic of ours read to its end, nor by a verb; and a partition that ends with markers has an end."""
    kafka = with_topics(own_kafka, infusion)
    told = connection({"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap})
    for topic in (topics.EVENTS, topics.CLOSED, topics.REJECTS, topics.CHARGES, topics.REVIEW):
        transact(kafka, topic, [("KEPT", stay("KEPT")[0])], commit=True)
        transact(kafka, topic, [("GONE", line) for line in stay("GONE")], commit=False)

    async def read(topic: str) -> list[bytes]:
        return [record.key async for record in whole_topic(told, topic)]

    for topic in (topics.EVENTS, topics.CLOSED, topics.REJECTS, topics.CHARGES, topics.REVIEW):
        assert asyncio.run(asyncio.wait_for(read(topic), 20)) == [b"KEPT"], topic
    explained = infusion(kafka.bootstrap, "explain", "--encounter", "GONE")
    assert b"ceftriaxone" not in explained.stdout_bytes
    restored = infusion(kafka.bootstrap, "recode", "--restore", "GONE")
    assert restored.exit_code == 1, restored.output


def test_a_group_is_not_late_by_markers(own_kafka: Maker, infusion: Run) -> None:
    """Its worker stopped before them; a record that comes after them is late by itself alone."""
    kafka = with_topics(own_kafka, infusion)
    transact(kafka, topics.EVENTS, [("GONE", line) for line in stay("GONE")], commit=False)

    async def late() -> list[tuple[int, int, bool]]:
        asker = PartitionAsker(connection({"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap}))
        place, found = (topics.EVENTS, 0), []
        group = GroupLag(asker, topics.APPLICATION)
        try:
            for _ in range(2):
                (lag,) = await group.look({topics.EVENTS: 1})
                found.append((lag.records, lag.first_unread, lag.unread_since_ms is None))
            async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as sender:
                sent = await sender.send_and_wait(topics.EVENTS, b"x", partition=0)
            (lag,) = await group.look({topics.EVENTS: 1})
            found.append((lag.records, lag.first_unread, lag.unread_since_ms is None))
            first = FirstRecord(sent.offset, sent.timestamp)
            assert await asker.first_records({place: 0}, {place: 6}) == {place: first}
        finally:
            await asker.close()
        return found

    assert asyncio.run(late()) == [(0, 5, True), (0, 5, True), (1, 5, False)]
