"""``infusion charges`` and ``infusion review`` on the embedded broker: the newest of each stay, picked and followed."""

import asyncio
import csv
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from click.testing import Result
from orjson import loads
from timeline import events_of

from models.charge import ChargeSet
from models.printable import printable
from models.review_item import ReviewItem
from rules.engine import code_encounter
from streams.cli.shared.spreadsheet import spreadsheet_cell
from streams.encounter.fold import fold
from streams.kafka.connection import Connection
from streams.kafka.embedded import EmbeddedBroker
from streams.lifecycle.state import EncounterState
from streams.operations.published import follow, newest
from streams.wire.charge_json import value_of
from streams.wire.instant_text import rfc3339
from streams.wire.topics import CHARGES, ENCOUNTERS_CHANGELOG, REVIEW

Run = Callable[..., Result]


def coded(name: str, timeline: Sequence[str], **about: str) -> ChargeSet:
    """Return the charge set of a stay of this name, written as golden cases are."""
    case = {"on": "2026-03-02", "timeline": [*timeline], "encounter": about}
    return replace(code_encounter(fold(events_of(case))).charge_set, encounter_id=name)


ONE = coded("E1", ["08:00-09:31 infuse ceftriaxone", "11:00 discharge"], facility="north", payer="aetna")
TWO = coded(
    "E2", ["08:00 start ceftriaxone", "09:00-10:00 infuse vancomycin", "11:00 discharge"], facility="south"
)
EARLIER = replace(ONE, revision=1, status="held")
NEWER = replace(ONE, revision=2)


def question(charge_set: ChargeSet) -> ReviewItem:
    """Return what is asked of a set."""
    flags = tuple(flag for flag in charge_set.flags if flag.severity == "block")
    return ReviewItem(
        charge_set.encounter_id, charge_set.charge_set_id, charge_set.revision, charge_set.status, flags, (),
        len(charge_set.lines), None, "",
    )  # fmt: skip


def keep(broker: EmbeddedBroker, name: str, departed_at: int | None) -> None:
    """Put what a worker keeps of a stay on its changelog."""
    state = EncounterState(name, 0)
    state.departed_at = departed_at
    put(broker, ENCOUNTERS_CHANGELOG, [(name, state.to_bytes())])


