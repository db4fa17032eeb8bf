"""The verdict of a chaos run on what stands beside the workers: it has to see what is lost and what is double. No broker."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from billing_receiver import Taken
from chaos_beside_verdict import Difference, console_differences, delivery_differences, raw_differences
from chaos_plan import plan_beside
from chaos_raw import FACILITIES, id_of, raw_stays
from charge_samples import CHARGE, CREDIT, FIRST
from console_desk import Stage, coded, missing_stop

from models.line_change import LineChange
from streams.console.read_model import FILE
from streams.console.settings import ConsoleSettings
from streams.demo.reader import Reader
from streams.feeds.control_id import control_id
from streams.wire import topics
from streams.wire.charge_json import value_of

LATER = replace(CREDIT, charge_set_id="S2", revision=3)
OTHER = replace(CHARGE, line=FIRST)
CHANGES = [CHARGE, OTHER, LATER]
STANDING = {("E1", FIRST.line_id): {"code": FIRST.code, "units": FIRST.units}}


def taken(change: LineChange) -> Taken:
    """Return a change as billing takes it."""
    kind = "CG" if change.change == "charge" else "CD"
    line = change.line
    return Taken(
        control_id(change), change.encounter_id, line.line_id, kind, str(line.units), line.code, "text"
    )


def written(*changes: LineChange) -> list[dict[str, Any]]:
    """Return what deliver writes down of changes that were taken."""
    return [{"control_id": control_id(change), "outcome": "accepted"} for change in changes]


def delivered(came: list[Taken], noted: list[dict[str, Any]] | None = None) -> Difference:
    """Return what is found of a delivery."""
    return delivery_differences(CHANGES, written(*CHANGES) if noted is None else noted, came, STANDING)


def test_a_delivery_under_one_id_counts_once() -> None:
    """A charge that comes again after its credit is known by its control id."""
    assert delivered([*map(taken, CHANGES), taken(CHARGE)]) == Difference()


@pytest.mark.parametrize(
    ("came", "noted", "lost", "double"),
    [
        ([CHARGE, LATER], None, 2, 0),  # the message, and the line that stands
        ([CHARGE, OTHER], None, 1, 1),  # the credit, and the line that was credited
        ([*CHANGES, replace(CHARGE, charge_set_id="S9")], None, 1, 2),  # nor is it written down
        (CHANGES, written(CHARGE, OTHER), 1, 0),
        ([LATER, CHARGE, OTHER], None, 0, 1),  # the credit before its charge
    ],
)
def test_a_delivery_that_lacks_something_or_has_more_is_seen(
    came: list[LineChange], noted: list[dict[str, Any]] | None, lost: int, double: int
) -> None:
    """By its ids, by what stands in the end, and by what was written down."""
    found = delivered([taken(change) for change in came], noted)
    assert (len(found.lost), len(found.double)) == (lost, double)


@pytest.fixture
async def shown(tmp_path: Path) -> tuple[Path, Reader]:
    """Give a console's file with two stays and a reject, and a consumer that read the same."""
    stage, reader = Stage(tmp_path, ConsoleSettings()), Reader()
    for name in ("A", "B"):
        await stage.stay(name)
        charge_set, item = coded(name, missing_stop(name))
        reader.read(topics.CHARGES, name.encode(), value_of(charge_set))
        assert item is not None
        reader.read(topics.REVIEW, name.encode(), value_of(item))
    await stage.say(topics.REJECTS, "A", b"no JSON")
    reader.read(topics.REJECTS, b"A", b"no JSON")
    stage.close()
    return tmp_path / FILE, reader


def without_a_stay(reader: Reader) -> None:
    """Forget the set of a stay."""
    reader.charge_sets["A"] = None


def with_another_set(reader: Reader) -> None:
    """Have a stay say something newer."""
    reader.charge_sets["B"] = b"{}"


def without_a_question(reader: Reader) -> None:
    """Have a stay's questions answered."""
    reader.reviews["A"] = None


def with_a_reject(reader: Reader) -> None:
    """Have one reject more."""
    reader.read(topics.REJECTS, b"C", b"no JSON")


def test_a_console_that_shows_what_the_topics_say_is_right(shown: tuple[Path, Reader]) -> None:
    """To the byte of each newest set and question."""
    assert console_differences(*shown, changes=0, deliveries=0) == Difference()


@pytest.mark.parametrize(
    ("change", "lost", "double"),
    [
        (without_a_stay, 0, 1),
        (with_another_set, 1, 0),
        (without_a_question, 0, 2),  # the question itself, and the list of it
        (with_a_reject, 1, 0),
    ],
)
def test_a_console_that_shows_something_else_is_seen(
    shown: tuple[Path, Reader], change: Callable[[Reader], None], lost: int, double: int
) -> None:
    """Of sets, questions and rejects."""
    file, reader = shown
    change(reader)
    found = console_differences(file, reader, changes=0, deliveries=0)
    assert (len(found.lost), len(found.double)) == (lost, double)
    assert console_differences(file.with_name("gone"), reader, changes=0, deliveries=0).lost


def test_what_was_acknowledged_and_is_not_stored_is_seen() -> None:
    """Twice there is nothing wrong: the sender had no answer."""
    raw = [message.encode() for said in raw_stays(4).values() for message in said]
    names = [id_of(message) for message in raw]
    assert len({*names}) == len(raw) == 12
    assert raw_differences(names, [*raw, raw[0]]) == Difference()
    assert len(raw_differences(names, raw[1:]).lost) == 1
    assert {*raw_stays(4)} == {*FACILITIES}


def test_everything_beside_the_workers_is_killed() -> None:
    """First of all, by any seed."""
    for seed in range(20):
        planned = plan_beside(seed, 30)
        assert {*planned} == {"listen", "console", "deliver"}
        assert all(deeds[0].what == "kill at a word" for deeds in planned.values())
        assert planned == plan_beside(seed, 30)
