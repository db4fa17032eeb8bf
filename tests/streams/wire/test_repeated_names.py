"""A name written twice in one object makes a line no event, in a file and in a topic, however it is spelled."""

from typing import Any

import pytest
from encounter_states import Shelf, injection, line
from orjson import dumps, loads

from rules.engine import Profile
from streams.batch.coder import code_stay
from streams.lifecycle.merged_view import encounter_of
from streams.wire import topics
from streams.wire.event_json import read
from streams.wire.event_message import event_message
from streams.wire.refused_event import legible_encounter_id
from streams.wire.reject_headers import origin
from streams.wire.rejects import Reject

OPENED = line("encounter_opened")
DRUG = b'"drug":{"name":"ketorolac"}'
PLAIN = injection()
assert DRUG in PLAIN


def with_first(text: bytes) -> bytes:
    """Return the injection with further text in front of its fields."""
    return b"{" + text + b"," + PLAIN[1:]


def with_drug(text: bytes) -> bytes:
    """Return the injection with another drug."""
    return PLAIN.replace(DRUG, b'"drug":' + text)


TWICE = {
    "two ids": (with_first(b'"encounter_id":"E2"'), "encounter_id"),
    "one id, twice": (with_first(b'"encounter_id":"E1"'), "encounter_id"),
    "an id and an escaped id": (with_first(rb'"encounter\u005fid":"E2"'), "encounter_id"),
    "an escaped id behind": (PLAIN[:-1] + rb',"encounter\u005fid":"E2"}', "encounter_id"),
    "both escaped": (
        with_first(rb'"encounter\u005fid":"E2"').replace(b'"encounter_id"', rb'"\u0065ncounter_id"'),
        "encounter_id",
    ),
    "the type": (with_first(b'"type":"push_given"'), "type"),
    "a value that is none": (with_first(b'"route":[[{"Jane":1,"Jane":2}]]'), "route"),
    "a name apart from its colon": (with_first(b'"route" :"IV"'), "route"),
    "a tab before the colon": (with_first(b'"route"\t:\t"IV"'), "route"),
    "apart, and a text that makes up for it": (
        with_first(rb'"route" :"IV","indication":"says \"pain\": much"'),
        "route",
    ),
    "a break before the colon": (with_first(b'"route"\r\n:"IV"'), "route"),
    "a drug twice": (with_first(b'"drug":{"name":"x","name":"y"}'), "drug"),
    "in a drug": (with_drug(b'{"name":"ketorolac","name":"cisplatin"}'), "drug.name"),
    "in a drug, escaped": (with_drug(rb'{"name":"ketorolac","n\u0061me":"cisplatin"}'), "drug.name"),
    "in an ingredient": (
        with_drug(b'{"ingredients":["saline",{"name":"a","code":"1","name":"b"}]}'),
        "drug.ingredients[1].name",
    ),
    "in an interval": (
        line("administration_charted", administration_id="a", intervals=[{"started_at": "S"}]).replace(
            b'"started_at":"S"',
            b'"started_at":"2026-03-02T08:00:00Z","started_at":"2026-03-02T08:30:00Z"',
        ),
        "intervals[0].started_at",
    ),
    "behind a byte-order mark": (b"\xef\xbb\xbf" + with_first(b'"route":"IV"'), "route"),
}


@pytest.mark.parametrize(("raw", "field"), [pytest.param(*given, id=what) for what, given in TWICE.items()])
def test_file_and_stream_refuse_it_in_the_same_words_and_hold_the_same_stay(raw: bytes, field: str) -> None:
    """Neither takes the first, neither takes the last; and no value is shown."""
    why = f"{field}: stands twice in the line; send the event again with one of them"
    found = read(raw)
    assert isinstance(found, Reject)
    assert found.reason == why
    about = legible_encounter_id(raw)
    assert about is not None
    own = OPENED if about == "E1" else line("encounter_opened", stay=about)
    coded = code_stay(about, [(0, 1, own), (0, 2, raw)], Profile())
    shelf = Shelf()
    followed = shelf.follow(own, raw)
    told = [origin(one.headers) for one in followed.messages if one.topic == topics.REJECTS]
    assert [one.reason for one in told if one] == [why] == [one.reason for one in coded.rejects]
    state = shelf.load(about)
    assert state is not None
    assert encounter_of(state) == coded.stays[0].encounter


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN,
        dumps(loads(PLAIN), option=2),
        PLAIN.replace(b":", b" : ", 3),
        with_first(rb'"indication":"he said \"a\": \"a\": \"a\":"'),
        with_first(b'"indication":": \\":"'),
        with_drug(b'{"name":"a","ingredients":[{"name":"a","code":"1"},{"name":"a"},"a"]}'),
        with_first(b'"dose":1.0000000000000000000000000001'),
        line("administration_charted", administration_id="a", intervals=[{"started_at": "2026-03-02T08:00:00Z"}] * 3),
    ],
)  # fmt: skip
def test_one_name_in_two_objects_or_in_a_text_is_none_that_stands_twice(raw: bytes) -> None:
    """Nothing that was an event is refused."""
    assert not isinstance(read(raw), Reject)


def test_a_text_of_ten_thousand_digits_is_read_without_a_fault() -> None:
    """The first of two values is seen by nobody else, and may be anything that is JSON."""
    found = read(with_first(b'"lesion_count":' + b"9" * 10_000 + b',"lesion_count":2'))
    assert isinstance(found, Reject)


def test_the_message_of_such_a_line_names_one_stay() -> None:
    """Its key is the id under which its reader refuses it, and no header says another."""
    for about in ("two ids", "an id and an escaped id", "an escaped id behind"):
        raw: Any = TWICE[about][0]
        found = event_message(raw)
        assert found.key == (legible_encounter_id(raw) or "").encode()
        assert dict(found.headers).get("ce_subject", found.key) == found.key
