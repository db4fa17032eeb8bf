"""An answer as events: who, when and why; given twice it is one; taken back it is gone; what cannot be read is told."""

from datetime import UTC, datetime, timedelta

import pytest
from orjson import dumps
from timeline import events_of as events_in

from models.event import EVENT, Event
from rules.engine import Profile
from rules.outcomes import outcomes
from streams.operations.resolutions.answer_events import Wire, events_of
from streams.operations.resolutions.effect import coded, effect_of
from streams.operations.resolutions.question import AnswerError, Question
from streams.operations.resolutions.questions import outcomes_by_answer, questions_of
from streams.operations.resolutions.stay_context import folded
from streams.operations.resolutions.undo import undo_of

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
NO_STOP = ["08:00 start ceftriaxone", "10:00 discharge"]


def stay(*timeline: str, **case: object) -> list[Event]:
    """Return the events of a timeline."""
    return events_in({"case": "a stay", "timeline": list(timeline), **case})


def the_question(events: list[Event], flag: str) -> Question:
    """Return the one question of a flag."""
    charge_set = coded(events[0].encounter_id, events, Profile())
    return next(one for one in questions_of(charge_set, events) if one.flag == flag)


def read(*made: Wire) -> list[Event]:
    """Return events as a reader of the topic sees them."""
    return [EVENT.validate_json(dumps(event)) for event in made]


def test_a_stop_is_an_ordinary_event_with_who_when_and_why() -> None:
    """And the question is one sentence that names the drug."""
    question = the_question(stay(*NO_STOP), "F-MISSING_STOP")
    assert question.text == "When did ceftriaxone (ceftriaxone) stop?"
    (event,) = events_of(question, "stop", {"occurred_at": "09:31"}, "coder-7", AT, "the nurse said so")
    assert event.pop("event_id").startswith("manual-")
    assert event == {
        "type": "infusion_stopped",
        "encounter_id": "E1",
        "administration_id": "ceftriaxone",
        "occurred_at": "2026-03-02T09:31:00-05:00",
        "recorded_at": "2026-03-05T12:00:00+00:00",
        "source": "manual",
        "entered_by": "coder-7",
        "change_reason": "the nurse said so",
    }


def test_the_effect_is_the_stay_coded_again() -> None:
    """Ninety-one minutes release two lines; the review item knew the range, and it is found by the answer."""
    events = stay(*NO_STOP)
    question = the_question(events, "F-MISSING_STOP")
    effect = effect_of(events, events_of(question, "stop", {"occurred_at": "09:31"}, "c", AT, ""))
    assert (effect.before.status, effect.before.held_by, effect.before.released_cents) == (
        "held",
        ("F-MISSING_STOP",),
        0,
    )
    assert (effect.after.status, effect.after.held_by) == ("final", ())
    assert [(line.code, line.units_before, line.units_after) for line in effect.changes] == [
        ("96365", 0, 1),
        ("96366", 0, 1),
    ]
    assert effect.net_cents == sum(line.cents_after for line in effect.changes) > 0
    assert "F-MISSING_STOP" in effect.flags_gone
    encounter = folded("E1", events)
    known = outcomes(encounter, Profile(), coded("E1", events, Profile()))
    by_answer = outcomes_by_answer(question, known)
    assert any("91 to" in value for one in by_answer["stop"] for value in one.values)
    assert by_answer["no_code"][0].cents == 0


def test_an_answer_given_twice_is_one_event() -> None:
    """Before the first is seen the ids are the same; afterwards it is the first event, to the last byte."""
    events = stay(*NO_STOP)
    question = the_question(events, "F-MISSING_STOP")
    first = events_of(question, "stop", {"occurred_at": "09:31"}, "coder-7", AT, "asked")
    same = events_of(question, "stop", {"occurred_at": "2026-03-02 09:31"}, "coder-7", AT, "asked")
    assert first == same
    assert events_of(question, "stop", {"occurred_at": "09:31"}, "coder-8", AT, "asked") != first
    seen = questions_of(coded("E1", events, Profile()), [*events, *read(*first)])[0]
    later = events_of(
        seen, "stop", {"occurred_at": "09:31"}, "coder-7", AT + timedelta(hours=2), "asked again"
    )
    assert read(*later) == read(*first)


