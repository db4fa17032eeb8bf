"""One line of bytes: an event, or a reject that says what is wrong and never what stood there."""

from typing import Any

import pytest
from orjson import dumps

from models.event import InfusionStarted, event_types
from streams.wire.event_json import may_be_merge, read
from streams.wire.rejects import Reject

CANARY = "Wilhelmina-4711"
"""Stands wherever a publisher could put patient data; no reject may repeat it."""


def line(**fields: Any) -> bytes:
    """Return a sound infusion_started as a line, with fields changed, added, or left out by None."""
    event = {
        "type": "infusion_started",
        "event_id": CANARY,
        "encounter_id": "E1",
        "occurred_at": "2026-03-02T08:00:00-05:00",
        "administration_id": CANARY,
        "drug": {"name": CANARY},
        "indication": CANARY,
    }
    return dumps({name: value for name, value in (event | fields).items() if value is not None})


def refused(raw: bytes) -> Reject:
    """Return the reject of a line that must not be an event, having looked for leaks."""
    found = read(raw)
    assert isinstance(found, Reject)
    assert CANARY not in found.reason
    assert "\n" not in found.reason
    return found


def test_a_sound_line_is_its_event() -> None:
    """The happy path: one line, one event."""
    found = read(line())
    assert isinstance(found, InfusionStarted)
    assert found.encounter_id == "E1"


@pytest.mark.parametrize("frame", [b"\xef\xbb\xbf%b", b"%b\r", b"  %b\t", b"\xef\xbb\xbf\xef\xbb\xbf%b\r"])
def test_a_byte_order_mark_and_a_carriage_return_are_no_fault(frame: bytes) -> None:
    """Editors and Windows add them; they change nothing."""
    assert isinstance(read(frame % line()), InfusionStarted)


BYTES = {
    "cut off": (line()[:60], "line", "cut off before its end"),
    "cut off by one": (line()[:-1], "line", "cut off before its end"),
    "words": (b"hello " + CANARY.encode(), "line", "not JSON"),
    "single quotes": (line().replace(b'"', b"'"), "line", "not JSON"),
    "a trailing comma": (line()[:-1] + b",}", "line", "a comma stands before a closing bracket"),
    "two events": (line() + line(), "line", "something follows the event"),
    "a NUL byte": (line(route="I\0V").replace(b"\\u0000", b"\0"), "line", "a NUL byte at byte"),
    "NULs only": (bytes(40), "line", "a NUL byte at byte 1"),
    "a tab in a text": (
        line(route="I\tV").replace(b"\\t", b"\t"),
        "line",
        "a control character stands inside",
    ),
    "Latin-1": (line(route="é").decode().encode("latin-1"), "line", "it looks like Latin-1"),
    "half a character": (line(route="€").replace(b"\xe2\x82\xac", b"\xe2\x82"), "line", "cut in two"),
    "UTF-16": (line().decode().encode("utf-16"), "line", "this is UTF-16, not UTF-8"),
    "UTF-16 without a mark": (line().decode().encode("utf-16-le"), "line", "this is UTF-16, not UTF-8"),
    "half a surrogate": (line(route="IV").replace(b"IV", rb"\ud800"), "line", "not JSON"),
    "a list": (b"[" + line() + b"]", "line", "must be a JSON object"),
    "a text": (b'"' + CANARY.encode() + b'"', "line", "must be a JSON object"),
    "a number": (b"4711", "line", "must be a JSON object"),
    "null": (b"null", "line", "must be a JSON object"),
    "a deep well": (b"[" * 200_000, "line", "nested too deeply"),
    "a deep object": (
        b'{"type":"infusion_started","drug":' + b'{"a":' * 100_000,
        "line",
        "nested too deeply",
    ),
    "endless digits": (line()[:-1] + b',"dose":' + b"9" * 6000 + b"}", "line", "too many digits"),
}


@pytest.mark.parametrize(("raw", "field", "says"), BYTES.values(), ids=BYTES)
def test_bytes_that_are_no_event_are_named_for_what_they_are(raw: bytes, field: str, says: str) -> None:
    """What a transfer, an editor or a code page does to a line is told apart."""
    found = refused(raw)
    assert found.field == field
    assert says in found.says
    assert found.remedy


