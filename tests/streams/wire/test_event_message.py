"""What goes with a line of events: its key, its headers, its time; and nothing is lost where there is none."""

import pytest
from orjson import dumps

from streams.wire.event_message import EventMessage, event_message

EVENT = {
    "type": "infusion_started",
    "event_id": "m1",
    "encounter_id": "E1",
    "occurred_at": "2026-03-02T08:00:00-05:00",
}
AT = 1772456400


def line(**fields: object) -> bytes:
    """Return the event as a line, with further or other fields."""
    return dumps(EVENT | fields)


def test_an_event_travels_under_its_encounter_with_cloudevents_headers() -> None:
    """The line itself is not touched: what is known of it stands beside it."""
    found = event_message(line())
    assert (found.key, found.at) == (b"E1", AT)
    told = dict(found.headers)
    assert told["ce_type"] == b"org.infusion-charges.infusion_started.v1"
    assert (told["ce_id"], told["ce_subject"], told["ce_source"]) == (b"m1", b"E1", b"infusion-charges")
    assert (told["ce_time"], told["content-type"]) == (b"2026-03-02T13:00:00Z", b"application/json")


def test_the_source_of_an_event_is_the_source_its_id_is_unique_in() -> None:
    """CloudEvents asks that id and source together are unique, as ours does."""
    assert dict(event_message(line(source="pump")).headers)["ce_source"] == b"pump"


def test_when_it_was_recorded_comes_before_when_it_happened() -> None:
    """The order in which a system stored events is the order in which they came."""
    assert event_message(line(recorded_at="2026-03-02T09:00:00-05:00")).at == AT + 3600
    assert event_message(line(recorded_at="nine")).at == AT


@pytest.mark.parametrize(
    "instant", ["2026-03-02T08:00:00", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "", 7, None]
)
def test_a_time_that_is_none_is_left_out(instant: object) -> None:
    """The reader says what is wrong with it; here it only has no say in the pace."""
    found = event_message(line(occurred_at=instant))
    assert (found.key, found.at) == (b"E1", None)
    assert "ce_time" not in dict(found.headers)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"encounter\\u005fid": "E1"}',
        b'{"encounter_id": "\\u00451"}',
        b'\xef\xbb\xbf{"encounter_id": "E1"}\r',
        b'{"encounter_id": "E1", cut off',
    ],
    ids=["name escaped", "value escaped", "byte-order mark", "no JSON any more"],
)
def test_the_key_is_found_where_code_finds_it(raw: bytes) -> None:
    """One encounter has one key, however its lines are written, and a spoilt line lies with its encounter."""
    assert event_message(raw) == EventMessage(b"E1", (), None)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"encounter_id"',
        b"x",
        b"\xff",
        b"{}",
        b'{"encounter_id": 7}',
        b'{"encounter_id": ""}',
    ],
)
def test_a_line_without_an_encounter_has_no_key(raw: bytes) -> None:
    """It is sent all the same, and rejected where rejects are kept."""
    assert event_message(raw) == EventMessage(None, (), None)


def test_what_is_too_long_for_headers_is_not_repeated_in_them() -> None:
    """A message must not double in size for an id of a megabyte."""
    found = event_message(line(event_id="x" * 1024))
    assert (found.key, found.headers, found.at) == (b"E1", (), AT)
