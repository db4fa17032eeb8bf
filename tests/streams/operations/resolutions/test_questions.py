"""Every flag of the product is one question, and every answer the rules admit can be given and does what it says."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from golden import all_cases
from orjson import dumps
from timeline import events_of as events_in

from models.charge import ChargeSet
from models.event import EVENT, Event
from rules.clearing import CLEARING, clears
from rules.engine import Profile
from rules.flags import FLAGS
from streams.operations.resolutions.answer_events import Wire, events_of
from streams.operations.resolutions.effect import coded
from streams.operations.resolutions.fact_answers import FACTS
from streams.operations.resolutions.flag_questions import ASKED
from streams.operations.resolutions.question import Answer, Question
from streams.operations.resolutions.questions import questions_of

ROWS = yaml.load(
    (Path(__file__).parents[3] / "rules" / "clearing.yaml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - makes only strings
)
AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
BY_CODE = ("code_decided", "code"), ("code_decided", "comparable_code")
"""Said by the decision ``code`` here, with who and why."""

Case = Mapping[str, Any]


def stay(case: Case, flag: str = "") -> tuple[list[Event], Profile]:
    """Return the events of a case, and how it is coded."""
    events = events_in({"case": flag, **case})
    return events, Profile(overrides=tuple(case.get("set", {}).items()))


def asked(events: list[Event], profile: Profile) -> tuple[ChargeSet, tuple[Question, ...]]:
    """Return a stay's set and what is asked about it."""
    charge_set = coded(events[0].encounter_id, events, profile)
    return charge_set, questions_of(charge_set, events)


def with_answer(events: list[Event], made: Iterable[Wire]) -> list[Event]:
    """Return the stay with an answer's events."""
    return [*events, *(EVENT.validate_json(dumps(event)) for event in made)]


def test_every_flag_has_its_question_in_the_order_of_the_flags() -> None:
    """A flag that comes without a question would be one nobody can answer."""
    assert list(ASKED) == list(FLAGS)
    assert [flag for flag, asked in ASKED.items() if not asked.text.endswith("?")] == []
    assert {key for asked in ASKED.values() for key in asked.facts} == set(FACTS)


@cache
def rows_asked() -> list[tuple[Case, list[Event], Profile, Question]]:
    """Return each held stay of the table of clearing, with the question it is held by."""
    found = []
    for row in ROWS:
        events, profile = stay(row, row["flag"])
        question = next(one for one in asked(events, profile)[1] if one.flag == row["flag"])
        found.append((row, events, profile, question))
    return found


def test_what_clears_a_flag_is_among_its_answers() -> None:
    """Every event and field of the table is stated by an answer, and every decision is one."""
    offered = {
        (question.flag, answer.event, field)
        for _, _, _, question in rows_asked()
        for answer in question.answers
        for field in answer.states
    }
    wanted = {
        (flag, way.event, field) for flag in CLEARING for way in clears(flag, {}) for field in way.fields
    }
    assert {one for one in wanted - offered if one[1:] not in BY_CODE} == set()
    decisions = {
        (question.flag, answer.decision) for _, _, _, question in rows_asked() for answer in question.answers
    }
    table = {(flag, decision) for flag, clearing in CLEARING.items() for decision in clearing.decisions}
    assert table - decisions - {("F-ROUTE_CONFLICT", "accept")} == set()


def test_every_decision_offered_answers_its_question() -> None:
    """On every golden case that asks, held or warned: the flag is closed, and no decision is left over."""
    tried, wrong = set(), []
    for _, case in all_cases():
        events, profile = stay(case)
        if not events:
            continue
        charge_set, questions = asked(events, profile)
        for question in questions:
            for answer in question.answers:
                about = (question.flag, question.severity, answer.key)
                if answer.decision is None or about in tried:
                    continue
                tried.add(about)
                inputs = {need.name: "96365" for need in answer.needs}
                made = events_of(question, answer.key, inputs, "coder-7", AT, "seen on the chart")
                now = coded(charge_set.encounter_id, with_answer(events, made), profile)
                left = {flag.flag for flag in now.flags if flag.facts.get("event_id") == made[0]["event_id"]}
                still = [one for one in questions_of(now) if one.item_id == question.item_id]
                if left or still:
                    wrong.append((case["case"], *about))
    assert wrong == []
    assert {flag for flag, _, _ in tried} == set(CLEARING)


FACTS_GIVEN: dict[str, dict[str, str]] = {
    "stop": {"occurred_at": "09:00"},
    "began": {"occurred_at": "08:00"},
    "times": {"started_at": "08:00", "stopped_at": "08:30"},
    "stretches": {"intervals": "08:00-08:10, 08:20-08:40"},
    "volume": {"volume_ml": "100", "rate_ml_per_h": "100"},
    "planned": {"planned_minutes": "2760"},
    "resumed": {"occurred_at": "08:45"},
    "route": {"route": "IV"},
    "technique": {"technique": "infusion"},
    "device": {"device_id": "pump-1"},
    "setup": {"occurred_at": "08:05"},
    "void_refused": {},
    "prehospital": {},
    "arrived": {"arrived_at": "07:15"},
    "site": {"site_id": "left-arm"},
    "site_removed": {"site_id": "right-arm", "occurred_at": "09:02"},
    "key_reason": {"key_reason_order_id": "iron"},
    "indication": {"indication": "dehydration"},
    "intent": {"intent": "kvo"},
    "class": {"drug.billing_class": "therapeutic"},
    "drug": {"drug.name": "ceftriaxone"},
    "procedure": {"procedure_id": "none"},
    "procedure_ended": {"procedure_id": "P1", "occurred_at": "08:05"},
    "lesions": {"lesion_count": "3"},
    "not_given": {},
    "order": {},
    "departed": {"occurred_at": "12:00"},
    "modifiers": {"order_modifiers": "q1"},
    "research": {},
    "dose": {"dose": "4", "dose_unit": "mg"},
    "ordered": {"ordered_dose": "4", "ordered_dose_unit": "mg"},
    "measured": {"weight_kg": "40", "body_surface_m2": "1.9"},
}


NEED_MORE = {"F-FUTURE_TIME", "F-NOT_IN_FORCE", "F-ADDON_DATE", "F-CHEMO_CONCURRENT", "F-THROMBOLYSIS"}
"""Their facts are of one stay: an entry of it, another year, a time between others, a word for a lysis."""


def settles(answer: Answer, events: list[Event], profile: Profile, question: Question) -> bool:
    """Tell whether an answer that states a fact closes its question on a stay."""
    inputs = dict(FACTS_GIVEN[answer.key])
    if any(need.name == "administration_id" for need in answer.needs):
        inputs["administration_id"] = question.administration_ids[-1]
    made = events_of(question, answer.key, inputs, "coder-7", AT, "")
    charge_set, left = asked(with_answer(events, made), profile)
    return charge_set.status != "held" or question.item_id not in {one.item_id for one in left}


def test_facts_that_are_said_close_the_questions_they_answer() -> None:
    """Each kind of fact closes the question of some held stay, with a plain value typed."""
    closed = set()
    for _, events, profile, question in rows_asked():
        for answer in question.answers:
            if answer.key in FACTS_GIVEN and (question.flag, answer.key) not in closed:
                try:
                    if settles(answer, events, profile, question):
                        closed.add((question.flag, answer.key))
                except ValueError:
                    continue  # the value does not fit this stay; another row has one that it fits
    assert set(FACTS_GIVEN) - {key for _, key in closed} == set()
    assert {flag for flag, _ in closed} >= set(CLEARING) - NEED_MORE
