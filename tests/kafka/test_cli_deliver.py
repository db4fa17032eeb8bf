"""``infusion deliver``: on an embedded broker by the word, and on a real one killed again and again: nothing lost, nothing twice."""

import asyncio
import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiokafka import AIOKafkaProducer
from apache_kafka import ApacheKafka
from billing_receiver import BillingReceiver, Taken, standing
from chaos_worker import environment
from charge_samples import CHARGE, FIRST, LINE
from click.testing import Result
from forked import Forked
from kafka_settings import free_ports
from scraped import readiness, scraped

from models.delivery import DELIVERY, Delivery
from models.line_change import Change, LineChange
from streams.feeds.control_id import control_id
from streams.kafka.admin import create_topics
from streams.kafka.connection import connection
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.topic_reader import whole_topic
from streams.wire.charge_json import value_of
from streams.wire.topics import CHARGE_LINES, DELIVERIES, TOPICS

Run = Callable[..., Result]
Maker = Callable[..., ApacheKafka]
Start = Callable[..., Forked]


def publish(servers: str, changes: list[LineChange]) -> None:
    """Put changes on their topic, each under its stay."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=servers, linger_ms=20) as sender:
            for change in changes:
                await sender.send(CHARGE_LINES, value_of(change), change.encounter_id.encode())

    asyncio.run(send())


def publish_whole(servers: str, changes: list[LineChange], name: str) -> None:
    """Put changes on their topic as a transaction, beside one that is taken back and must never be delivered."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=servers, linger_ms=20, transactional_id=name) as sender:
            await sender.begin_transaction()
            never = replace(CHARGE, encounter_id="NEVER", charge_set_id=name)
            await sender.send_and_wait(CHARGE_LINES, value_of(never), b"NEVER")
            await sender.abort_transaction()
            async with sender.transaction():
                for change in changes:
                    await sender.send(CHARGE_LINES, value_of(change), change.encounter_id.encode())

    asyncio.run(send())


def written_down(servers: str) -> list[Delivery]:
    """Return what stands on the topic of deliveries."""

    async def read() -> list[Delivery]:
        where = connection({"KAFKA_BOOTSTRAP_SERVERS": servers})
        return [DELIVERY.validate_json(one.value) async for one in whole_topic(where, DELIVERIES)]

    return asyncio.run(read())


def a_day(stays: int, seed: int = 7) -> list[LineChange]:
    """Return the changes of some stays as a worker says them: charged, credited, charged otherwise; stays mixed."""
    draw = random.Random(seed)  # noqa: S311 -- repeatable, not secret
    of_stays = []
    for number in range(stays):
        changes = []
        for revision in range(1, draw.randint(1, 4)):
            about = f"E{number}", f"set-{number}-{revision}", revision
            if revision > 1:
                changes += [replace(one, charge_set_id=about[1], revision=revision, change="credit") for one in changes if one.change == "charge" and one.revision == revision - 1]  # fmt: skip
            for line in draw.sample([LINE, FIRST], draw.randint(1, 2)):
                own = replace(line, line_id=f"L{number}-{line.code}", units=revision)
                changes.append(LineChange(*about, "charge", own))
        of_stays.append(changes)
    mixed = []
    while any(of_stays):
        stay = draw.choice([one for one in of_stays if one])
        mixed.append(stay.pop(0))
    return mixed


def due(changes: list[LineChange]) -> dict[str, tuple[str, str, str]]:
    """Return what must stand at the billing system in the end."""
    lines: dict[str, tuple[str, str, str]] = {}
    for one in changes:
        if one.change == "charge":
            lines[one.line.line_id] = one.encounter_id, one.line.code, str(one.line.units)
        else:
            lines.pop(one.line.line_id, None)
    return lines