@pytest.mark.parametrize(
    ("raw", "remedy"),
    [
        (line(route="é").decode().encode("latin-1"), "iconv -f CP1252 -t UTF-8"),
        (line().decode().encode("utf-16"), "iconv -f UTF-16 -t UTF-8"),
    ],
)
def test_a_wrong_code_page_comes_with_the_command_that_mends_it(raw: bytes, remedy: str) -> None:
    """The remedy can be pasted."""
    assert remedy in refused(raw).remedy


WORDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("infusion_stopped", {"reason": "Completed"}, {"reason": "completed"}),
    ("infusion_stopped", {"reason": " BAG_REMOVED "}, {"reason": "bag_removed"}),
    ("administration_charted", {"stop_reason": "Reaction"}, {"stop_reason": "reaction"}),
    ("administration_charted", {"technique": "Infusion"}, {"technique": "infusion"}),
    ("administration_charted", {"intent": "KVO"}, {"intent": "kvo"}),
    ("administration_charted", {"order_status": "Signed"}, {"order_status": "signed"}),
    ("encounter_updated", {"setting": "Office"}, {"setting": "office"}),
    ("encounter_updated", {"department_modifier": "po"}, {"department_modifier": "PO"}),
    ("infusion_started", {"drug": {"code": "J0696", "system": "HCPCS"}}, {"drug": {"code": "J0696", "system": "hcpcs"}}),
    ("infusion_started", {"drug": {"billing_class": "Blood"}}, {"drug": {"billing_class": "blood"}}),
    ("infusion_started", {"drug": {"ingredients": [{"code": "2193", "system": "RxNorm"}]}},
     {"drug": {"ingredients": [{"code": "2193", "system": "rxnorm"}]}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "charted", "listed"), WORDS, ids=[str(charted) for _, charted, _ in WORDS])
def test_a_known_word_is_read_in_any_letter_case(
    kind: str, charted: dict[str, Any], listed: dict[str, Any]
) -> None:
    """It is the listed word: the same event sent again in the listed spelling has no other content."""
    event: dict[str, Any] = {
        "type": kind,
        "event_id": "a",
        "encounter_id": "E1",
        "occurred_at": "2026-03-02T08:00:00Z",
    }
    if kind != "encounter_updated":
        event["administration_id"] = "A1"
    found = read(dumps(event | charted))
    assert not isinstance(found, Reject)
    assert found == read(dumps(event | listed))


def test_a_type_in_capitals_is_still_unknown() -> None:
    """Event types and names of fields are written by programs, and stay as they are listed."""
    assert refused(line(type="Infusion_Started")).says == "unknown event type"


def test_a_word_in_another_spelling_than_its_case_is_refused() -> None:
    """Which word was meant is not guessed."""
    found = refused(line(technique="on-body injector"))
    assert found.says == "not one of the known words"
    assert "'on_body_injector'" in found.remedy


