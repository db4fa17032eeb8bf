"""What our headers say, and that the official CloudEvents SDK reads it so."""

from datetime import UTC, datetime

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from models.schema import CONTRACT_VERSION
from streams.wire.cloud_events import SCHEMA_VERSION, event_id, headers

NOON = 1772452800
TRACE = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_the_official_sdk_reads_what_we_say() -> None:
    """Every attribute of a message of ours, by the SDK's own Kafka binding."""
    said = headers("charge_set", "id-1", "E1 \u00e9", NOON, TRACE)
    event = from_binary(KafkaMessage(dict(said), b"E1", b'{"revision":1}'), JSONFormat())
    assert event.get_specversion() == "1.0"
    assert event.get_id() == "id-1"
    assert event.get_type() == "org.infusion-charges.charge_set.v1"
    assert event.get_source() == "infusion-charges"
    assert event.get_subject() == "E1 \u00e9"
    assert event.get_time() == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == {"revision": 1}


def test_what_is_not_known_is_not_said() -> None:
    """A message without an instant or a trace has no such header, and the SDK takes it all the same."""
    said = dict(headers("infusion_started", "m1", "E1", None))
    assert "ce_time" not in said
    assert "traceparent" not in said
    assert from_binary(KafkaMessage(said, b"E1", b"{}"), JSONFormat()).get_id() == "m1"


def test_a_header_stands_once() -> None:
    """No name twice: readers that make a mapping of them lose nothing."""
    names = [name for name, _ in headers("charge_set", "id-1", "E1", NOON, TRACE)]
    assert len(names) == len(set(names))


def test_the_trace_is_passed_on_as_it_came() -> None:
    """W3C trace context: not ours to change."""
    assert ("traceparent", TRACE) in headers("review", "id-1", "E1", NOON, TRACE)


def test_the_edition_of_the_contract_travels_with_each_message() -> None:
    """A reader that must know which fields to expect need not guess."""
    assert (SCHEMA_VERSION, CONTRACT_VERSION.encode()) in headers("review", "id-1", "E1", NOON)


def test_another_sender_may_be_named() -> None:
    """What a publisher sends on behalf of a source is that source's."""
    assert ("ce_source", b"emar") in headers("infusion_started", "m1", "E1", NOON, source="emar")


def test_instants_before_and_after_the_usual_are_written_whole() -> None:
    """RFC 3339 with a Z, whatever the year."""
    assert dict(headers("review", "i", "E1", 0))["ce_time"] == b"1970-01-01T00:00:00Z"
    assert dict(headers("review", "i", "E1", 7258118399))["ce_time"] == b"2199-12-31T23:59:59Z"


def test_an_id_is_a_function_of_what_it_is_about() -> None:
    """The same words the same id, and no two lists of words the same."""
    assert event_id("infusion.charges.v1", "E1", "1") == event_id("infusion.charges.v1", "E1", "1")
    assert event_id("a", "bc") != event_id("ab", "c")