def test_an_answer_taken_back_can_be_given_again() -> None:
    """Undo voids it, undoing twice is one event, and the same answer afterwards is another one."""
    events = stay(*NO_STOP)
    question = the_question(events, "F-MISSING_STOP")
    (stop,) = events_of(question, "stop", {"occurred_at": "09:31"}, "coder-7", AT, "asked")
    events += read(stop)
    assert coded("E1", events, Profile()).status == "final"
    undo = undo_of(events, stop["event_id"], "coder-8", AT + timedelta(hours=1), "wrong patient")
    assert undo["voids_event_id"] == stop["event_id"]
    assert (undo["source"], undo["entered_by"], undo["change_reason"]) == (
        "manual",
        "coder-8",
        "wrong patient",
    )
    events += read(undo)
    assert read(undo_of(events, stop["event_id"], "coder-9", AT + timedelta(hours=3), "")) == read(undo)
    assert coded("E1", events, Profile()).status == "held"
    (again,) = events_of(
        the_question(events, "F-MISSING_STOP"), "stop", {"occurred_at": "09:31"}, "coder-7", AT, ""
    )
    assert again["event_id"] != stop["event_id"]
    assert coded("E1", [*events, *read(again)], Profile()).status == "final"


def test_a_decision_that_went_stale_can_be_made_again() -> None:
    """The facts changed after it; deciding the same anew settles the question."""
    events = stay("08:00-11:00 infuse ceftriaxone planned=60", "12:00 discharge")
    (decided,) = events_of(the_question(events, "F-TOO_LONG"), "accept", {}, "coder-7", AT, "it did")
    events += read(decided)
    assert coded("E1", events, Profile()).status == "final"
    (late,) = stay("12:30 chart ceftriaxone planned=70")[-1:]
    events.append(late.model_copy(update={"event_id": "late", "recorded_at": AT + timedelta(hours=5)}))
    question = the_question(events, "F-TOO_LONG")
    (again,) = events_of(question, "accept", {}, "coder-7", AT + timedelta(hours=4), "it did")
    assert again["event_id"] != decided["event_id"]
    assert coded("E1", [*events, *read(again)], Profile()).status == "final"
    stale = the_question(events, "F-DECISION_STALE")
    (void,) = events_of(stale, "withdraw", {}, "coder-7", AT, "")
    assert void["voids_event_id"] == decided["event_id"]


def test_an_answer_about_a_merged_stay_goes_where_the_drug_was_charted() -> None:
    """Under its old number, and the stay that bills it is coded with it."""
    mine = stay("08:00-09:00 infuse cefazolin id=A1", "12:00 discharge")
    other = [
        event.model_copy(update={"encounter_id": "E0", "event_id": f"o{number}"})
        for number, event in enumerate(stay("10:00 start ceftriaxone id=A1", "13:00 merge E1"))
    ]
    events = [*mine, *other]
    question = the_question(events, "F-MISSING_STOP")
    assert question.administration_ids == ("E0/A1",)
    (stop,) = events_of(question, "stop", {"occurred_at": "10:40"}, "coder-7", AT, "")
    assert (stop["encounter_id"], stop["administration_id"]) == ("E0", "A1")
    assert effect_of(events, [stop], encounter_id="E1").after.status == "final"


