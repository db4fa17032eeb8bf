"""The read model: what is read and how far are one; it may be deleted, and belongs to one cluster."""

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest
from console_desk import NOW, Record, Stage, coded, missing_stop
from orjson import dumps

from rules.engine import Profile
from streams.console.accounts_book import put_side_by_side
from streams.console.read_model import ReadModel, ReadModelError
from streams.console.settings import ConsoleSettings
from streams.console.stay_record import stay_record
from streams.engine.cluster_facts import ClusterFacts, TopicFacts
from streams.wire.charge_json import value_of
from streams.wire.reject_headers import reject_headers
from streams.wire.reject_marks import Mark, mark_headers
from streams.wire.topics import CHARGE_LINES, CHARGES, CLOSED, DELIVERIES, EVENTS, REJECTS, REVIEW

STOP = {
    "type": "infusion_stopped", "event_id": "E1.9", "occurred_at": "2026-03-02T09:31:00-05:00", "encounter_id": "E1",
    "administration_id": "A1", "source": "emar",
}  # fmt: skip


def counted(model: ReadModel, table: str) -> int:
    """Return how many rows a table has."""
    found = model.row(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of the test's own
    assert found is not None
    return int(found[0])


def test_a_batch_that_fails_leaves_neither_rows_nor_positions(tmp_path: Path) -> None:
    """So a process that is killed in between reads the same again."""
    model = ReadModel(tmp_path)

    def half() -> None:
        with model.batch({(EVENTS, 0): 7}) as connection:
            connection.execute("INSERT INTO merges VALUES ('a', 'b')")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert (counted(model, "merges"), model.positions()) == (0, {})
    with model.batch({(EVENTS, 0): 7}):
        pass
    assert model.positions() == {(EVENTS, 0): 7}
    model.close()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_file_that_cannot_be_read_is_filled_anew(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """It holds nothing that Kafka has not; one of another release, too."""
    file = tmp_path / "console.sqlite"
    file.write_bytes(content)
    with caplog.at_level("INFO"):
        model = ReadModel(tmp_path)
        assert counted(model, "stays") == 0
        model.write("INSERT INTO stale VALUES (?)", [("E1",)])
        model.write("PRAGMA user_version=1", [()])
        model.close()
        model = ReadModel(tmp_path)
    assert counted(model, "stale") == 0
    assert "filled again from Kafka" in caplog.messages[-1]
    model.close()


async def test_a_file_that_is_damaged_inside_is_begun_anew_while_the_console_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A page meets it, the follower reads all again, and one sentence says so."""
    stage = Stage(tmp_path, ConsoleSettings())
    told = [dumps(event) for event in missing_stop("E1")]
    records = [Record(EVENTS, number, b"E1", told[number % len(told)]) for number in range(600)]
    await stage.follower.take(records, {(EVENTS, 0): 600})
    stage.model.check_origin(ClusterFacts("one", {EVENTS: TopicFacts("id-1", 4)}))
    stage.close()
    file = tmp_path / "console.sqlite"
    kept = file.read_bytes()
    fine = {1, 2, 3, 4, 5, 6}  # so that it opens, and tells of what cluster it is
    pages = [kept[at : at + 16_384] for at in range(0, len(kept), 16_384)]
    file.write_bytes(
        b"".join(page if number in fine else b"\xa5" * 16_384 for number, page in enumerate(pages, 1))
    )
    again = Stage(tmp_path, ConsoleSettings())
    again.model.check_origin(ClusterFacts("one", {EVENTS: TopicFacts("id-1", 4)}))
    with pytest.raises(sqlite3.DatabaseError):
        again.model.rows("SELECT * FROM events")
    read_from = []

    async def follow() -> None:
        read_from.append(again.model.positions())
        await again.stay("E1")
        raise asyncio.CancelledError

    monkeypatch.setattr(again.follower, "_follow", follow)
    with pytest.raises(asyncio.CancelledError):
        await again.follower.run()
    assert read_from == [{}]
    assert (counted(again.model, "stays"), counted(again.model, "origin")) == (1, 1)
    assert [one for one in caplog.messages if "damaged" in one] == [
        f"{file} is damaged: it is thrown away, and filled again from Kafka"
    ]
    again.close()


async def test_the_folder_and_every_file_in_it_are_this_users_alone(tmp_path: Path) -> None:
    """Also where they were open to others, and what SQLite lays beside its file."""
    folder = tmp_path / "console"
    folder.mkdir(mode=0o755)
    for name in ("console.sqlite", "access.jsonl"):
        (folder / name).touch(0o644)
    stage = Stage(folder, ConsoleSettings())
    await stage.stay("E1")
    stage.desk.access.note("coder-7", "view", "E1", "127.0.0.1")
    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert {"console.sqlite", "console.sqlite-wal", "access.jsonl"} <= {*modes}
    assert ({*modes.values()}, folder.stat().st_mode & 0o777) == ({0o600}, 0o700)
    stage.close()


def test_a_file_of_another_cluster_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """Its positions mean other records there."""
    model = ReadModel(tmp_path)
    model.check_origin(ClusterFacts("one", {EVENTS: TopicFacts("id-1", 4)}))
    model.check_origin(ClusterFacts("one", {EVENTS: TopicFacts("id-1", 4)}))
    for other in (
        ClusterFacts("two", {EVENTS: TopicFacts("id-1", 4)}),
        ClusterFacts("one", {EVENTS: TopicFacts("id-2", 4)}),
    ):
        with pytest.raises(ReadModelError, match="delete it and start"):
            model.check_origin(other)
    model.close()


async def test_reading_twice_changes_nothing_and_a_tombstone_takes_a_stay_back(tmp_path: Path) -> None:
    """What a crash has read again is the same rows."""
    stage = Stage(tmp_path, ConsoleSettings())
    await stage.stay("E1")
    before = [counted(stage.model, table) for table in ("stays", "revisions", "questions", "events")]
    record = Record(EVENTS, 1, b"E1", b'{"type":"x","encounter_id":"E1","event_id":"E1.1"}')
    await stage.follower.take([record, record], {(EVENTS, 0): 2})
    assert [counted(stage.model, table) for table in ("stays", "revisions", "questions", "events")] == before
    await stage.say(CHARGES, "E1", None)
    await stage.say(REVIEW, "E1", None)
    row = stage.model.row("SELECT status, cents, hold_ends_at FROM stays")
    assert row is not None
    assert tuple(row) == ("withdrawn", 0, None)
    assert counted(stage.model, "questions") == 0
    stage.close()


_HUGE = b"9" * 30
STRANGE = (
    b"\xff", b"[]", b'{"lines": 3}', b"{}", b"", None, b"[" * 9_000, b'{"x":' + b"[" * 9_000,
    b'{"encounter_id":"E0","type":"\xff","revision":1,"status":"\xff","lines":[],"flags":[]}',
    b'{"encounter_id":"E0","x":"\xff","occurred_at":"0001-01-01T00:00:00"}',
    b'{"encounter_id":"E0","type":7,"source":{},"revision":%b,"status":"final","lines":[],"flags":[]}' % _HUGE,
    b'{"revision":1,"status":"final","flags":[],"lines":[{"code":"1","service_date":"","expected_payment":{"cents":%b}}]}' % _HUGE,
    b'{"revision":1,"status":"held","flags":[{"flag":"F","severity":"block","administration_ids":[],"says":{},"suggestion":[]}]}',
    b'{"revision":1,"status":"held","flags":[],"answers":[{"flag":"F","administration_ids":[],"cents":%b}]}' % _HUGE,
    b'{"revision":1,"change":"charge","line":{"code":"1","service_date":"","units":%b}}' % _HUGE,
    b'{"encounter":{"departed_at":"yesterday"}}', b'{"encounter":{"departed_at":"0001-01-01T00:00:00"}}', b'{"encounter":[]}',
)  # fmt: skip


@pytest.mark.parametrize("value", STRANGE)
async def test_what_nobody_can_read_costs_itself_alone(tmp_path: Path, value: bytes | None) -> None:
    """A foreign value on a topic leaves no row, and what comes after it is read."""
    stage = Stage(tmp_path, ConsoleSettings())
    for topic in (EVENTS, CHARGES, REVIEW, CHARGE_LINES, CLOSED, DELIVERIES):
        await stage.say(topic, "E0", value)
    await stage.stay("E1")
    assert counted(stage.model, "questions") == 1
    stage.close()


async def test_a_reject_that_was_sent_back_and_read_is_mended_also_after_a_restart(tmp_path: Path) -> None:
    """Open is a number that can reach nought."""
    stage = Stage(tmp_path, ConsoleSettings())
    await stage.say(REJECTS, "E1", b"{}", headers=reject_headers((), "line: not JSON", EVENTS, 0, 42))
    states: list[Any] = [stage.model.row("SELECT state FROM rejects WHERE state != 'mark'")]
    await stage.say(REJECTS, "E1", b"", headers=mark_headers(Mark((0, 1), "replayed", f"{EVENTS}:0:50")))
    states.append(stage.model.row("SELECT state FROM rejects WHERE state != 'mark'"))
    stage.close()
    again = Stage(tmp_path, ConsoleSettings())
    again.follower.restore()
    await again.follower.committed({(EVENTS, 0): 51})
    states.append(again.model.row("SELECT state FROM rejects WHERE state != 'mark'"))
    assert [state[0] for state in states] == ["open", "replayed", "mended"]
    again.close()


async def test_a_question_is_ordered_by_its_stay_as_it_stands_whatever_came_last(tmp_path: Path) -> None:
    """The set, the departure or the question: each may come after the others, and each may change."""
    stage = Stage(tmp_path, ConsoleSettings())
    charge_set, item = coded("E1", missing_stop("E1"))
    assert item is not None

    def told() -> tuple[Any, ...]:
        row = stage.model.row(
            "SELECT known, at_stake, payer, facility, hold_ends_at, asked_at_ms FROM questions"
        )
        assert row is not None
        return tuple(row)

    await stage.say(REVIEW, "E1", value_of(item))
    assert told() == (0, None, None, None, None, None)
    await stage.say(CHARGES, "E1", value_of(charge_set))
    known, at_stake, payer, facility, ends, asked = told()
    assert (known, payer, facility, ends, asked) == (1, "medicare", "GH", None, int(NOW * 1000))
    assert at_stake == 36_083
    await stage.say(CLOSED, "E1", {"encounter": {"departed_at": "2026-03-02T17:00:00Z"}})
    assert told()[4] is not None
    await stage.say(CHARGES, "E1", value_of(replace(charge_set, payer="other", revision=2)))
    assert told()[2] == "other"
    await stage.say(CHARGES, "E1", b"{}")
    assert told()[2] == "other"
    await stage.say(CHARGES, "E1", None)
    assert told()[1] == 36_083
    await stage.say(REVIEW, "E1", None)
    assert counted(stage.model, "questions") == 0
    kept = stage.model.row("SELECT charge_set FROM revisions WHERE revision = 1")
    assert kept is not None
    assert kept[0] == value_of(charge_set)
    stage.close()


async def test_what_the_topic_says_last_stands_on_every_page_whatever_its_number(tmp_path: Path) -> None:
    """A worker that began anew counts its revisions from one again: the list, the page and the accounts follow it."""
    stage = Stage(tmp_path, ConsoleSettings())
    later, _ = coded("E1", missing_stop("E1"), revision=2)
    again, _ = coded("E1", [*missing_stop("E1"), STOP])
    await stage.say(CHARGES, "E1", value_of(later))
    await stage.say(CHARGES, "E1", value_of(again))
    put_side_by_side(stage.model)
    record = stay_record(stage.model, "E1", Profile())
    listed = stage.model.row("SELECT revision, status FROM stays")
    states = {row[0] for row in stage.model.rows("SELECT state FROM reconciled WHERE kind = 'charge'")}
    assert (record and record.charge_set, listed and tuple(listed)) == (again, (1, "final"))
    assert states == {"missing"}
    stage.close()


async def test_sets_that_lie_in_one_pack_are_each_read_as_they_were_published(tmp_path: Path) -> None:
    """Also the one that fills a pack, and one of a batch of its own; a list is ordered alike before and after it is complete."""
    stage = Stage(tmp_path, ConsoleSettings())
    values = {f"E{number}": value_of(coded(f"E{number}", missing_stop(f"E{number}"))[0]) for number in (1, 2)}
    values["E3"] = values["E1"][:-1] + b',"more":"' + b"x" * 70_000 + b'"}'
    values["E4"] = values["E2"]
    records = [
        Record(CHARGES, place, name.encode(), value) for place, (name, value) in enumerate(values.items())
    ]
    await stage.follower.take(records[:3], {(CHARGES, 0): 3})
    await stage.follower.take(records[3:], {(CHARGES, 0): 4})
    assert dict(map(tuple, stage.model.rows("SELECT encounter_id, charge_set FROM revisions"))) == values
    assert counted(stage.model, "packs") == 2
    stage.model.complete()
    stage.model.complete()
    assert len(stage.model.rows("SELECT 1 FROM stays INDEXED BY stays_by_time WHERE at_ms > 0")) == 4
    stage.close()


def rows_of(model: ReadModel) -> dict[str, list[tuple[Any, ...]]]:
    """Return what the pages are made from."""
    return {
        table: sorted(map(tuple, model.rows(f"SELECT * FROM {table}")), key=repr)  # noqa: S608 - names of the test's own
        for table in ("stays", "revisions", "items", "questions", "stale", "events", "heard", "positions")
    }


def test_a_rebuild_that_is_killed_goes_on_and_ends_with_the_same_rows(tmp_path: Path) -> None:
    """Killed inside a transaction; and whichever topic is read first, the file says the same."""
    held, final = missing_stop("E1"), [*missing_stop("E1"), STOP]
    (first, item), (second, _) = coded("E1", held), coded("E1", final, revision=2)
    assert item is not None
    batches = [
        [Record(EVENTS, place, b"E1", dumps(event)) for place, event in enumerate(final)],
        [Record(CLOSED, 0, b"E1", b'{"encounter":{"departed_at":"2026-03-02T17:00:00Z"}}')],
        [Record(REVIEW, 0, b"E1", value_of(item)), Record(REVIEW, 1, b"E1", None)],
        [Record(CHARGES, 0, b"E1", value_of(first)), Record(CHARGES, 1, b"E1", value_of(second))],
    ]

    def fill(folder: Path, order: Sequence[int], killed_in: int = -1) -> dict[str, list[tuple[Any, ...]]]:
        stage = Stage(folder, ConsoleSettings())
        done = stage.model.positions()
        for number in order:
            (topic, part) = batches[number][0].topic, batches[number]
            reached = {(topic, 0): len(part)}
            if (topic, 0) in done:
                continue
            if number == killed_in:
                with stage.model.batch(reached) as connection:
                    connection.execute("INSERT INTO stale VALUES ('E2')")
                    os.kill(os.getpid(), SIGKILL)
            stage.follower._write(part, reached)  # noqa: SLF001 - what a batch does on its thread
        rows = rows_of(stage.model)
        stage.close()
        return rows

    unbroken = fill(tmp_path / "whole", range(4))
    for killed_in in (1, 3):
        folder = tmp_path / f"killed-{killed_in}"
        child = os.fork()
        if not child:
            fill(folder, range(4), killed_in)
            os._exit(1)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == SIGKILL
        assert fill(folder, range(4)) == unbroken
    assert fill(tmp_path / "backwards", (3, 2, 1, 0)) == unbroken
