"""ADT: each trigger's events, merges by MRG, and what is refused or ignored."""

from typing import Any

import pytest
from wire import NAME, PID, SITE, adt, clock, header, message, read, segment, short, told, visit

from streams.feeds.site_mapping import Department

PLACED = SITE.model_copy(
    update={
        "departments": {
            "ED1": Department(name="ED"),
            "INFC": Department(name="INFUSION", modifier="PO", facility="North"),
        },
        "payers": {"MCR": "medicare"},
    }
)
FACTS = {"setting": "facility", "facility": "GH", "time_zone": "America/New_York"}


def kinds(raw: bytes) -> list[str]:
    """Return the types of the events a message comes to."""
    return [event["type"] for event in read(raw).events]


def test_a_registration_opens_the_stay_when_the_patient_came() -> None:
    """PV1-44, else the time of the event."""
    (event,) = read(adt("A04", pv1=visit(f44=clock("0740"))), PLACED).events
    assert event["occurred_at"] == "2026-03-02T07:40:00-05:00"
    assert event["recorded_at"] == "2026-03-02T12:01:00-05:00"
    assert event["source"] == "adt"
    assert short(event) == {**FACTS, "department": "ED", "arrived_at": "07:40"}
    assert read(adt("A04", f6=clock("0750"))).events[0]["occurred_at"] == "2026-03-02T07:50:00-05:00"
    assert read(adt("A04")).events[0]["occurred_at"] == "2026-03-02T12:01:00-05:00"


def test_the_trigger_is_that_of_msh_9() -> None:
    """EVN-1 may say another one."""
    raw = adt("A03", f1="A01", pv1=visit(f45=clock("1100")))
    assert kinds(raw) == ["encounter_updated", "encounter_discharged"]
    assert read(raw).events[1]["occurred_at"] == "2026-03-02T11:00:00-05:00"


@pytest.mark.parametrize(
    ("trigger", "told_kinds"),
    [
        ("A01", ["encounter_opened"]),
        ("A02", ["encounter_updated"]),
        ("A03", ["encounter_updated", "encounter_discharged"]),
        ("A04", ["encounter_opened"]),
        ("A05", ["encounter_updated"]),
        ("A06", ["encounter_updated", "inpatient_ordered"]),
        ("A07", ["encounter_updated", "event_refused"]),
        ("A08", ["encounter_updated"]),
        ("A11", ["encounter_cancelled"]),
        ("A12", ["encounter_updated"]),
        ("A13", ["encounter_reopened", "encounter_updated"]),
        ("A38", ["encounter_cancelled"]),
    ],
)
def test_each_trigger_has_its_events(trigger: str, told_kinds: list[str]) -> None:
    """What a trigger does not say is not told."""
    assert kinds(adt(trigger)) == told_kinds


@pytest.mark.parametrize("trigger", ["A09", "A14", "A17", "A24", "A28", "A31", "A51", "A60"])
def test_other_triggers_are_ignored(trigger: str) -> None:
    """They change no stay's charges."""
    assert read(adt(trigger)).ignored == f"ADT^{trigger}"


@pytest.mark.parametrize("patient_class", ["O", "E", "R"])
def test_outpatient_kinds_order_no_bed(patient_class: str) -> None:
    """Outpatient, emergency, recurring."""
    assert kinds(adt("A01", pv1=visit(f2=patient_class))) == ["encounter_opened"]


def test_an_inpatient_from_the_first_hour_is_told_as_one() -> None:
    """None of the stay's minutes earns an outpatient code."""
    assert kinds(adt("A01", pv1=visit(f2="I", f44=clock("0740")))) == [
        "encounter_opened",
        "inpatient_ordered",
    ]
    own = SITE.model_copy(update={"patient_classes": {"I": "outpatient"}})
    assert [event["type"] for event in read(adt("A01", pv1=visit(f2="I")), own).events] == [
        "encounter_opened"
    ]


def test_a_later_word_of_class_does_not_outweigh_the_conversion() -> None:
    """A08 knows only the admission; A06 was stored later and knows the hour of the order."""
    (updated, ordered) = read(adt("A08", pv1=visit(f2="I", f44=clock("0740")))).events
    assert ordered["type"] == "inpatient_ordered"
    assert ordered["recorded_at"] == ordered["occurred_at"] == "2026-03-02T07:40:00-05:00"
    assert "arrived_at" not in updated
    assert read(adt("A06", f6=clock("0900"))).events[1]["occurred_at"] == "2026-03-02T09:00:00-05:00"


def test_an_update_may_correct_the_departure() -> None:
    """PV1-45 is when the patient left."""
    assert kinds(adt("A08", pv1=visit(f45=clock("1100")))) == ["encounter_updated", "encounter_discharged"]


def test_the_place_gives_department_modifier_and_facility() -> None:
    """By the point of care, PV1-3.1, from the transfer on."""
    ((_, event),) = told(read(adt("A02", pv1=visit(f3="INFC^2^1^GH"), f6=clock("0900")), PLACED))
    assert event == {**FACTS, "facility": "North", "department": "INFUSION", "department_modifier": "PO"}
    unknown = read(adt("A02", pv1=visit(f3="ICU^2^1^GH")), PLACED)
    assert unknown.events[0]["department"] == "ICU"
    assert [note.place for note in unknown.notes] == ["PV1-3"]


