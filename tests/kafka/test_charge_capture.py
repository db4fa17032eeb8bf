"""The reference consumer: killed at any instant and replayed whole, it ends with the lines that ``infusion code`` gives."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from click.testing import CliRunner

from models.charge import CHARGE_SET, ChargeSet
from rules.engine import Profile
from streams.charging.release import release
from streams.cli import main
from streams.encounter.fold import NoEventsError, fold
from streams.kafka.embedded import EmbeddedBroker
from streams.wire.closed_encounter_json import ClosedEncounter
from streams.wire.event_json import read
from streams.wire.message import OutboundMessage
from streams.wire.rejects import Reject

ROOT = Path(__file__).resolve().parents[2]
DAY = ROOT / "seeds" / "day.jsonl"
CLOSED_AT = 1_790_000_000
Line = tuple[str, str, str, int]


def stays() -> Mapping[str, list[Any]]:
    """Return the seeded day's events by stay, those of merged stays left out: merges are the worker's own matter."""
    events: dict[str, list[Any]] = {}
    for line in DAY.read_bytes().splitlines():
        event = read(line)
        if not isinstance(event, Reject):
            events.setdefault(event.encounter_id, []).append(event)
    linked = {
        name
        for of_stay in events.values()
        for event in of_stay
        if event.type == "encounter_merged"
        for name in (event.encounter_id, event.into_encounter_id)
    }
    return {name: of_stay for name, of_stay in events.items() if name not in linked}


def said(events: list[Any]) -> Iterator[OutboundMessage]:
    """Yield what a worker says of a stay that is closed on half its events, cancelled, and closed on all of them."""
    whole = fold(events)
    versions = [whole._replace(standing="cancelled"), whole]
    with suppress(NoEventsError):
        versions.insert(0, fold(events[: len(events) // 2])._replace(standing="discharged"))
    state = None
    for number, encounter in enumerate(versions, 1):
        status = "withdrawn" if encounter.standing == "cancelled" else "final"
        closed = ClosedEncounter(
            whole.encounter_id, number, status, CLOSED_AT + number, "discharged", None, len(events), encounter
        )
        made = release(state, closed, Profile(), number)
        state = made.state
        yield from made.messages


def publish(broker: EmbeddedBroker, messages: list[OutboundMessage]) -> None:
    """Put messages where they belong."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, linger_ms=20) as sender:
            for message in messages:
                await sender.send(message.topic, message.value, message.key)

    asyncio.run(send())


def capture(broker: EmbeddedBroker, database: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start the consumer."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "ops" / "charge_capture.py"), str(database), *words],
        env={"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers, "PATH": ""},
    )


def kept(database: Path) -> set[Line]:
    """Return the lines that stand."""
    with closing(sqlite3.connect(database)) as db:
        return set(db.execute("select encounter_id, line_id, code, units from line"))


def due(names: Mapping[str, Any]) -> set[Line]:
    """Return the lines of the final sets that ``infusion code`` gives for the day."""
    made = CliRunner().invoke(main, ["code", "--quiet", str(DAY)])
    sets: list[ChargeSet] = [CHARGE_SET.validate_json(line) for line in made.stdout.splitlines()]
    return {
        (one.encounter_id, line.line_id, line.code, line.units)
        for one in sets
        if one.status == "final" and one.encounter_id in names
        for line in one.lines
    }


def test_it_ends_with_the_lines_that_stand(embedded: EmbeddedBroker, tmp_path: Path) -> None:
    """Killed five times on its way, then told to read everything again from the beginning."""
    database, events = tmp_path / "charges.db", stays()
    messages = [message for of_stay in events.values() for message in said(of_stay)]
    instants = random.Random(7)  # noqa: S311 -- instants, not secrets
    share = len(messages) // 5
    for number in range(5):
        publish(embedded, messages[number * share : (number + 1) * share if number < 4 else None])
        running = capture(embedded, database)
        time.sleep(instants.uniform(0.1, 0.6))
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert capture(embedded, database, "--once").wait(60) == 0
    expected = due(events)
    assert len(expected) > 100
    assert kept(database) == expected

    with closing(sqlite3.connect(database)) as db, db:
        db.execute("delete from position")
    assert capture(embedded, database, "--once").wait(60) == 0
    assert kept(database) == expected
    with closing(sqlite3.connect(database)) as db:
        statuses = dict(db.execute("select encounter_id, status from stay"))
    assert statuses.keys() <= events.keys()
    assert {name for name, status in statuses.items() if status == "final"} >= {one[0] for one in expected}


def test_a_stay_that_was_withdrawn_leaves_nothing(embedded: EmbeddedBroker, tmp_path: Path) -> None:
    """Its lines are credited and its set is a tombstone."""
    database, events = tmp_path / "charges.db", stays()
    publish(embedded, [*said(events["ED-02"])][: _until_withdrawn(events["ED-02"])])
    assert capture(embedded, database, "--once").wait(60) == 0
    assert kept(database) == set()
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("select count(*) from stay").fetchone() == (0,)


def _until_withdrawn(events: list[Any]) -> int:
    messages = [*said(events)]
    return 1 + next(
        n for n, one in enumerate(messages) if one.value is None and one.topic.endswith("charges.v1")
    )
