"""What the store of stays writes, and that it comes back: bytes counted, upgrades from older forms, what a crash leaves."""

from base64 import b64decode
from bisect import bisect_left
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from encounter_states import T0, TIMEOUTS, asked, injection, line, records
from faust.types import TP
from model_kafka import Paper, PaperApp, PaperTable
from orjson import loads

from streams.engine.records import Record
from streams.lifecycle.event_processor import EncounterProcessor
from streams.lifecycle.state import EncounterState, UnknownFormatError, from_bytes
from streams.lifecycle.stay_journal import GROWTH, JOURNAL_FROM, entry_of, kept_stays
from streams.wire import topics
from streams.worker.encounter_store import EncounterStore

LOG = TP(topics.ENCOUNTERS_CHANGELOG, 0)
STORED = Path(__file__).with_name("stored_26_11_0.jsonl")


class Stored:
    """One worker's stays of partition 0 over a model of Kafka; each checkpoint is what the engine's is."""

    def __init__(self, paper: Paper | None = None) -> None:
        self.paper = paper or Paper(1, T0)
        self.app: Any = PaperApp(self.paper)
        self.table: Any = PaperTable(self.paper, topics.ENCOUNTERS_CHANGELOG)
        self.store = EncounterStore(self.app, self.table, 100)
        self.table.recover({0})
        self.store.restore({0})
        self.offset = 0

    def take(self, *lines: bytes, at: int = T0) -> None:
        """Fold events and note the stays for the next checkpoint."""
        folding = EncounterProcessor(
            topics.EVENTS, 0, at, lambda name: self.store.load(0, name), lambda _: True
        )
        folding.process_events(records(*lines, first=self.offset))
        self.offset += len(lines)
        for state in folding.finish(TIMEOUTS, asked).states:
            self.store.keep(0, state)

    def checkpoint(self, *, lands: int | None = None) -> int:
        """Write what is noted, or only its first records, and return how many bytes that was."""
        made = self.app.checkpoint()
        written = [pair for changed in made.states.values() for pair in changed.items()][:lands]
        first = len(self.paper.logs[LOG])
        for key, value in written:
            self.paper.append(LOG, Record(key, value))
        if lands is None:
            self.table.remember(0, [Record(key, value) for key, value in written], first)
            self.app.written(made)
        return sum(len(key) + len(value or b"") for key, value in written)

    def again(self) -> "Stored":
        """Start another worker on what lies in Kafka."""
        return Stored(self.paper)

    def kept(self) -> dict[str, EncounterState]:
        """Return the stays a compacted changelog tells."""
        return {one.encounter_id: one for one in kept_stays(self.paper.newest(topics.ENCOUNTERS_CHANGELOG))}

    def entries(self) -> list[bytes]:
        """Return the keys of all entries there are beside the stays' own."""
        newest = self.paper.newest(topics.ENCOUNTERS_CHANGELOG)
        return [key for key, value in newest.items() if value is not None and entry_of(key)]


def pushes(count: int) -> Iterator[bytes]:
    """Yield events of some two hundred bytes each."""
    yield line("encounter_opened", source="adt", payer="medicare")
    for number in range(1, count):
        yield injection(number, name=f"a{number}", source="emar", pump_id=None)


def same(one: EncounterState, other: EncounterState) -> None:
    """Check that two are one stay in all that is kept."""
    assert one.to_bytes() == other.to_bytes()
    assert list(one.events) == list(other.events)
    assert one.size_bytes == pytest.approx(other.size_bytes, abs=len(one.events))


@pytest.mark.parametrize("count", [300, 600, 1_202, 3_000])
def test_a_stay_that_comes_event_by_event_is_not_written_again_with_each(count: int) -> None:
    """Changelog and store take each what a checkpoint writes: together at most 3 bytes a byte of event."""
    stored, weight, written = Stored(), 0, 0
    for event in pushes(count):
        stored.take(event)
        weight += len(event)
        written += stored.checkpoint()
    assert 2 * written <= 3 * weight
    assert len(stored.kept()["E1"].events) == count


def test_a_short_stay_is_written_whole_as_ever() -> None:
    """Under its own key alone, in the form of the release before."""
    stored = Stored()
    for event in pushes(10):
        stored.take(event)
        stored.checkpoint()
    (written,) = stored.paper.newest(topics.ENCOUNTERS_CHANGELOG).values()
    assert written is not None
    assert written[0] == 2
    assert len(from_bytes(written).events) == 10


