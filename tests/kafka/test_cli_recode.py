"""``infusion recode`` on the embedded broker: closed stays coded again, and a forgotten one brought back."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from click.testing import Result
from orjson import dumps, loads

from models.event import EVENT
from rules.engine import Profile
from streams.charging.release import charge_set_of
from streams.encounter.fold import fold
from streams.kafka.embedded import EmbeddedBroker
from streams.lifecycle.commands import from_bytes
from streams.wire.charge_json import value_of, written
from streams.wire.closed_encounter_json import ClosedEncounter, to_bytes
from streams.wire.topics import CHARGES, CLOSED, COMMANDS, EVENTS

Run = Callable[..., Result]
MARCH = 1_772_500_000
"""The evening of 2 March 2026."""


def stay(name: str, minutes: int) -> list[dict[str, Any]]:
    """Return the events of a stay with one infusion."""
    about = {"encounter_id": name, "source": "emar"}
    given = {"administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV", "site_id": "left"}
    at = "2026-03-02T{:02}:{:02}:00-05:00"
    stop = at.format(8 + minutes // 60, minutes % 60)
    return [
        {"type": "encounter_opened", "event_id": "1", "occurred_at": at.format(7, 40), "payer": "medicare", "setting": "facility"} | about,
        {"type": "infusion_started", "event_id": "2", "occurred_at": at.format(8, 0)} | given | about,
        {"type": "infusion_stopped", "event_id": "3", "occurred_at": stop, "administration_id": "A1"} | about,
        {"type": "encounter_discharged", "event_id": "4", "occurred_at": at.format(12, 0)} | about,
    ]  # fmt: skip


def closed(name: str, minutes: int, version: int = 1, at: int = MARCH) -> ClosedEncounter:
    """Return a stay as it was closed."""
    events = [EVENT.validate_python(one, strict=False) for one in stay(name, minutes)]
    return ClosedEncounter(name, version, "final", at, "discharged", None, len(events), fold(events))


def put(broker: EmbeddedBroker, topic: str, values: Sequence[tuple[str, bytes | None]]) -> None:
    """Put values on a topic, by key."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as sender:
            for key, value in values:
                await sender.send_and_wait(topic, value, key.encode())

    asyncio.run(send())


def commands(broker: EmbeddedBroker) -> list[bytes]:
    """Return what was asked of workers."""

    async def read() -> list[bytes]:
        places = [TopicPartition(COMMANDS, one) for one in range(4)]
        async with AIOKafkaConsumer(
            bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest"
        ) as reader:
            reader.assign(places)
            missing = sum((await reader.end_offsets(places)).values())
            found: list[bytes] = []
            while len(found) < missing:
                for records in (await reader.getmany(timeout_ms=1_000)).values():
                    found += [record.value for record in records]
            return found

    return asyncio.run(read())


def test_the_newest_closing_of_each_stay_is_coded_again(embedded: EmbeddedBroker, infusion: Run) -> None:
    """In the order of encounter ids, as ``infusion code`` writes them; what closed earlier is left out."""
    early = closed("E0", 91, at=MARCH - 40 * 86_400)
    stays = [closed("E2", 61), closed("E1", 91, 2), closed("E1", 20, 1), early]
    put(embedded, CLOSED, [(one.encounter_id, to_bytes(one)) for one in stays])
    made = infusion(embedded.bootstrap_servers, "recode", "--since", "2026-03-01")
    assert made.exit_code == 0
    assert made.stdout_bytes == b"".join(
        written(charge_set_of(one, Profile())) for one in (stays[1], stays[0])
    )


def test_what_would_move_is_told_line_by_line(embedded: EmbeddedBroker, infusion: Run) -> None:
    """Beside what was charged; a record that is no closed stay is counted, and the others are coded."""
    one = closed("E1", 91)
    put(embedded, CLOSED, [("E1", to_bytes(one)), ("E9", b"garbage")])
    put(embedded, CHARGES, [("E1", value_of(charge_set_of(one, Profile())))])
    same = infusion(embedded.bootstrap_servers, "recode", "--since", "2026-03-01", "--compare")
    assert (same.exit_code, same.stdout) == (1, "")
    assert "1 coded again, 0 would change" in same.stderr
    assert "records     1 could not be read" in same.stderr
    put(embedded, CHARGES, [("E1", value_of(charge_set_of(closed("E1", 20), Profile())))])
    moved = infusion(embedded.bootstrap_servers, "recode", "--since", "2026-03-01", "--compare")
    assert "1 coded again, 1 would change" in moved.stderr
    table = infusion(
        embedded.bootstrap_servers, "recode", "--since", "2026-03-01", "--compare", "--format", "table"
    )
    assert [line.split()[2:3] + line.split()[-1:] for line in table.stdout.splitlines()[1:]] == [
        ["credit", "-217.31"], ["charge", "+217.31"], ["charge", "+47.84"],
    ]  # fmt: skip
    assert "3 would be credited or charged, +47.84 USD net" in table.stderr
    sheet = infusion(
        embedded.bootstrap_servers, "recode", "--since", "2026-03-01", "--compare", "--format", "csv"
    )
    assert sheet.stdout.splitlines()[1].startswith("E1,2,credit,")
    assert (
        infusion(embedded.bootstrap_servers, "recode", "--since", "2026-03-01", "--format", "csv").exit_code
        == 2
    )
    net = infusion(embedded.bootstrap_servers, "recode", "--since", "2026-03-01", "--until", "2026-03-31", "--compare", "--by", "code")  # fmt: skip
    assert [(one["code"], one["cents"]) for one in map(loads, net.stdout.splitlines())] == [("96366", 4784)]
    before = infusion(embedded.bootstrap_servers, "recode", "--since", "2026-03-01", "--until", "2026-03-01", "--compare")  # fmt: skip
    assert "0 coded again" in before.stderr
    said = [(one["change"], one["line"]["code"]) for one in map(loads, moved.stdout.splitlines())]
    assert said == [("credit", "96365"), ("charge", "96365"), ("charge", "96366")]


def test_a_forgotten_stay_is_brought_back_whole(embedded: EmbeddedBroker, infusion: Run) -> None:
    """With the stays that merges connect with it; the others stay where they are."""
    merge = {"type": "encounter_merged", "event_id": "9", "encounter_id": "E2", "occurred_at": "2026-03-02T13:00:00-05:00", "into_encounter_id": "E1"}  # fmt: skip
    told = [*stay("E1", 91), *stay("E2", 20), merge, *stay("E3", 30)]
    put(embedded, EVENTS, [(one["encounter_id"], dumps(one)) for one in told])
    made = infusion(embedded.bootstrap_servers, "recode", "--restore", "E1")
    assert (made.exit_code, made.stderr.strip()) == (0, "events      9 sent to the worker")
    (command,) = map(from_bytes, commands(embedded))
    assert (command.kind, command.encounter_id) == ("restored", "E1")
    assert {name: len(lines) for name, lines in command.stays.items()} == {"E1": 4, "E2": 5}
    assert loads(command.stays["E2"][-1]) == merge


def test_what_nobody_knows_cannot_be_brought_back(embedded: EmbeddedBroker, infusion: Run) -> None:
    """And one of the two ways to use the verb has to be chosen."""
    made = infusion(embedded.bootstrap_servers, "recode", "--restore", "E1")
    assert (made.exit_code, made.stderr.strip()) == (1, "events      none: the topic has forgotten it too")
    assert infusion(embedded.bootstrap_servers, "recode").exit_code == 2
    assert (
        infusion(embedded.bootstrap_servers, "recode", "--since", "2026-03-01", "--restore", "E1").exit_code
        == 2
    )
