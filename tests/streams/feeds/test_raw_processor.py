"""From a raw topic's records to events and rejects: nothing is lost, nothing stops it, what links is kept by facility."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from orjson import dumps, loads

from streams.feeds.association import Associations
from streams.feeds.conversion import Conversion
from streams.feeds.linking import Entry, Linked, Unlinked
from streams.feeds.raw_processor import RawProcessor
from streams.feeds.site_mapping import DEFAULT_SITE
from streams.wire import topics
from streams.wire.message import Headers
from streams.wire.reject_headers import origin
from streams.wire.rejects import Reject
from streams.worker.adapters import adapters

GIVEN = {
    "type": "injection_given", "event_id": "e1", "encounter_id": "S1", "occurred_at": "2026-01-05T08:00:00-05:00",
    "source": "emar",
}  # fmt: skip
ODD = Reject("RXA-3", "no time", "send YYYYMMDDHHMM")


class Rec(NamedTuple):
    """One record of a raw topic."""

    value: bytes | None
    key: bytes | None = b"NORTH"
    offset: int = 7
    headers: Headers = ()
    timestamp: int = 1_767_601_800_000


def adapter(raw: bytes, _known: Any) -> Iterator[Conversion]:
    """Read messages of one word each."""
    for word in raw.split():
        if word == b"given":
            yield Conversion(events=(GIVEN,))
        elif word == b"partly":
            yield Conversion(events=(GIVEN,), rejects=(ODD,))
        elif word == b"odd":
            yield Conversion(rejects=(ODD,))
        elif word == b"nobody":
            yield Conversion(events=({**GIVEN, "encounter_id": ""},))
        elif word == b"pump":
            yield Conversion(events=({**GIVEN, "encounter_id": "?"},))
        elif word == b"vxu":
            yield Conversion(ignored="VXU^V04")
        else:
            raise RecursionError


class Beds:
    """A linker that remembers how many messages there were, and names the stay of what names none."""

    def restored(self, entries: Iterable[Entry]) -> int:
        """Return the number."""
        return int(dict(entries).get(b"count", b"0"))

    def known(self, state: Any) -> dict[str, Any]:
        """Return no resources."""
        assert isinstance(state, int)
        return {}

    def unlinked(self, state: Any) -> int:  # noqa: ARG002 - the protocol's
        """Return none."""
        return 0

    def link(self, state: Any, conversion: Conversion, at: int) -> Linked:
        """Count, and name."""
        assert at == 1_767_601_800
        named = tuple(
            {**event, "encounter_id": f"bed-{state}"} if event["encounter_id"] == "?" else event
            for event in conversion.events
        )
        return Linked(state + 1, conversion._replace(events=named), {b"count": b"%d" % (state + 1)})


def processor(linker: Any = None, states: dict[bytes, Any] | None = None) -> RawProcessor:
    """Return one for partition 2."""
    return RawProcessor(topics.RAW_HL7V2, 2, adapter, linker or Unlinked(), {} if states is None else states)


def test_a_message_becomes_events_under_their_stays() -> None:
    """With an event's own headers, and the trace of the message."""
    done = processor().process([Rec(b"given", headers=(("traceparent", b"00-a-b-01"), ("x", b"y")))])
    (message,) = done.messages
    assert (message.topic, message.key) == (topics.EVENTS, b"S1")
    assert loads(message.value or b"") == GIVEN
    headers = dict(message.headers)
    assert (headers["ce_id"], headers["ce_source"], headers["traceparent"]) == (b"e1", b"emar", b"00-a-b-01")
    assert "x" not in headers
    assert (dict(done.counts.became), done.counts.events) == ({"events": 1}, 1)