def test_what_comes_back_is_what_was_kept() -> None:
    """By another worker, after each of two hundred checkpoints, snapshots and entries among them."""
    stored = Stored()
    for number, event in enumerate(pushes(200)):
        stored.take(event, at=T0 + number)
        stored.checkpoint()
        live = stored.store.load(0, "E1")
        assert live is not None
        same(stored.kept()["E1"], live)
    assert stored.entries()
    back = stored.again().store.load(0, "E1")
    assert back is not None
    same(back, live)
    assert back.due_at == live.due_at


def test_a_worker_that_goes_on_from_a_journal_appends_to_it() -> None:
    """It knows from what it read how far the stay is written."""
    stored = Stored()
    for event in pushes(100):
        stored.take(event)
        stored.checkpoint()
    after = stored.again()
    after.take(injection(500, name="late"))
    assert after.checkpoint() < 600
    assert len(after.kept()["E1"].events) == 101


def test_entries_of_an_older_snapshot_go_when_a_new_one_is_written() -> None:
    """Compaction has nothing to keep of them."""
    stored, most = Stored(), 0
    for event in pushes(GROWTH * 30):
        stored.take(event)
        stored.checkpoint()
        most = max(most, len(stored.entries()))
    assert 0 < len(stored.entries()) < most
    stored.take(line("encounter_discharged", 900))
    stored.checkpoint()
    state = stored.store.load(0, "E1")
    assert state is not None
    state.phase = "final"
    stored.store.keep(0, state)
    stored.checkpoint()
    assert stored.entries() == []


@pytest.mark.parametrize("lands", range(6))
def test_a_snapshot_cut_short_by_a_crash_leaves_nothing_that_counts(lands: int) -> None:
    """The snapshot comes first, what it replaces goes after; what stays for lack of time is swept by who recovers."""
    stored = Stored()
    for event in pushes(30):
        stored.take(event)
        stored.checkpoint()
    assert len(stored.entries()) > 6
    state = stored.store.load(0, "E1")
    assert state is not None
    state.phase = "final"
    stored.store.keep(0, state)
    stored.checkpoint(lands=lands)
    after = stored.again()
    assert len(after.kept()["E1"].events) == 30
    back = after.store.load(0, "E1")
    assert back is not None
    assert len(back.events) == 30
    assert back.phase == ("final" if lands else "open")
    after.checkpoint()
    if lands:
        assert after.entries() == []
    after.take(injection(500, name="late"))
    after.checkpoint()
    assert len(after.again().kept()["E1"].events) == 31


def test_what_could_not_be_written_is_written_with_what_came_since() -> None:
    """A lease that ran out: the same entry again, with more in it."""
    stored = Stored()
    for event in pushes(60):
        stored.take(event)
        stored.checkpoint()
    entries = len(stored.entries())
    stored.take(injection(500, name="one"))
    stored.app.requeue(stored.app.checkpoint())
    assert stored.app.unwritten(stored.table, 0, b"E1")
    stored.take(injection(501, name="two"))
    stored.checkpoint()
    assert len(stored.entries()) == entries + 1
    assert len(stored.kept()["E1"].events) == 62


def as_26_11_0(state: EncounterState) -> bytes:
    """Return a stay in the form of release 26.11.0: format 1, without accounts."""
    head, _, rest = state.to_bytes().partition(b"\n")
    assert head.endswith(b",null,null]")
    return b"\1" + head[1:-11] + b"]\n" + rest


def as_format_2(state: EncounterState) -> bytes:
    """Return a stay in the form of the releases after it: what was told to others is not in it."""
    head, _, rest = state.to_bytes().partition(b"\n")
    return head.removesuffix(b",null]") + b"]\n" + rest


@pytest.mark.parametrize("older", [as_26_11_0, as_format_2], ids=["26.11.0", "format 2"])
def test_a_long_stay_of_an_older_release_is_taken_over(older: Callable[[EncounterState], bytes]) -> None:
    """It is read as it lies there; the first change makes a snapshot of it, the next ones entries."""
    events = list(pushes(400))
    before = EncounterState("E1", T0)
    before.events = dict.fromkeys(events)
    before.offsets, before.due_at, before.due_for = {topics.EVENTS: 399}, T0 + 9, "inactive"
    paper = Paper(1, T0)
    paper.append(LOG, Record(b"E1", older(before)))
    stored = Stored(paper)
    stored.offset = 400
    state = stored.store.load(0, "E1")
    assert state is not None
    assert list(state.events) == events
    stored.take(injection(500, name="late"))
    stored.checkpoint()
    stored.take(injection(501, name="later"))
    assert stored.checkpoint() < 600
    after = stored.again().store.load(0, "E1")
    assert after is not None
    assert list(after.events)[:400] == events
    assert len(after.events) == 402