FIELDS = {
    "no type": (line(type=None), "type", "missing"),
    "a type in digits": (line(type=5), "type", "must be text"),
    "no instant": (line(occurred_at=None), "occurred_at", "missing"),
    "no offset": (line(occurred_at="2026-03-02T08:00:00"), "occurred_at", "has no offset"),
    "a day only": (line(occurred_at="2026-03-02"), "occurred_at", "must be an instant in text"),
    "the 30th of February": (line(occurred_at="2026-02-30T08:00:00Z"), "occurred_at", "not a date and time"),
    "a leap second": (line(occurred_at="2026-03-02T08:00:60Z"), "occurred_at", "not a date and time"),
    "epoch seconds": (line(occurred_at=1772452800), "occurred_at", "must be an instant in text"),
    "epoch seconds in text": (line(occurred_at="1772452800"), "occurred_at", "must be an instant in text"),
    "the last century": (line(occurred_at="1926-03-02T08:00:00Z"), "occurred_at", "too low or too early"),
    "the next one": (line(occurred_at="2226-03-02T08:00:00Z"), "occurred_at", "too late"),
    "an id in digits": (line(event_id=4711), "event_id", "must be text"),
    "an empty id": (line(event_id=""), "event_id", "too short"),
    "an endless id": (line(event_id=CANARY * 30), "event_id", "too long"),
    "a line feed in an id": (line(event_id=f"{CANARY}\n"), "event_id", "characters that may not stand here"),
    "an unknown word": (line(technique=CANARY), "technique", "not one of the known words"),
    "no modifier": (line(order_modifiers=[CANARY]), "order_modifiers[0]", "not a modifier"),
    "a drug in words": (line(drug=CANARY), "drug", "must be an object"),
    "a yes": (line(prehospital="yes"), "prehospital", "must be true or false"),
    "half a minute": (line(planned_minutes=0.5), "planned_minutes", "must be a whole number"),
    "a dose in words": (line(dose=CANARY), "dose", "must be a number"),
    "a dose of truth": (line(dose=True), "dose", "must be a number"),
    "a dose below nothing": (line(dose=-1), "dose", "too low"),
    "1e999": (line()[:-1] + b',"dose":1e999}', "dose", "too large or not a number"),
    "NaN": (line()[:-1] + b',"dose":NaN}', "dose", "too large or not a number"),
    "sixty nines": (line()[:-1] + b',"planned_minutes":' + b"9" * 60 + b"}", "planned_minutes", "too high"),
    "too many ingredients": (line(drug={"ingredients": [CANARY] * 41}), "drug.ingredients", "too many entries"),
    "an ingredient in digits": (line(drug={"ingredients": ["a", 5]}), "drug.ingredients[1]", "must be text"),
    "a place that is no zone": (
        dumps({"type": "encounter_opened", "event_id": "a", "encounter_id": "E1",
               "occurred_at": "2026-03-02T08:00:00Z", "time_zone": CANARY}),
        "time_zone",
        "not an IANA time zone",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "field", "says"), FIELDS.values(), ids=FIELDS)
def test_a_field_at_fault_is_named_with_what_is_wrong(raw: bytes, field: str, says: str) -> None:
    """Field, fault and remedy; never the value."""
    found = refused(raw)
    assert found.field == field
    assert found.says.startswith(says)
    assert found.remedy


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("infusion_strated", "infusion_started"),
        ("Push-Given", "push_given"),
        ("encountr_merged", "encounter_merged"),
    ],
)
def test_an_unknown_type_is_met_with_the_nearest_ones(written: str, meant: str) -> None:
    """The guess comes from our vocabulary; what was written is not repeated."""
    found = refused(line(type=written))
    assert found.field == "type"
    assert meant in found.remedy
    assert written not in found.reason


def test_a_type_near_none_of_ours_is_met_with_examples() -> None:
    """No guess is better than a wild one."""
    assert "for example encounter_opened" in refused(line(type=CANARY)).remedy


@pytest.mark.parametrize(
    ("fields", "field", "remedy"),
    [
        ({"occurred_at": None, "occured_at": "2026-03-02T08:00:00Z"}, "occured_at", "did you mean occurred_at?"),
        ({"encounterId": "E1"}, "encounterId", "did you mean encounter_id?"),
        ({"drug": {"namee": CANARY}}, "drug.namee", "did you mean name?"),
        ({"drug": {"nane": CANARY}}, "drug.nane", "did you mean name?"),
        ({"order.priority": 1}, "order.priority", "leave it out or correct its name"),
        ({"mrn_0047110": 1}, "field 8", "leave it out or correct its name"),
        ({"reason": "completed"}, "reason", "did you mean change_reason?"),
        ({CANARY: 1}, "field 8", "leave it out or correct its name"),
        ({"drug": {"name": "x", CANARY: 1}}, "field 2 of drug", "leave it out or correct its name"),
        ({"drug": {"ingredients": [{"name": "x", CANARY: 1}]}}, "field 2 of drug.ingredients[0]", "leave it out"),
        ({"occurred\n_at": 1}, "field 8", "did you mean occurred_at?"),
    ],
)  # fmt: skip
def test_an_unknown_field_is_named_where_its_name_can_hold_no_record_number(
    fields: dict[str, Any], field: str, remedy: str
) -> None:
    """A name shaped as a field's is safe to show; any other could be a patient's, as one with a number in it is."""
    found = refused(line(**fields))
    assert found.field == field
    assert found.remedy.startswith(remedy)


