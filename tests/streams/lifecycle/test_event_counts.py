"""What a batch of events is counted as: each once, by source, and every refusal by a kind of a fixed list."""

import pytest
from encounter_states import HOUR, T0, TIMEOUTS, Shelf, asked, injection, line, records

from streams.lifecycle.event_counts import EventCounts
from streams.lifecycle.event_processor import EncounterProcessor
from streams.lifecycle.reject_reasons import FAULT, FORGOTTEN, MERGED_INTO_FORGOTTEN, TOO_HEAVY
from streams.wire import topics
from streams.wire.reject_kinds import KINDS, kind_of
from streams.wire.rejects import TWICE, WHOLE_LINE, Reject


def counts(shelf: Shelf, *values: bytes | None, first: int = 0, at: int = T0) -> EventCounts:
    """Return the counts of a batch, whose stays are kept."""
    batch = EncounterProcessor(topics.EVENTS, 1, at, shelf.load, lambda _: True)
    batch.process_events(records(*values, first=first))
    for state in batch.finish(TIMEOUTS, asked).states:
        shelf.stays[state.encounter_id] = state.to_bytes()
    return batch.counts


def test_an_event_is_counted_under_its_source_with_how_late_it_was_charted() -> None:
    """One that names no source is counted too; the same again is a duplicate, and redelivered after a crash is neither."""
    shelf = Shelf()
    opened = line("encounter_opened", source="adt")
    given = injection(5, recorded=35, source="emar")
    found = counts(shelf, opened, given, line("access_placed", site_id="s1"))
    assert found.taken == {"adt": 1, "emar": 1, "unnamed": 1}
    assert found.chart_delays == {"emar": [1800.0]}
    assert {name: record.offset for name, record in found.newest.items()} == {
        "adt": 0,
        "emar": 1,
        "unnamed": 2,
    }
    again = counts(shelf, given, first=1)
    assert (again.taken, again.duplicates) == ({}, {})
    twice = counts(shelf, given, first=7)
    assert (twice.taken, twice.duplicates) == ({}, {"emar": 1})


def test_an_event_of_a_stay_that_was_coded_is_late() -> None:
    """It is counted as taken, too."""
    shelf = Shelf()
    counts(shelf, line("encounter_opened"), injection(5), line("encounter_discharged", 60))
    shelf.process_commands(b'{"command":"due","encounter_id":"E1"}', at=T0 + 6 * HOUR)
    found = counts(shelf, injection(9, name="b", source="emar"), first=9, at=T0 + 7 * HOUR)
    assert (found.taken, found.late) == ({"emar": 1}, {"emar": 1})


def test_what_is_refused_is_counted_by_its_topic_and_kind() -> None:
    """And the refusal left in its stay's place is no event of a feed."""
    bad = b'{"type":"injection_given","event_id":"x","encounter_id":"E1","source":"emar","occurred_at":"2026-03-02"}'
    found = counts(Shelf(), None, b"{", bad, b" " * (1 << 21))
    assert found.rejects == {
        (topics.EVENTS, "empty"): 1, (topics.EVENTS, "unreadable"): 1, (topics.EVENTS, "wrong_value"): 1,
        (topics.EVENTS, "too_long"): 1,
    }  # fmt: skip
    assert found.taken == {}
    command = EncounterProcessor(topics.COMMANDS, 1, T0, Shelf().load, lambda _: True)
    command.process_commands(records(b"{}"))
    assert command.counts.rejects == {(topics.COMMANDS, "not_a_command"): 1}


def test_an_event_without_effect_is_counted_as_that() -> None:
    """Stored after its stay was cancelled."""
    shelf = Shelf()
    found = counts(
        shelf,
        line("encounter_opened"),
        line("encounter_cancelled", 10, recorded=10),
        injection(20, recorded=20),
    )
    assert found.rejects == {(topics.EVENTS, "no_effect"): 1}


@pytest.mark.parametrize(
    ("reject", "kind"),
    [
        (Reject("encounter_id", TWICE, ""), "two_ids"), (Reject("drug.name", TWICE, ""), "repeated_field"), (FORGOTTEN, "stay_forgotten"), (MERGED_INTO_FORGOTTEN, "stay_forgotten"),
        (TOO_HEAVY, "stay_too_heavy"), (FAULT, "fault"), (Reject("type", "unknown event type", ""), "unknown_type"),
        (Reject("route", "infusion_started has no such field", ""), "unknown_field"),
        (Reject("field 3", "unknown field (and 2 more in this line)", ""), "unknown_field"),
        (Reject("event_id", "missing", ""), "missing_field"), (Reject("route", "too short", ""), "wrong_value"),
        (Reject(WHOLE_LINE, "not a closed encounter", ""), "not_a_closed_encounter"),
        (Reject(WHOLE_LINE, "this is UTF-16, not UTF-8", ""), "unreadable"),
    ],
)  # fmt: skip
def test_every_reason_has_a_kind(reject: Reject, kind: str) -> None:
    """Of the list, whatever its words name."""
    assert kind_of(reject) == kind
    assert kind in KINDS
