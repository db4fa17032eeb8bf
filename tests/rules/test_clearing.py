"""What clears each flag that holds a set: every event and every decision the table names is tried, and does."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from golden import all_cases
from orjson import dumps
from timeline import events_of

from models.charge import ChargeSet, Flag
from models.event import EVENT, Event
from rules.answers import Answer, answers, as_review
from rules.clearing import CLEARING, admitted, clears, in_words
from rules.engine import Profile, code_encounter
from rules.flags import FLAGS
from streams.encounter.fold import fold

README = (Path(__file__).parents[2] / "rules" / "README.md").read_text(encoding="utf-8")
FILE = Path(__file__).parent / "clearing.yaml"
ROWS = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - makes only strings

Case = Mapping[str, Any]


def coded(events: Iterable[Event], case: Case) -> ChargeSet:
    """Return the charge set of these events under a case's switches."""
    return code_encounter(fold(events), Profile(overrides=tuple(case.get("set", {}).items()))).charge_set


def blocking(charge_set: ChargeSet) -> list[Flag]:
    """Return the flags that hold a set."""
    return [flag for flag in charge_set.flags if flag.severity == "block"]


def told(case: Case, event: Any = None) -> list[Event]:
    """Return the events of a stay, with one more that is said as a line or as a plain event."""
    if isinstance(event, str):
        return events_of({**case, "case": case["flag"], "timeline": [*case["timeline"], event]})
    found = events_of({**case, "case": case["flag"]})
    more = [] if event is None else [{"event_id": "more", "encounter_id": "E1", **event}]
    return [*found, *(EVENT.validate_json(dumps(one)) for one in more)]


def test_an_answer_can_be_tried_without_an_event() -> None:
    """Put among the stay's reviews, it gives the lines that the event would give."""
    for case, events, charge_set in held():
        stay, profile = fold(events), Profile(overrides=tuple(case.get("set", {}).items()))
        for flag in blocking(charge_set):
            for answer in decisions(flag):
                review = as_review(flag, answer, comparable_code="96365" if answer.compared else None)
                tried = code_encounter(stay._replace(reviews=(*stay.reviews, review)), profile).charge_set
                event = decided(flag, answer, events).model_copy(
                    update={"encounter_id": charge_set.encounter_id}
                )
                made = coded([*events, event], case)
                assert (tried.status, _codes(tried)) == (made.status, _codes(made)), (case["case"], answer)
    stated = next(answer for answer in answers(FLAGS["F-NO_ORDER"].on(("A1",))) if answer.field)
    with pytest.raises(ValueError, match="states a fact"):
        as_review(FLAGS["F-NO_ORDER"].on(("A1",)), stated)


def _codes(charge_set: ChargeSet) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(line.code, line.units, line.modifiers) for line in charge_set.lines]


def decided(flag: Flag, answer: Answer, after: Iterable[Event], event_id: str = "answer") -> Event:
    """Return the event that gives an answer to a flag, an hour after the last of a stay's events."""
    last = max(max(event.occurred_at, event.recorded_at or event.occurred_at) for event in after)
    said = {
        "type": "review_decided", "event_id": event_id, "encounter_id": "E1", "flag": flag.flag,
        "occurred_at": (last + timedelta(hours=1)).isoformat(), "administration_ids": list(flag.administration_ids),
        "refusal_ids": [flag.facts["refusal_id"]] if "refusal_id" in flag.facts else [],
        "decision": answer.decision, "reason": "because it was so", "decided_by": "coder-7",
    }  # fmt: skip
    code = answer.code or (flag.facts.get("code") if flag.flag in {"F-MUE", "F-ADDON_PRIMARY"} else None)
    if code is not None:
        said["code"] = code
    if answer.compared:
        said["comparable_code"] = "96365"
    return EVENT.validate_json(dumps(said))


def decisions(flag: Flag) -> list[Answer]:
    """Return the decisions a flag admits."""
    return [answer for answer in answers(flag) if answer.decision is not None]


def test_every_flag_that_holds_a_set_by_its_weight_says_what_clears_it() -> None:
    """And what only sometimes holds one too: whatever is raised as blocking has its row."""
    assert {flag for flag, kind in FLAGS.items() if kind.severity == "block"} <= set(CLEARING)
    assert set(CLEARING) <= set(FLAGS)
    assert list(CLEARING) == [flag for flag in FLAGS if flag in CLEARING]


@cache
def held() -> tuple[tuple[Case, tuple[Event, ...], ChargeSet], ...]:
    """Return every golden case that is held, with its events and its set."""
    found = []
    for _, case in all_cases():
        if case.get("status") == "held":
            events = tuple(events_of(case))
            found.append((case, events, coded(events, case)))
    return tuple(found)


def test_whatever_holds_a_golden_case_says_what_clears_it() -> None:
    """No blocking flag leaves a person without an answer."""
    without = {flag.flag for _, _, charge_set in held() for flag in blocking(charge_set) if not flag.clears}
    assert without == set()


