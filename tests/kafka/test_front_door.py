"""From a sender to a billing system, neither of them ours: every process killed in between, and the broker frozen."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import forked
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from apache_kafka import ApacheKafka
from billing_receiver import BillingReceiver, standing
from chaos_worker import INFUSION, Worker
from click.testing import CliRunner
from hl7_feed import events_of, listening, send, stay
from kafka_settings import free_ports
from orjson import dumps, loads

from streams.cli import main
from streams.wire import topics
from streams.wire.topics import TOPICS

Maker = Callable[..., ApacheKafka]
STAYS = 40
IN_FLIGHT = 8
"""Messages that are on their way at once, where nothing else is said."""

FACILITIES = ("NORTH", "SOUTH", "EAST")


@pytest.fixture
def begun() -> Iterator[list[Worker]]:
    """Give a list for processes, which end with the test."""
    processes: list[Worker] = []
    yield processes
    for process in processes:
        process.kill()


def process(begun: list[Worker], verb: str, folder: Path, servers: str, **more: str) -> Worker:
    """Start a verb."""
    started = Worker(
        verb, folder, servers, command=(*INFUSION, verb), more={"INFUSION_METRICS_BIND": "off", **more}
    )
    begun.append(started)
    return started.start()


def filled(kafka: ApacheKafka) -> None:
    """Create the topics."""
    for one in TOPICS:
        kafka.create_topic(one.name, 4, settings=one.settings())


async def all_of(servers: str, topic: str) -> list[Any]:
    """Return every record of a topic as it is now."""
    places = [TopicPartition(topic, number) for number in range(4)]
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


def charged(servers: str) -> dict[str, set[tuple[str, str, int]]]:
    """Return the lines of each final charge set."""
    newest = {record.key: loads(record.value) for record in asyncio.run(all_of(servers, topics.CHARGES))}
    return {
        one["encounter_id"]: {(line["line_id"], line["code"], line["units"]) for line in one["lines"]}
        for one in newest.values()
        if one["status"] == "final"
    }


def net(servers: str) -> dict[str, int]:
    """Return the units that stand of each line id, as one that adds up counts them, each ce_id once."""
    units: dict[str, int] = {}
    said = {
        dict(record.headers)["ce_id"]: record for record in asyncio.run(all_of(servers, topics.CHARGE_LINES))
    }
    for record in said.values():
        change = loads(record.value)
        sign = 1 if change["change"] == "charge" else -1
        line = change["line"]
        units[line["line_id"]] = units.get(line["line_id"], 0) + sign * line["units"]
    return {line: count for line, count in units.items() if count}


def expected(folder: Path, messages: list[str]) -> dict[str, set[tuple[str, str, int]]]:
    """Return what ``infusion code`` makes of the same messages' events."""
    file = folder / "events.jsonl"
    file.write_bytes(b"".join(dumps(event) + b"\n" for event in events_of(messages)))
    made = CliRunner().invoke(main, ["code", "--quiet", str(file)])
    sets = [loads(line) for line in made.stdout.splitlines()]
    return {
        one["encounter_id"]: {(line["line_id"], line["code"], line["units"]) for line in one["lines"]}
        for one in sets
    }