def test_a_reason_for_a_second_access_leaves_the_access_where_it_was() -> None:
    """Its events tell of it again as of when it was placed."""
    events = stay(
        "07:50 access left-arm peripheral",
        "07:55 access right-arm peripheral",
        "08:00-09:00 infuse ceftriaxone site=left-arm",
        "08:00-09:00 infuse vancomycin site=right-arm",
        "12:00 discharge",
    )
    question = the_question(events, "F-SECOND_SITE")
    inputs = {"site_id": "right-arm", "separate_site_reason": "incompatible drugs"}
    (placed,) = events_of(question, "site_reason", inputs, "coder-7", AT, "charted on paper")
    assert placed["occurred_at"] == "2026-03-02T12:55:00+00:00"
    effect = effect_of(events, [placed])
    assert "F-SECOND_SITE" in effect.flags_gone
    assert effect.net_cents > 0


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({}, "occurred_at: is missing; say it: Stop"),
        ({"occurred_at": "soon"}, "occurred_at: is no time; write 09:31, 2026-03-02 09:31 on the stay's clock, or an instant with its offset"),
        ({"occurred_at": "24:31"}, "occurred_at: is no time of a day; write hours to 23 and minutes to 59"),
        ({"occurred_at": "2026-02-30 09:31"}, "occurred_at: is no time of a day; write hours to 23 and minutes to 59"),
        ({"occurred_at": "2026-03-02 07:31"}, "occurred_at: is not after the start; write a later time, with its date if it was another day; the start is corrected by times"),
        ({"occurred_at": "2036-03-02 07:31"}, "occurred_at: lies in the future; correct the time or its date"),
        ({"occurred_at": "9999-12-31 23:59"}, "occurred_at: is no time of a stay; correct its year"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at: is no time of a stay; correct its year"),
        ({"occurred_at": "09:31", "reason": "x"}, "inputs: the answer has no such input; it needs occurred_at"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_without_what_was_typed(inputs: dict[str, str], told: str) -> None:
    """The field, what is wrong, and what to do."""
    with pytest.raises(AnswerError) as raised:
        events_of(the_question(stay(*NO_STOP), "F-MISSING_STOP"), "stop", inputs, "coder-7", AT, "")
    assert str(raised.value) == told


@pytest.mark.parametrize("volume", ["1" * 5000, "1e300", "1000000001"])
def test_a_number_beyond_any_chart_is_told(volume: str) -> None:
    """No fault of ours comes of its length."""
    question = the_question(stay(*NO_STOP), "F-MISSING_STOP")
    with pytest.raises(AnswerError, match="volume_ml: is too large; write what the chart has"):
        events_of(question, "volume", {"volume_ml": volume, "rate_ml_per_h": "100"}, "coder-7", AT, "asked")


@pytest.mark.parametrize(
    ("key", "who", "why", "told"),
    [
        ("stop", " ", "", "who: names nobody; say who answers, by an opaque id"),
        ("stop", "Jane Smith", "", "who: has blanks, as a name has; write an opaque id without blanks, for example coder-7"),
        ("stop", "coder\t7", "", "who: has blanks, as a name has; write an opaque id without blanks, for example coder-7"),
        ("stop", "coder\x1b7", "", "who: has characters that are not seen; write an opaque id, for example coder-7"),
        ("stop", "coder\u200b7", "", "who: has characters that are not seen; write an opaque id, for example coder-7"),
        ("no_code", "c", "", "why: is missing; a decision stands on the record with its reason; say why"),
        ("no_code", "c", "no", "why: is too short; write at least 3 characters"),
        ("guess", "c", "", "answer: F-MISSING_STOP has no answer 'guess'; it has stop, volume, times, not_given, no_code"),
    ],
)  # fmt: skip
def test_an_answer_without_who_or_why_is_none(key: str, who: str, why: str, told: str) -> None:
    """A decision stands on the record; a fact may speak for itself."""
    with pytest.raises(AnswerError) as raised:
        events_of(the_question(stay(*NO_STOP), "F-MISSING_STOP"), key, {}, who, AT, why)
    assert str(raised.value) == told


def test_a_clock_that_went_back_is_asked_for_its_offset() -> None:
    """Half past one came twice that night; with its offset it is one instant."""
    events = stay("00:10 start ceftriaxone", "10:00 discharge", on="2026-11-01")
    question = the_question(events, "F-MISSING_STOP")
    at = datetime(2026, 11, 5, tzinfo=UTC)
    with pytest.raises(AnswerError, match="was shown twice by the clock that night"):
        events_of(question, "stop", {"occurred_at": "01:30"}, "c", at, "")
    (stop,) = events_of(question, "stop", {"occurred_at": "2026-11-01T01:30:00-05:00"}, "c", at, "")
    assert stop["occurred_at"] == "2026-11-01T01:30:00-05:00"


def test_a_set_whose_events_are_gone_is_still_asked_about() -> None:
    """Decisions need nothing of them."""
    events = stay(*NO_STOP)
    (question,) = questions_of(coded("E1", events, Profile()))
    (event,) = events_of(question, "no_code", {}, "coder-7", AT, "cannot be known")
    assert (event["type"], event["decided_by"], event["reason"]) == (
        "review_decided",
        "coder-7",
        "cannot be known",
    )


def test_only_what_a_person_entered_is_taken_back() -> None:
    """The nurse's record is corrected by answering, not by undoing."""
    events = stay(*NO_STOP)
    with pytest.raises(AnswerError, match="no person entered it"):
        undo_of(events, events[0].event_id, "c", AT, "")
    with pytest.raises(AnswerError, match="who: has blanks"):
        undo_of(events, events[0].event_id, "Jane Smith", AT, "")
    with pytest.raises(AnswerError, match="no event of this id"):
        undo_of(events, "nothing", "c", AT, "")