@pytest.mark.parametrize("which", [0, -1], ids=["the first decision", "the last decision"])
def test_every_held_golden_case_is_released_by_decisions(which: int) -> None:
    """One answer to each of its flags, and nothing is lost: every administration is billed or said not to be."""
    still = []
    for case, events, charge_set in held():
        said = [
            decided(flag, decisions(flag)[which], events, f"answer-{number}")
            for number, flag in enumerate(blocking(charge_set))
        ]
        said = [event.model_copy(update={"encounter_id": charge_set.encounter_id}) for event in said]
        now = coded([*events, *said], case)
        named = {name for line in now.lines for name in line.administration_ids}
        named |= {refused.administration_id for refused in now.not_billed}
        given = {one.administration_id for one in fold(events).administrations}
        if now.status != "final" or given - named:
            still.append((case["case"], now.status, [flag.flag for flag in blocking(now)], given - named))
    assert still == []


def test_every_decision_of_the_table_was_tried_on_a_golden_case() -> None:
    """Each settles its flag, is not left over, and says who decided on what it lets stand or takes off."""
    tried = set()
    for case, events, charge_set in held():
        for flag in blocking(charge_set):
            for answer in decisions(flag):
                event = decided(flag, answer, events).model_copy(
                    update={"encounter_id": charge_set.encounter_id}
                )
                now = coded([*events, event], case)
                about = (case["case"], flag.flag, answer.decision, answer.code)
                assert flag not in now.flags, about
                settled = [one for one in now.flags if "decided by coder-7" in one.says]
                assert settled, about
                assert {one.severity for one in settled} == {"info"}, about
                unused = [one.flag for one in now.flags if one.facts.get("event_id") == "answer"]
                assert unused == [], about
                tried.add((flag.flag, answer.decision))
    table = {(flag, decision) for flag, clearing in CLEARING.items() for decision in clearing.decisions}
    assert table - tried == set()


@pytest.mark.parametrize(
    ("row", "event"),
    [
        pytest.param(row, event, id=f"{row['flag']}: {event if isinstance(event, str) else event['type']}")
        for row in ROWS
        for event in row["events"]
    ],
)
def test_an_event_that_says_what_is_missing_clears_the_flag(row: Case, event: Any) -> None:
    """The stay is held by the flag alone, and no longer once the event is there, in any order of arrival."""
    assert {flag.flag for flag in blocking(coded(told(row), row))} == {row["flag"]}
    events = told(row, event)
    now = coded(events, row)
    assert [flag for flag in blocking(now) if flag.flag == row["flag"]] == []
    assert coded(events[::-1], row) == now


def test_every_event_of_the_table_was_tried() -> None:
    """Each type of event and each of its fields that a flag names stands in some row of the flag."""
    tried = set()
    for row in ROWS:
        for event in row["events"]:
            added = told(row, event)[-1]
            said = added.model_dump(exclude_none=True, exclude_defaults=True)
            said |= {f"drug.{name}": value for name, value in said.pop("drug", {}).items()}
            tried |= {(row["flag"], said.get("type", added.type), field) for field in said}
    table = {
        (flag, way.event, field) for flag in CLEARING for way in clears(flag, {}) for field in way.fields
    }
    assert table - tried == set()


def test_what_no_law_lets_pass_is_not_offered() -> None:
    """A limit set by law, a pair no modifier parts, an infusion into muscle, an orphaned add-on."""
    assert "accept" in admitted("F-MUE", {"indicator": 3})
    assert list(admitted("F-MUE", {"indicator": 2})) == ["no_code"]
    assert list(admitted("F-NCCI", {"indicator": 0})) == ["no_code"]
    assert list(admitted("F-NCCI", {"indicator": 1})) == ["attest", "no_code"]
    assert list(admitted("F-ADDON_PRIMARY", {})) == ["no_code"]
    assert list(admitted("F-ROUTE_CONFLICT", {"route": "IM"})) == ["no_code"]
    assert admitted("F-NEAR_THRESHOLD", {}) == {}


def test_answers_are_data() -> None:
    """A decision with its code, an event with the words its field may take."""
    found = answers(FLAGS["F-PCA"].on(("A1",)))
    assert [(one.decision, one.code, one.compared) for one in found if one.decision] == [
        ("attest", None, False),
        ("code", "96379", True),
        ("no_code", None, False),
    ]
    stated = {one.field: one.values for one in answers(FLAGS["F-CLASS_UNKNOWN"].on(("A1",))) if one.field}
    assert "chemotherapy" in stated["drug.billing_class"]
    assert stated["drug.name"] == ()
    assert answers(FLAGS["F-NEAR_THRESHOLD"].on(("A1",))) == ()


def table() -> str:
    """Return the table of the README: for each flag the events and the decisions that clear it."""
    lines = ["| flag | cleared by an event | or by a decision |", "|---|---|---|"]
    for flag, clearing in CLEARING.items():
        events = in_words(way for way in clears(flag, {}) if way.event != "review_decided")
        made = []
        for decision, does in clearing.decisions.items():
            codes = f" {' or '.join(clearing.codes)}" if decision == "code" else ""
            made.append(f"`{decision}`{codes}: {does}")
        lines.append(f"| {flag} | {events} | {' '.join(made)} |")
    return "\n".join(lines)


def test_the_readme_says_what_clears_each_flag() -> None:
    """The table in ``rules/README.md`` is the code's; copy it from here when this fails."""
    assert table() in README