def until(seconds: float, done: Callable[[], bool]) -> bool:
    """Return whether it was done in time."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(1)
    return True


def due(wanted: dict[str, set[tuple[str, str, int]]]) -> dict[str, tuple[str, str, str]]:
    """Return what must stand at the billing system: account, code and quantity by FT1-2."""
    return {line: (stay, code, str(units)) for stay, lines in wanted.items() for line, code, units in lines}


def test_nothing_is_lost_and_nothing_charged_twice(
    own_kafka: Maker, begun: list[Worker], tmp_path: Path
) -> None:
    """
    From python-hl7's client to python-hl7's server: what stands there is what a file would have given.

    Three facilities send RAS and ADT by MLLP; door, worker and what delivers DFT are killed meanwhile.
    """
    kafka = own_kafka()
    filled(kafka)
    port, http = free_ports(2)
    doors = {"INFUSION_LISTEN_MLLP": str(port), "INFUSION_LISTEN_HTTP": str(http)}
    door = process(begun, "listen", tmp_path, kafka.bootstrap, **doors)
    worker = process(begun, "worker", tmp_path, kafka.bootstrap)
    listening(port)
    feeds = {
        facility: [message for number in range(place, STAYS, 3) for message in stay(number, facility)]
        for place, facility in enumerate(FACILITIES)
    }
    with BillingReceiver(pause=0.05) as billing:
        delivering = process(begun, "deliver", tmp_path, kafka.bootstrap, INFUSION_DELIVER_TO=billing.address)
        senders = [threading.Thread(target=send, args=(port, messages)) for messages in feeds.values()]
        for sender in senders:
            sender.start()
        worker.until_ready()
        worker.kill()
        worker.start()
        door.kill()
        door.start()
        worker.until_ready(2)
        worker.kill()
        worker.start()
        for sender in senders:
            sender.join(120)
        wanted = expected(tmp_path, [message for messages in feeds.values() for message in messages])
        assert len(wanted) == STAYS
        until(90, lambda: len(billing.taken) > STAYS // 4)
        delivering.kill()
        delivering.start()
        assert until(90, lambda: charged(kafka.bootstrap) == wanted), charged(kafka.bootstrap)
        assert until(90, lambda: standing(billing.taken) == due(wanted)), standing(billing.taken)
        # All may have been delivered before it was killed; a process that still starts has no way to stop yet.
        assert until(60, lambda: delivering.log.read_bytes().count(b"partitions dealt") > 1)
        assert delivering.stop() == 0
    assert billing.interleaved == []
    again = Counter(one.control_id for one in billing.taken)
    assert sum(count - 1 for count in again.values()) <= IN_FLIGHT, (
        "more came twice than was on its way at the kill"
    )
    assert net(kafka.bootstrap) == {line: units for lines in wanted.values() for line, _, units in lines}
    assert asyncio.run(all_of(kafka.bootstrap, topics.REJECTS)) == []
    assert door.stop() == 0
    assert worker.stop() == 0


def test_a_frozen_broker_is_told_to_the_sender_and_what_it_sends_again_is_one_event(
    own_kafka: Maker, begun: list[Worker], tmp_path: Path
) -> None:
    """AE while nobody answers, AA afterwards on the same connection; both copies may lie in Kafka."""
    kafka = own_kafka()
    filled(kafka)
    port, http = free_ports(2)
    door = process(
        begun, "listen", tmp_path, kafka.bootstrap,
        INFUSION_LISTEN_MLLP=str(port), INFUSION_LISTEN_HTTP=str(http), INFUSION_LISTEN_ACK_SECONDS="1",
    )  # fmt: skip
    listening(port)
    messages = [*stay(1, "NORTH")]
    assert send(port, messages[:1]) == ["AA"]
    kafka.pause()
    assert send(port, messages[1:], tries=2) == ["AE", "AE"]
    kafka.resume()
    assert [*dict.fromkeys(send(port, messages[1:]))][-1] == "AA"
    assert door.running
    worker = process(begun, "worker", tmp_path, kafka.bootstrap)
    wanted = expected(tmp_path, messages)
    assert until(90, lambda: charged(kafka.bootstrap) == wanted), charged(kafka.bootstrap)
    assert net(kafka.bootstrap) == {line: units for lines in wanted.values() for line, _, units in lines}
    assert worker.running


def test_a_door_without_topics_says_so(own_kafka: Maker) -> None:
    """And does not open."""
    kafka = own_kafka()
    given = {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "PATH": "", "INFUSION_METRICS_BIND": "off"}
    refused = forked.run(["listen"], environment=given)
    assert refused.returncode == 2
    assert refused.stderr.decode() == (
        f"Error: Kafka at {kafka.bootstrap} has no topic infusion.raw.hl7v2.v1; "
        "create the topics first: infusion topics --create\n"
    )
