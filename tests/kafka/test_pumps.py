"""Pumps through door and worker on a real Kafka: in any order, the worker killed in between, what nothing links waiting."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from apache_kafka import ApacheKafka
from chaos_worker import INFUSION, Worker
from click.testing import CliRunner
from hl7_feed import listening, send
from kafka_settings import free_ports
from orjson import loads
from pump_wire import pump

from streams.cli import main
from streams.feeds.hl7v2.batches import messages
from streams.wire import topics
from streams.wire.reject_headers import origin
from streams.wire.topics import TOPICS

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "wire"
SITE = str(SEEDS / "site.toml")
PARTITIONS = 4


@pytest.fixture
def begun() -> Iterator[list[Worker]]:
    """Give a list for processes, which end with the test."""
    processes: list[Worker] = []
    yield processes
    for process in processes:
        process.kill()


async def all_of(servers: str, topic: str) -> list[Any]:
    """Return every record of a topic as it is now."""
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    records = []
    async with AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest") as consumer:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        waiting = {place for place in places if ends[place]}
        while waiting:
            for place, found in (await consumer.getmany(timeout_ms=500)).items():
                records += found
                if found[-1].offset + 1 >= ends[place]:
                    waiting.discard(place)
    return records


def lines_of(charge_set: dict[str, Any]) -> set[tuple[str, str, int]]:
    """Return what a charge set bills."""
    return {(line["line_id"], line["code"], line["units"]) for line in charge_set["lines"]}


def charged(servers: str) -> dict[str, set[tuple[str, str, int]]]:
    """Return the lines of each final charge set."""
    newest = {
        record.key: loads(record.value)
        for record in asyncio.run(all_of(servers, topics.CHARGES))
        if record.value
    }
    return {one["encounter_id"]: lines_of(one) for one in newest.values() if one["status"] == "final"}


def until(seconds: float, done: Callable[[], bool]) -> bool:
    """Return whether it was done in time."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(1)
    return True


def test_pumps_in_any_order_are_charged_as_in_their_own(
    own_kafka: Callable[..., ApacheKafka], begun: list[Worker], tmp_path: Path
) -> None:
    """What nothing links makes no charge, lies with the rejects and is counted by ``infusion status``."""
    kafka = own_kafka()
    for one in TOPICS:
        kafka.create_topic(one.name, PARTITIONS, settings=one.settings())
    files = sorted((SEEDS / "pumps").glob("*.hl7"))
    sent = [message for file in files for message in messages(file.read_bytes())]
    converted = CliRunner().invoke(main, ["convert", "--from", "hl7v2", "--site", SITE, *map(str, files)])
    coded = CliRunner().invoke(main, ["code", "--quiet"], input=converted.stdout_bytes)
    sets = [loads(line) for line in coded.stdout_bytes.splitlines()]
    wanted = {one["encounter_id"]: lines_of(one) for one in sets if one["status"] == "final"}
    assert len(wanted) >= len(files)
    chance = Random(7)  # noqa: S311 - chance, not secrecy
    chance.shuffle(sent)
    sent.append(pump("start", "0800", device="P999", order="", program="NOBODYS"))
    port, http = free_ports(2)
    more = {"INFUSION_METRICS_BIND": "off", "INFUSION_SITE_FILE": SITE}
    doors = {"INFUSION_LISTEN_MLLP": str(port), "INFUSION_LISTEN_HTTP": str(http)}
    door = Worker("listen", tmp_path, kafka.bootstrap, command=(*INFUSION, "listen"), more={**more, **doors})
    worker = Worker("worker", tmp_path, kafka.bootstrap, command=(*INFUSION, "worker"), more=more)
    begun += [door, worker]
    door.start()
    worker.start()
    listening(port)
    wire = [message.decode().replace("\n", "\r") for message in sent]
    half = len(wire) // 2
    send(port, wire[:half])
    worker.until_ready()
    worker.kill()
    worker.start()
    send(port, wire[half:])
    assert until(120, lambda: charged(kafka.bootstrap) == wanted), charged(kafka.bootstrap)
    rejects = [
        origin(tuple(record.headers)) for record in asyncio.run(all_of(kafka.bootstrap, topics.REJECTS))
    ]
    assert all(one is not None and "unlinked pump" in one.reason for one in rejects)
    environment = {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap}
    status = CliRunner(env=environment).invoke(main, ["status", "--format", "json"])
    assert loads(status.stdout_bytes)["unlinked_infusions"] == 1
    shown = CliRunner(env=environment).invoke(main, ["status"]).stdout
    assert "pumps       1 infusion of no known stay" in shown
    assert worker.stop() == 0
    assert door.stop() == 0