def test_what_is_refused_keeps_its_bytes_key_headers_and_place() -> None:
    """The reject of a raw record is the record, whatever its parts were refused for."""
    record = Rec(b"partly odd nobody", headers=(("content-type", b"application/hl7-v2"),))
    done = processor().process([record])
    assert [message.topic for message in done.messages] == [topics.EVENTS, topics.REJECTS]
    reject = done.messages[1]
    assert (reject.key, reject.value) == (record.key, record.value)
    assert reject.headers[0] == ("content-type", b"application/hl7-v2")
    where = origin(reject.headers)
    assert where is not None
    assert (where.topic, where.partition, where.offset) == (topics.RAW_HL7V2, 2, 7)
    assert where.reason == (
        "RXA-3: no time; send YYYYMMDDHHMM; "
        "encounter_id: missing; say in the site file which field is the encounter"
    )
    assert dict(done.counts.became) == {"partly": 1, "refused": 2}
    assert dict(done.counts.rejects) == {"wrong_value": 2, "missing_field": 1}


def test_what_our_code_fails_at_is_refused_and_the_next_is_read() -> None:
    """Nothing half done of it is sent."""
    done = processor().process([Rec(b"given bomb"), Rec(b"given"), Rec(b""), Rec(None)])
    assert [message.topic for message in done.messages] == [
        topics.REJECTS, topics.EVENTS, topics.REJECTS, topics.REJECTS,
    ]  # fmt: skip
    reasons = [
        where.reason.partition(";")[0]
        for message in done.messages
        if (where := origin(message.headers)) is not None
    ]
    assert reasons == [
        "message: a fault of ours while converting it", "message: no value", "message: no value"
    ]  # fmt: skip
    assert done.counts.faults == 1
    assert dict(done.counts.rejects) == {"fault": 1, "empty": 2}


def test_what_is_ignored_is_counted_by_kind() -> None:
    """And nothing is sent."""
    done = processor().process([Rec(b"vxu vxu")])
    assert done.messages == []
    assert (dict(done.counts.ignored), dict(done.counts.became)) == ({"VXU^V04": 2}, {"ignored": 2})


def test_a_medication_posted_alone_is_found_by_the_administration_that_names_it() -> None:
    """By the agent's own adapters and linker, and after a restart from what was written."""
    convert, linker = adapters(DEFAULT_SITE, None)[topics.RAW_FHIR], Associations()
    medication = b'{"resourceType": "Medication", "id": "M1", "code": {"text": "ceftriaxone"}}'
    given = dumps(
        {
            "resourceType": "MedicationAdministration", "id": "A1", "status": "completed",
            "medicationReference": {"reference": "Medication/M1"}, "context": {"reference": "Encounter/S1"},
            "effectivePeriod": {"start": "2026-01-05T08:00:00-05:00", "end": "2026-01-05T09:31:00-05:00"},
        }
    )  # fmt: skip
    first = RawProcessor(topics.RAW_FHIR, 2, convert, linker, {}).process([Rec(medication)])
    assert (first.messages, dict(first.counts.ignored)) == ([], {"FHIR Medication": 1})
    entries = [(name, value) for name, value in first.changes[b"NORTH"].items() if value is not None]
    states = {b"NORTH": linker.restored(entries)}
    second = RawProcessor(topics.RAW_FHIR, 2, convert, linker, states).process([Rec(given)])
    charted = [loads(message.value or b"") for message in second.messages]
    assert [event["drug"] for event in charted if event["type"] == "administration_charted"] == [
        {"name": "ceftriaxone"}
    ]


def test_what_links_is_kept_by_facility() -> None:
    """Each facility has a state of its own, and only changed entries are written, each once a batch."""
    states: dict[bytes, Any] = {b"NORTH": 5}
    done = processor(Beds(), states).process([Rec(b"pump"), Rec(b"pump", key=b"SOUTH"), Rec(b"pump")])
    assert [message.key for message in done.messages] == [b"bed-5", b"bed-0", b"bed-6"]
    assert states == {b"NORTH": 7, b"SOUTH": 1}
    assert done.changes == {b"NORTH": {b"count": b"7"}, b"SOUTH": {b"count": b"1"}}