def test_several_faults_in_a_line_make_one_reject_that_counts_them() -> None:
    """One line in, one line out."""
    found = refused(line(occurred_at=None, route=5, dose=-1))
    assert found.field == "occurred_at"
    assert "(and 2 more in this line)" in found.says


def test_a_field_of_another_event_is_refused_by_the_name_of_the_event() -> None:
    """It says which event does not know it."""
    assert refused(line(reason="completed")).says == "infusion_started has no such field"


@pytest.mark.parametrize("kind", event_types())
def test_every_event_type_without_its_fields_says_what_is_missing(kind: str) -> None:
    """No type falls through the table of words."""
    assert refused(dumps({"type": kind})).says.startswith("missing")


def test_a_reject_reads_as_file_line_field_fault_and_remedy() -> None:
    """The one line a person gets."""
    found = refused(line(occurred_at="2026-03-02T08:00:00")).at(1, 17)
    assert found.text(["monday.jsonl", "tuesday.jsonl"]) == (
        "tuesday.jsonl:17: occurred_at: has no offset, so the instant is unknown; "
        "write RFC 3339 with an offset, for example 2026-03-02T08:00:00-05:00"
    )


def test_a_reject_of_a_message_has_no_place_but_a_reason() -> None:
    """Topics have addresses of their own."""
    found = refused(line(type=None))
    assert found.text([]) == f"input: {found.reason}"


def test_only_a_line_that_may_be_a_merge_is_worth_parsing_for_one() -> None:
    """A merge is recognised by its type, however that is written; no other line costs a parse."""
    merge = line(type="encounter_merged", into_encounter_id="E2", administration_id=None, drug=None)
    assert may_be_merge(merge)
    assert may_be_merge(merge.replace(b"encounter_merged", b"encounter\\u005fmerged"))
    assert not may_be_merge(line())


def answer(**fields: Any) -> bytes:
    """Return a sound answer to a flag as a line, with fields changed, added, or left out by None."""
    about = {
        "type": "review_decided",
        "administration_id": None,
        "drug": None,
        "indication": None,
        "flag": "F-PCA",
        "administration_ids": [CANARY],
        "decision": "no_code",
        "reason": CANARY,
        "decided_by": CANARY,
    }
    return line(**about | fields)


@pytest.mark.parametrize(
    ("raw", "field", "says"),
    [
        (answer(decided_by=None), "decided_by", "missing; add the field"),
        (answer(decided_by="  "), "decided_by", "names nobody; write who decided, by an opaque id"),
        (answer(decided_by=""), "decided_by", "too short; write at least 1 characters"),
        (answer(reason=None), "reason", "missing; add the field"),
        (answer(flag=None), "flag", "missing; add the field"),
        (answer(flag=CANARY), "flag", "not the id of a flag; copy it from the flag, for example F-MUE"),
        (
            answer(decision=CANARY),
            "decision",
            "not one of the known words; write 'accept', 'no_code', 'code', 'attest' or 'dismiss'",
        ),
        (
            answer(decision="code"),
            "code",
            "missing for the decision code; add the code that is to be reported",
        ),
        (answer(decided="coder-7"), "decided", "unknown field; did you mean decided_by?"),
    ],
    ids=["nobody", "a blank", "empty", "no reason", "no flag", "no id", "no word", "no code", "a slip"],
)
def test_an_answer_that_cannot_be_one_is_told_in_a_line(raw: bytes, field: str, says: str) -> None:
    """By nobody, about nothing, of no kind: the event's own fault is told where it is read."""
    assert not isinstance(read(answer()), Reject)
    reject = refused(raw)
    assert reject.field == field
    assert reject.reason == f"{field}: {says}"