@pytest.mark.parametrize(
    ("plans", "payer"),
    [
        (["IN1|1|P1|MCR|Whoever"], "medicare"),
        (["IN1|2|P2|X|AETNA", "IN1|1|P1|MCR|Whoever"], "medicare"),
        (["IN1|1|P1|77|Medicare Part B"], "medicare"),
        ([f"IN1|1|SELF|0|{NAME}"], None),
        ([], None),
    ],
)
def test_the_payer_is_the_first_insurance_as_the_site_calls_it(plans: list[str], payer: str | None) -> None:
    """A name no policy knows stays where it is: it may be a person's."""
    event = read(adt("A04", *plans), PLACED).events[0]
    assert event.get("payer") == payer


def test_the_patient_key_is_a_keyed_hash() -> None:
    """The same patient and secret, the same key; without a secret none."""
    raw = adt("A04")
    key = read(raw, secret=b"a secret of the site").events[0]["patient_key"]
    other = read(raw, secret=b"another secret of it").events[0]["patient_key"]
    assert len(key) == 32
    assert key != other
    assert "T0001" not in repr(read(raw, secret=b"a secret of the site"))
    assert "patient_key" not in read(raw).events[0]
    several = PID.replace("T0001^^^GH^MR", "S9^^^^SS~T0001^^^GH^MR")
    again = message(header("ADT^A04"), "EVN||20260302120100-0500", several, visit())
    assert read(again, secret=b"a secret of the site").events[0]["patient_key"] == key


def merged(trigger: str, mrg: str, pv1: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """Return what a merge into visit V1, account A0001, comes to."""
    return [(event["encounter_id"], short(event)) for event in read(adt(trigger, mrg, pv1=pv1)).events]


@pytest.mark.parametrize("trigger", ["A18", "A34", "A40", "A41", "A42", "A43", "A44", "A45", "A50"])
def test_merges_by_mrg(trigger: str) -> None:
    """The visit that goes is merged into the one that stays, and the account where it is an account."""
    assert merged(trigger, "MRG|T0002^^^GH^MR||A0002||V2") == [("V2", {"into_encounter_id": "V1"})]
    assert merged(trigger, "MRG|T0002^^^GH^MR||A0002") == [("A0002", {"into_encounter_id": "A0001"})]
    assert merged(trigger, "MRG|T0001^^^GH^MR||||V1") == []


def test_a_merge_of_patients_alone_changes_no_stay() -> None:
    """The stay it names gets the surviving patient's key."""
    raw = message(header("ADT^A40"), "EVN||20260302120100-0500", PID, "MRG|T0002^^^GH^MR")
    assert read(raw).ignored == "ADT^A40: no stay changed"
    (event,) = read(raw, secret=b"a secret of the site").events
    assert (event["type"], event["encounter_id"]) == ("encounter_updated", "A0001")


def test_several_merges_in_one_message() -> None:
    """Each MRG with the PID in front of it and the PV1 of its group."""
    raw = message(
        header("ADT^A45"), "EVN||20260302120100-0500", PID,
        "MRG|T0002||||V2", visit(f19="V9"), "MRG|T0003||||V3", visit(f19="V8"),
    )  # fmt: skip
    pairs = [(event["encounter_id"], event["into_encounter_id"]) for event in read(raw).events]
    assert pairs == [("V2", "V9"), ("V3", "V8")]


def test_a_merge_into_nothing_is_refused() -> None:
    """And holds the stay that would go."""
    conversion = read(adt("A42", "MRG|T0002||||V2", pv1=visit(f19="")))
    assert [reject.field for reject in conversion.rejects] == ["PV1-19"]
    assert [event["encounter_id"] for event in conversion.events] == ["V2"]


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (adt("A04", f2="01/15/2025 14:30"), "EVN-2"),
        (adt("A06", f6="20261101013000"), "EVN-6"),
        (adt("A03", pv1=visit(f45="20260302")), "PV1-45"),
        (adt("A04", pv1=visit(f44="20261101013000")), "PV1-44"),
        (adt("A04", pv1=segment("PV1", f2="O")).replace(b"A0001", b""), "PV1-19"),
        (message(header("ADT^A04", f7="2026"), PID, visit()), "MSH-7"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(raw: bytes, place: str) -> None:
    """A time that would move minutes or a bill is never guessed at."""
    assert place in [reject.field for reject in read(raw).rejects]


def test_an_arrival_that_is_only_a_date_is_left_open() -> None:
    """The stay opens when it was registered."""
    conversion = read(adt("A04", pv1=visit(f44="20260302")))
    assert conversion.events[0]["occurred_at"] == "2026-03-02T12:01:00-05:00"
    assert [note.place for note in conversion.notes] == ["PV1-44"]


def test_a_stay_that_is_only_expected_has_no_arrival_and_no_place() -> None:
    """A pre-admission is a plan; registration tells when the patient came."""
    ((kind, event),) = told(read(adt("A05", pv1=visit(f2="P", f44=clock("0740")))))
    assert (kind, event) == ("encounter_updated", FACTS)