def orders(taken: list[Taken]) -> Mapping[str, list[str]]:
    """Return the control ids of each stay in the order they were first taken in."""
    found: dict[str, list[str]] = {}
    for one in taken:
        mine = found.setdefault(one.account, [])
        if one.control_id not in mine:
            mine.append(one.control_id)
    return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Give what starts a process that delivers; what is left of them ends with the test."""
    running: list[Forked] = []

    def begin(servers: str, *words: str, **more: str) -> Forked:
        given = environment(servers, {"INFUSION_METRICS_BIND": "off", **more})
        with (tmp_path / "deliver.log").open("ab") as log:
            process = Forked(["deliver", *words], environment=given, stderr=log)
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def test_everything_is_delivered_once_and_in_order(embedded: EmbeddedBroker, infusion: Run) -> None:
    """And a second run has nothing to do; what was taken stands on the topic, by line."""
    changes = a_day(12)
    publish(embedded.bootstrap_servers, changes)
    with BillingReceiver() as billing:
        for _ in range(2):
            ran = infusion(embedded.bootstrap_servers, "deliver", "--to", billing.address, "--once")
            assert ran.exit_code == 0, ran.stderr
            assert len(billing.taken) == len(changes)
    assert billing.interleaved == []
    assert standing(billing.taken) == due(changes)
    expected: dict[str, list[str]] = {}
    for one in changes:
        expected.setdefault(one.encounter_id, []).append(control_id(one))
    assert orders(billing.taken) == expected
    down = written_down(embedded.bootstrap_servers)
    assert Counter((one.line_id, one.change, one.revision) for one in down) == Counter(
        (one.line.line_id, one.change, one.revision) for one in changes
    )
    assert {(one.destination, one.outcome, one.answer) for one in down} == {("billing", "accepted", "AA")}


def test_a_refused_stay_waits_is_listed_and_goes_out_at_the_next_start(
    embedded: EmbeddedBroker, infusion: Run
) -> None:
    """Other stays do not wait for it, and its credit does not overtake its charge."""
    servers = embedded.bootstrap_servers
    kinds: tuple[Change, Change] = ("charge", "credit")
    bad = [
        replace(CHARGE, encounter_id="BAD", charge_set_id=f"s{n}", change=kind)
        for n, kind in enumerate(kinds)
    ]
    changes = [bad[0], *a_day(3), bad[1]]
    publish(servers, changes)
    with BillingReceiver() as billing:
        billing.answers = lambda one: "AR" if one.account == "BAD" else "AA"
        ran = infusion(servers, "deliver", "--to", billing.address, "--once")
        assert ran.exit_code == 1
        assert "billing refused message" in ran.stderr
        assert len(billing.taken) == len(changes) - 2
        listed = infusion(servers, "deliver", "--parked")
        assert listed.exit_code == 1
        assert listed.stdout == f"billing  BAD  2 changes wait  {control_id(bad[0])}  AR\n"
        assert sorted((one.encounter_id, one.outcome) for one in written_down(servers) if one.outcome != "accepted") == [
            ("BAD", "refused"), ("BAD", "withheld"),
        ]  # fmt: skip

        billing.answers = lambda _: "AA"
        ran = infusion(servers, "deliver", "--to", billing.address, "--once")
        assert ran.exit_code == 0, ran.stderr
    assert [one.kind for one in billing.taken if one.account == "BAD"] == ["CG", "CD"]
    assert infusion(servers, "deliver", "--parked").stdout == ""


def test_a_new_name_can_begin_with_what_comes(embedded: EmbeddedBroker, infusion: Run) -> None:
    """A site that charged by hand until today does not charge three months again."""
    servers = embedded.bootstrap_servers
    publish(servers, a_day(3))
    with BillingReceiver() as billing:
        words = ("deliver", "--to", billing.address, "--once", "--begin", "latest")
        assert infusion(servers, *words).exit_code == 0
        assert billing.seen == []
        later = replace(CHARGE, encounter_id="LATER")
        publish(servers, [later])
        assert infusion(servers, *words).exit_code == 0
    assert [one.account for one in billing.taken] == ["LATER"]


class _FhirServer(BaseHTTPRequestHandler):
    """Keeps the newest version of each resource."""

    kept: ClassVar[dict[str, dict[str, Any]]] = {}

    def do_PUT(self) -> None:
        """Take a resource in."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"] == "Bearer t0ken"
        self.kept[self.path] = body
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_charge_items_stand_at_a_fhir_server(
    embedded: EmbeddedBroker, infusion: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest version of each line says whether it stands, as often as it was charged and credited."""
    changes = a_day(8)
    publish(embedded.bootstrap_servers, changes)
    (tmp_path / "token").write_text("t0ken", encoding="utf-8")
    monkeypatch.setenv("INFUSION_DELIVER_TOKEN_FILE", str(tmp_path / "token"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _FhirServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/fhir"
    ran = infusion(embedded.bootstrap_servers, "deliver", "--to", url, "--format", "chargeitem", "--once")
    server.shutdown()
    server.server_close()
    assert ran.exit_code == 0, ran.stderr
    standing_items = {
        path.rpartition("/")[2]: (item["context"]["identifier"]["value"], item["code"]["coding"][0]["code"], str(item["quantity"]["value"]))
        for path, item in _FhirServer.kept.items()
        if item["status"] == "billable"
    }  # fmt: skip
    assert standing_items == due(changes)
    assert {item["status"] for item in _FhirServer.kept.values()} <= {"billable", "entered-in-error"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--to or INFUSION_DELIVER_TO is missing; write for example mllp://"),
        (("--to", "billing:2575"), "the address: write mllp://HOST:PORT"),
        (("--to", "mllp://b:1", "--format", "chargeitem"), "MLLP carries HL7 v2"),
        (("--to", "mllp://b:1", "--name", "A B"), "the destination's name: write"),
    ],
)
def test_what_is_wrong_ends_it_before_anything_is_sent(
    embedded: EmbeddedBroker, infusion: Run, words: tuple[str, ...], says: str
) -> None:
    """With one line."""
    ran = infusion(embedded.bootstrap_servers, "deliver", *words)
    assert ran.exit_code == 2
    assert says in ran.stderr


def test_without_its_topics_it_does_not_begin(infusion: Run) -> None:
    """A broker that makes topics by use would make them with one partition."""
    with EmbeddedBroker() as broker:
        broker.create_topics([CHARGE_LINES], 4)
        ran = infusion(broker.bootstrap_servers, "deliver", "--to", "mllp://localhost:1")
    assert ran.exit_code == 2
    assert (
        "not as deliver needs them: infusion.deliveries.v1, infusion-charges-parked-changelog" in ran.stderr
    )


def test_the_figures_say_what_waits_and_why(embedded: EmbeddedBroker, start: Start) -> None:
    """With a billing system that is away, then there."""
    publish(embedded.bootstrap_servers, a_day(4))
    number = len(a_day(4))
    port, figures = free_ports(2)
    process = start(
        embedded.bootstrap_servers, "--to", f"mllp://localhost:{port}", INFUSION_METRICS_BIND=str(figures)
    )
    until(lambda: scraped(figures).value("infusion_undelivered_lines", destination="billing") == number)
    until(
        lambda: (
            (scraped(figures).value("infusion_oldest_undelivered_seconds", destination="billing") or 0) > 0
        )
    )
    accepted = {"destination": "billing", "outcome": "accepted"}
    assert scraped(figures).value("infusion_deliveries_total", **accepted) == 0
    until(
        lambda: (
            (scraped(figures).value("infusion_destination_silence_seconds", destination="billing") or 0) > 0
        )
    )
    with BillingReceiver(port=port):
        until(lambda: scraped(figures).value("infusion_undelivered_lines", destination="billing") == 0, 90)
        page = scraped(figures)
        assert page.value("infusion_deliveries_total", destination="billing", outcome="accepted") == number
        assert page.value("infusion_oldest_undelivered_seconds", destination="billing") == 0
        assert page.value("infusion_parked_encounters", destination="billing") == 0
        until(lambda: readiness(figures).state == "ready")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def until(holds: Callable[[], bool], seconds: float = 40) -> None:
    """Wait until it holds, asking a process that may not be up yet."""
    began = time.monotonic()
    while True:
        try:
            if holds():
                return
        except OSError:
            pass
        assert time.monotonic() - began < seconds
        time.sleep(0.1)


def test_killed_again_and_again_it_loses_nothing_and_charges_nothing_twice(
    own_kafka: Maker, start: Start
) -> None:
    """
    Two processes of one name on a real Kafka, one or the other killed with SIGKILL, as is the receiver's patience.

    Each change is taken at least once, in its stay's order; what stands by FT1-2 is what is due. Twice are at most those
    that were on their way at a kill, and they have one control id.
    """
    kafka = own_kafka()
    servers, kills, in_flight = kafka.bootstrap, 5, 4
    where = connection({"KAFKA_BOOTSTRAP_SERVERS": servers})
    asyncio.run(create_topics(where, TOPICS, 4, 1))
    changes = a_day(120)
    assert len(changes) > 300
    draw = random.Random(11)  # noqa: S311 -- instants, not secrets
    with BillingReceiver(pause=0.02) as billing:
        billing.answers = lambda _: "AE" if len(billing.seen) % 13 == 0 else "AA"
        words = ("--to", billing.address, "--in-flight", str(in_flight))
        share = len(changes) // (kills + 1)
        processes = [start(servers, *words), start(servers, *words)]
        for number in range(kills):
            publish_whole(servers, changes[number * share : (number + 1) * share], f"share-{number}")
            time.sleep(draw.uniform(1.0, 4.0))
            victim = processes.pop(0)
            victim.kill()
            victim.wait()
            processes.append(start(servers, *words))
        publish_whole(servers, changes[kills * share :], "the-rest")
        until(lambda: {one.control_id for one in billing.taken} == {*map(control_id, changes)}, 120)
        time.sleep(2)
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(30) for process in processes] == [0, 0]
        counts = Counter(one.control_id for one in billing.taken)
        twice = [name for name, count in counts.items() if count > 1]
        assert len(twice) <= kills * in_flight
        assert standing(list({one.control_id: one for one in billing.taken}.values())) == due(changes)
        expected: dict[str, list[str]] = {}
        for one in changes:
            expected.setdefault(one.encounter_id, []).append(control_id(one))
        assert orders(billing.taken) == expected

        before = len(billing.seen)
        assert start(servers, *words, "--once").wait(60) == 0
        assert len(billing.seen) == before, (
            "what was acknowledged is never sent again by a process that stopped in order"
        )
    down = written_down(servers)
    assert {one.control_id for one in down if one.outcome == "accepted"} == {*map(control_id, changes)}
    assert json.loads(value_of(down[0]))["destination"] == "billing"