def put(broker: EmbeddedBroker, topic: str, values: Sequence[tuple[str, bytes | None]]) -> None:
    """Put values on a topic, by key."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as sender:
            for key, value in values:
                await sender.send_and_wait(topic, value, key.encode())

    asyncio.run(send())


@pytest.fixture
def published(embedded: EmbeddedBroker) -> EmbeddedBroker:
    """Return a broker with two stays, one of them held, and one that was withdrawn."""
    sets = [
        ("E1", value_of(EARLIER)),
        ("E3", value_of(replace(ONE, encounter_id="E3"))),
        ("E2", value_of(TWO)),
    ]
    put(embedded, CHARGES, [*sets, ("E1", value_of(NEWER)), ("E3", None)])
    put(
        embedded, REVIEW, [("E2", value_of(question(TWO))), ("E1", value_of(question(EARLIER))), ("E1", None)]
    )
    return embedded


def test_the_newest_set_of_each_stay_is_shown_and_none_that_was_withdrawn(
    published: EmbeddedBroker, infusion: Run
) -> None:
    """As the bytes that were published, in order of encounters."""
    made = infusion(published.bootstrap_servers, "charges", "--format", "jsonl")
    assert (made.exit_code, made.stderr.splitlines()[0].split(",")[0]) == (0, "stays       2")
    assert made.stdout_bytes == value_of(NEWER) + b"\n" + value_of(TWO) + b"\n"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("--held",), ["E2"]),
        (("--status", "final"), ["E1"]),
        (("--flag", "missing_stop"), ["E2"]),
        (("--payer", "aetna"), ["E1"]),
        (("--facility", "south"), ["E2"]),
        (("--money", "250"), ["E1"]),
        (("--since", "2999-01-01T00:00:00Z"), []),
        (("E2", "E9"), ["E2"]),
        ((), ["E1", "E2"]),
    ],
    ids=["held", "status", "flag", "payer", "facility", "money", "since", "named", "all"],
)
def test_stays_are_picked_by(
    words: tuple[str, ...], shown: list[str], published: EmbeddedBroker, infusion: Run
) -> None:
    """Each option alone; nothing of the kind is status 1."""
    made = infusion(published.bootstrap_servers, "charges", "--format", "jsonl", *words)
    assert [loads(line)["encounter_id"] for line in made.stdout.splitlines()] == shown
    assert made.exit_code == (0 if shown else 1)


def test_a_table_has_a_row_a_stay_and_a_spreadsheet_a_row_a_line(
    published: EmbeddedBroker, infusion: Run
) -> None:
    """A held stay says by what; money is in dollars."""
    head, first, second = infusion(published.bootstrap_servers, "charges").stdout.splitlines()
    assert head.split()[:4] == ["PUBLISHED", "ENCOUNTER", "REV", "STATUS"]
    assert first.split()[1:] == [
        "E1",
        "2",
        "final",
        "aetna",
        "north",
        "2026-03-02",
        "265.15",
        "96365",
        "96366",
        "-",
    ]
    assert second.endswith("F-MISSING_STOP")
    rows = [
        *csv.DictReader(StringIO(infusion(published.bootstrap_servers, "charges", "--format", "csv").stdout))
    ]
    assert [(row["encounter_id"], row["code"], row["held_by"]) for row in rows] == [
        ("E1", "96365", ""),
        ("E1", "96366", ""),
        ("E2", "96365", "F-MISSING_STOP"),
    ]


def test_what_waits_is_shown_with_its_question(published: EmbeddedBroker, infusion: Run) -> None:
    """A stay whose question was answered is not there; the end says how much money is held."""
    made = infusion(published.bootstrap_servers, "review")
    _, row = made.stdout.splitlines()
    assert "E2" in row
    assert "F-MISSING_STOP" in row
    assert made.stderr == "stays       1, of which held 1 with 217.31 USD\n"
    (cells,) = csv.DictReader(
        StringIO(infusion(published.bootstrap_servers, "review", "--format", "csv").stdout)
    )
    assert (cells["flag"], cells["facility"]) == ("F-MISSING_STOP", "south")
    assert infusion(published.bootstrap_servers, "review", "--payer", "cigna").exit_code == 1


def test_a_flag_that_is_none_is_told_with_the_nearest(published: EmbeddedBroker, infusion: Run) -> None:
    """A slip of the keyboard must not look like an empty queue."""
    made = infusion(published.bootstrap_servers, "review", "--flag", "F-MUEE")
    assert made.exit_code == 2
    assert "there is no flag 'F-MUEE'; did you mean F-MUE?" in made.stderr


def test_what_is_no_charge_set_is_counted(published: EmbeddedBroker, infusion: Run) -> None:
    """A foreign record hides nothing else."""
    put(published, CHARGES, [("E7", b"garbage")])
    made = infusion(published.bootstrap_servers, "charges")
    assert "unreadable  1 on infusion.charges.v1" in made.stderr
    assert len(made.stdout.splitlines()) == 3


async def test_following_goes_on_where_the_newest_ended(published: EmbeddedBroker) -> None:
    """No change is missed and none is told twice; a withdrawal is told too."""
    connection = Connection((published.bootstrap_servers,))
    _, positions = await newest(connection, CHARGES)
    changes = [("E2", value_of(replace(TWO, revision=2))), ("E1", None)]
    await asyncio.to_thread(put, published, CHARGES, changes)
    seen = []
    async with aclosing(follow(connection, positions)) as following:
        async for one in following:
            seen.append((one.encounter_id, one.value))
            if len(seen) == len(changes):
                break
    assert sorted(seen, key=str) == sorted(changes, key=str)


def test_ids_move_no_cursor_and_compute_nothing() -> None:
    """A terminal gets escapes as text; a spreadsheet gets no formula."""
    assert printable("E\x1b[31m\x9b2J\u202e1") == "E\\x1b[31m\\x9b2J\\u202e1"
    assert [spreadsheet_cell(text) for text in ("=1+1", "-", "E1")] == ["'=1+1", "'-", "E1"]
    assert all(one != other for one, other in pairwise(map(printable, ("E1\n", "E1", "E1 "))))


DAY = 86_400
SITE_LAYER = """name = "south"
title = "A test"
edition = 2026-11-22
scope = "facility"
facility = "south"
[[values]]
key = "bill_hold_days"
from = 2020-01-01
value = 9
cite = "Billing office"
"""


def test_a_held_stay_says_what_is_left_of_its_bill_hold(
    published: EmbeddedBroker, infusion: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the policy of its payer and facility, from the departure; of a departure nobody knows, nothing."""
    now = 1_773_000_000
    monkeypatch.setattr("streams.cli.review.time", lambda: float(now))

    def column() -> str:
        head, row = infusion(published.bootstrap_servers, "review").stdout.splitlines()
        begin = head.index("BILL HOLD")
        return row[begin : head.index("SEVERITY")].strip()

    assert column() == "-"
    keep(published, "E2", now - 3 * DAY + 1800)
    assert column() == "2 d"
    keep(published, "E2", now - 6 * DAY)
    assert column() == "past 1 d"
    (tmp_path / "south.toml").write_text(SITE_LAYER, encoding="utf-8")
    monkeypatch.setenv("INFUSION_POLICY", f"{tmp_path}/")
    assert column() == "3 d"
    text = infusion(published.bootstrap_servers, "review", "--format", "csv").stdout
    assert [row["bill_hold_ends_at"] for row in csv.DictReader(StringIO(text))] == [rfc3339(now + 3 * DAY)]
    monkeypatch.setenv("INFUSION_SET", "bill_hold_days=0")
    refused = infusion(published.bootstrap_servers, "review")
    assert (refused.exit_code, "from 1 to 365 (days)" in refused.stderr) == (2, True)