def test_what_26_11_0_stored_goes_on() -> None:
    """Each of its stays, with one event more."""
    rows = [loads(row) for row in STORED.read_bytes().splitlines()]
    kept = {row["name"]: b64decode(row["bytes"]) for row in rows if row["kind"] == "encounter"}
    paper = Paper(1, T0)
    for name, value in kept.items():
        paper.append(LOG, Record(name.encode(), value))
    stored = Stored(paper)
    stored.offset = 10_000
    stored.take(*(injection(5, stay=name, name="more") for name in kept))
    stored.checkpoint()
    after = stored.again().kept()
    assert {name: len(one.events) for name, one in after.items()} == {
        name: len(from_bytes(value).events) + 1 for name, value in kept.items()
    }


def test_an_entry_of_a_newer_worker_is_refused() -> None:
    """As a stay of one is."""
    stored = Stored()
    for event in pushes(60):
        stored.take(event)
        stored.checkpoint()
    key = stored.entries()[0]
    newest = stored.paper.newest(topics.ENCOUNTERS_CHANGELOG)
    stored.paper.append(LOG, Record(key, b"\xff" + (newest[key] or b"")[1:]))
    with pytest.raises(UnknownFormatError):
        stored.again()


def test_a_journal_begins_where_writing_whole_costs_more() -> None:
    """Some sixteen events: a stay has ten."""
    assert JOURNAL_FROM > 10 * 250


def test_the_cache_is_bounded_by_what_its_stays_take() -> None:
    """A few long stays take as much memory as thousands of short ones."""
    stored = Stored()
    stored.store = EncounterStore(stored.app, stored.table, 10_000, capacity_bytes=2 << 20)
    for number in range(60):
        name = f"Z{number}"
        stored.take(*(injection(minute, stay=name, name=f"a{minute}") for minute in range(100)))
        stored.checkpoint()
        assert stored.store.cached_bytes < 3 << 20
    assert 0 < stored.store.cached < 30
    back = stored.store.load(0, "Z0")
    assert back is not None
    assert len(back.events) == 100


def figures_of(store: EncounterStore) -> tuple[Any, dict[str, int], list[int]]:
    """Return what a store knows of its stays after a recovery."""
    store.live_count.count_for(60)
    return (
        store.live.figures(T0),
        dict(store.last_words),
        [bisect_left(range(2 * T0), 1, key=index.has_due) for index in store._due.values()],  # noqa: SLF001 - nothing else tells
    )


def test_a_recovery_told_record_by_record_knows_what_reading_the_store_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stays open, long, final and gone again, each written many times."""
    stored = Stored()
    stored.take(line("encounter_opened", stay="open", source="adt"), injection(5, stay="open"))
    stored.take(line("infusion_started", 5, "runs", administration_id="A", drug={"name": "x"}))
    stored.checkpoint()
    for event in pushes(60):
        stored.take(event)
        stored.checkpoint()
    stored.take(line("encounter_discharged", 60, stay="open"), injection(9, stay="other"))
    stored.checkpoint()
    stored.take(injection(12, stay="other", name="again"))
    stored.checkpoint()
    stored.paper.append(LOG, Record(b"other", None))
    read = stored.again()
    for most in (2_000, 0):
        monkeypatch.setattr("streams.worker.encounter_store.AT_ONCE", most)
        told = Stored(stored.paper)
        told.store.clear()
        told.store.last_words.clear()
        told.store.begin(0)
        for record in stored.paper.logs[LOG]:
            told.store.take(0, [(record.key, record.value)])
        told.store.restore({0})
        assert figures_of(told.store) == figures_of(read.store)
        assert told.store.indexed == read.store.indexed
    assert len(read.store.live) == 3


def test_a_stay_that_changes_before_it_is_counted_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it has become, and whoever asks about live stays is told of it."""
    monkeypatch.setattr("streams.worker.encounter_store.AT_ONCE", 0)
    stored = Stored()
    stored.take(*(injection(5, stay=name) for name in "abcd"))
    stored.checkpoint()
    again = Stored(stored.paper)
    told: list[bytes] = []
    again.store.on_live = lambda _, key: told.append(key)
    assert (again.store.live_count.uncounted, len(again.store.live)) == (1, 0)
    again.take(injection(9, stay="c", name="more"), injection(9, stay="e"))
    assert len(again.store.live) == 2
    again.store.live_count.count_for(60)
    assert (again.store.live_count.uncounted, len(again.store.live)) == (0, 5)
    again.take(injection(12, stay="c", name="last"), injection(12, stay="a", name="last"))
    assert len(again.store.live) == 5
    assert sorted(told) == [b"a", b"b", b"c", b"d"]
