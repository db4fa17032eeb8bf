"""
What release 26.11.0 stored is read by this one: states of encounters and releases, closed encounters, commands.

``stored_26_11_0.jsonl`` was written by that release from ``seeds/day.jsonl``: each row has the kind, the encounter
and the bytes. It is never written again; a new layout gets a file of its own beside it.
"""

from base64 import b64decode
from pathlib import Path

import pytest
from orjson import loads

from models.closed_encounter import CLOSED_ENCOUNTER
from streams.charging import release_state
from streams.encounter.fold import fold
from streams.lifecycle import commands, state
from streams.lifecycle.merged_view import encounter_of
from streams.wire import closed_encounter_json
from streams.wire.event_json import validate

ROWS = [
    loads(line) for line in Path(__file__).with_name("stored_26_11_0.jsonl").read_bytes().splitlines() if line
]
SEEDS = Path(__file__).resolve().parents[3] / "seeds" / "day.jsonl"


def rows(kind: str) -> list[object]:
    """Return the stored bytes of one kind, each named by its encounter and phase."""
    return [
        pytest.param(row["name"], b64decode(row["bytes"]), id=f"{row['name']} {row.get('when', '')}".strip())
        for row in ROWS
        if row["kind"] == kind
    ]


def seeded(encounter_id: str) -> list[bytes]:
    """Return the seeded events of an encounter as they were sent."""
    return [line for line in SEEDS.read_bytes().splitlines() if loads(line)["encounter_id"] == encounter_id]


@pytest.mark.parametrize(("name", "stored"), rows("encounter"))
def test_an_encounter_state_is_read_with_all_its_events(name: str, stored: bytes) -> None:
    """Its deadline, its events and what they tell; and it can be written again."""
    read = state.from_bytes(stored)
    assert read.encounter_id == name
    assert state.deadline_of(stored) == read.due_at
    assert list(read.events) in ([], seeded(name))  # none of a stay known only from one merged into it
    for other, lines in read.merged_events.items():
        assert set(lines) <= set(seeded(other))
    assert read.event_count() > 0
    encounter = encounter_of(read)
    assert encounter is not None
    assert encounter.encounter_id == name
    again = state.from_bytes(read.to_bytes())
    assert (again.events, again.merged_events, again.phase, again.version, again.offsets) == (
        read.events, read.merged_events, read.phase, read.version, read.offsets,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "stored"), rows("closed"))
def test_a_closed_encounter_is_read_as_its_events_tell_it(name: str, stored: bytes) -> None:
    """The record from which a stay is coded again a year later."""
    closed = closed_encounter_json.from_bytes(stored)
    CLOSED_ENCOUNTER.validate_json(stored)
    told = fold([validate(line) for line in seeded(name)])
    assert closed.encounter == told._replace(
        administrations=tuple(
            administration._replace(open_pause=None, last_seen_at=None)  # facts that release did not keep
            for administration in told.administrations
        )
    )


@pytest.mark.parametrize(("name", "stored"), rows("release"))
def test_what_was_released_of_an_encounter_is_read(name: str, stored: bytes) -> None:
    """Its newest charge set, what waits for a person, and every revision that may not be out yet."""
    released = release_state.from_bytes(stored)
    assert loads(released.charge_set or b"")["encounter_id"] == name
    assert loads(released.charge_set or b"")["revision"] == released.revision
    assert release_state.from_bytes(release_state.to_bytes(released)) == released


@pytest.mark.parametrize(("name", "stored"), rows("command"))
def test_a_command_on_its_way_is_obeyed(name: str, stored: bytes) -> None:
    """A worker of this release may take over a partition in which one of 26.11.0 left commands."""
    command = commands.from_bytes(stored)
    assert command.kind in commands.KINDS
    assert commands.from_bytes(commands.to_bytes(command)) == command
    assert name in {command.encounter_id, "misrouted"}
