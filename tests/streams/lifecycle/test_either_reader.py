"""
What a stay comes to does not hang on how its events were read: by the quick way, together, or by pydantic, one by one.

States as they are written, messages, commands and counts are held to be equal to the byte.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final, NamedTuple

import pytest
from encounter_states import HOUR, T0, TIMEOUTS, asked_early, line, records
from hypothesis import given, settings
from hypothesis import strategies as st
from model_kafka import Rec

from models.event import Event
from streams.lifecycle import event_records, merged_view
from streams.lifecycle.commands import Command, to_bytes
from streams.lifecycle.event_processor import EncounterProcessor
from streams.lifecycle.state import EncounterState
from streams.lifecycle.stay_journal import changes, read_stay
from streams.synthetic.generator import generate
from streams.wire import topics
from streams.wire.event_decoder import as_model
from streams.wire.event_json import read, validate
from streams.wire.event_reader import read_lines, validate_lines
from streams.wire.rejects import Reject

_ESCAPED: Final = (b'"encounter_id"', b'"encounter\\u005fid"')
"""How a line is written so that the quick way leaves it to pydantic, and what it says stays the same."""


class Came(NamedTuple):
    """All that a batch leaves behind."""

    states: list[dict[bytes, bytes | None]]
    messages: Sequence[Any]
    commands: Sequence[Any]
    counts: Any
    faults: int


def one_by_one(lines: Iterable[bytes]) -> list[Event | Reject]:
    """Read as was done before there was a quick way."""
    return list(map(read, lines))


def validated(lines: Iterable[bytes]) -> list[Event]:
    """Read likewise what was read before."""
    return list(map(validate, lines))


READERS: Final[tuple[tuple[Callable[..., Any], Callable[..., Any]], ...]] = (
    (read_lines, validate_lines),
    (one_by_one, validated),
)


class Shelf:
    """The stays of a partition: some live, some as their bytes alone, as a coin says that falls alike for either reader."""

    def __init__(self, seed: int) -> None:
        self._coin = random.Random(seed)  # noqa: S311 - no secret
        self._live: dict[str, EncounterState] = {}
        self._kept: dict[bytes, bytes] = {}

    def load(self, encounter_id: str) -> EncounterState | None:
        """Return a stay, live or read from its bytes."""
        state, key = self._live.get(encounter_id), encounter_id.encode()
        if state is not None and self._coin.random() < 0.7:
            return state
        stored = self._kept.get(key)
        return (
            None
            if stored is None
            else read_stay(stored, lambda number: self._kept.get(b"%s#%d" % (key, number)))
        )

    def due(self, at: int) -> list[bytes]:
        """Return a command for every stay that is due, as the timer asks."""
        names = [name for name, state in self._live.items() if (state.due_at or at + 1) <= at]
        return [to_bytes(Command("due", name)) for name in names]

    def process(self, given: list[Rec], at: int, *, commands: bool = False) -> Came:
        """Return what a batch comes to, and keep its states."""
        batch = EncounterProcessor(
            topics.COMMANDS if commands else topics.EVENTS, 1, at, self.load, lambda _: True
        )
        (batch.process_commands if commands else batch.process_events)(given)
        done = batch.finish(TIMEOUTS, asked_early)
        written = []
        for state in done.states:
            key = state.encounter_id.encode()
            put, state.journal = changes(state, key)
            written.append(put)
            for name, value in put.items():
                number = int.from_bytes(name[-4:], "big")
                place = key if name == key else b"%s#%d" % (key, number)
                if value is None:
                    self._kept.pop(place, None)
                else:
                    self._kept[place] = value
            self._live[state.encounter_id] = state
        return Came(written, done.messages, done.commands, batch.counts, done.faults)


def both_ways(batches: Sequence[Sequence[bytes | None]], seed: int = 0) -> None:
    """Process batches of events, and after each the commands that came of it, with either reader."""
    came: list[list[Came]] = []
    for reader, again in READERS:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(event_records, "read_lines", reader)
            patched.setattr(merged_view, "validate_lines", again)
            shelf, offset, asked, mine = Shelf(seed), 0, 0, []
            for number, batch in enumerate(batches):
                at = T0 + number * 9 * HOUR
                mine.append(shelf.process(records(*batch, first=offset), at))
                offset += len(batch)
                commands = [command.value for command in mine[-1].commands] + shelf.due(at)
                mine.append(shelf.process(records(*commands, first=asked), at + 1, commands=True))
                asked += len(commands)
            came.append(mine)
    quick, known = came
    for one, other in zip(quick, known, strict=True):
        assert one == other


def test_a_month_comes_to_the_same() -> None:
    """Coded, held, merged, cancelled and corrected, in batches of every size; one line in fifty is written with an escape."""
    rng = random.Random(5)  # noqa: S311 - no secret
    month = [
        event if rng.random() < 0.98 else event.replace(*_ESCAPED)
        for event in generate(random.Random(11), 250, date(2026, 3, 1))  # noqa: S311 - no secret
    ]
    events = iter(month)
    batches = []
    while batch := list(islice(events, rng.choice((1, 3, 20, 150)))):
        batches.append(batch)
    both_ways(batches)


KINDS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("encounter_opened", {"payer": "medicare", "patient_key": "p1"}),
    ("encounter_updated", {"payer": "aetna"}),
    ("encounter_discharged", {}),
    ("encounter_cancelled", {}),
    ("encounter_reopened", {}),
    ("encounter_merged", {"into_encounter_id": "E2"}),
    ("encounter_merged", {"into_encounter_id": "E1"}),
    ("event_voided", {"voids_event_id": "1"}),
    ("infusion_started", {"administration_id": "a", "drug": {"name": "ceftriaxone"}, "route": "IV", "dose": 1.50}),
    ("infusion_stopped", {"administration_id": "a"}),
    ("administration_charted", {"administration_id": "a", "drug": {"name": "ceftriaxone"}, "started_at": "2026-03-02T08:10:00Z"}),
    ("injection_given", {"administration_id": "b", "drug": {"name": "ketorolac"}, "route": "im"}),
    ("infusion_started", {"administration_id": "a", "dose": -1}),
)  # fmt: skip


@st.composite
def events(draw: st.DrawFn) -> bytes | None:
    """Draw an event of one of three stays; few ids, so that one comes with two contents, or again in another spelling."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.sampled_from((None, b"", b"{}", b'{"encounter_id":"E1"', b"\xff")))
    kind, more = draw(st.sampled_from(KINDS))
    made = line(
        kind,
        draw(st.integers(0, 3)) * 10,
        draw(st.sampled_from(("E1", "E2", "E3"))),
        draw(st.sampled_from((None, 0, 40))),
        **{**more, "event_id": str(draw(st.integers(0, 5)))},
    )
    spelled = draw(st.integers(0, 3))
    return (made, made, made.replace(*_ESCAPED), made.replace(b",", b",\n"))[spelled]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(events(), min_size=1, max_size=12), min_size=1, max_size=5), st.integers(0, 3))
def test_whatever_comes_comes_to_the_same(batches: list[list[bytes | None]], seed: int) -> None:
    """Where a struct meets a model of one id, they are one event, or a conflict, as two models are."""
    both_ways(batches, seed)


def test_an_event_read_either_way_is_one_event() -> None:
    """Written in another way, it is no conflict, and no other event."""
    given_once = line(
        "injection_given", administration_id="b", drug={"name": "ketorolac"}, route="IM", event_id="1"
    )
    quick, known = read_lines([given_once])[0], read_lines([given_once.replace(*_ESCAPED)])[0]
    assert type(quick) is not type(known)
    assert not isinstance(quick, Reject)
    assert as_model(quick) == known
    both_ways([[given_once, given_once.replace(*_ESCAPED), line("encounter_discharged", 60)]])
