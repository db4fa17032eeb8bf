"""The one question: what each answer would give is what it gives once somebody has said it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from models.charge import ChargeSet
from models.encounter import Encounter
from models.event import EVENT, Event
from models.review_item import AnswerOutcome, OutcomeLine
from rules.clearing import CLEARING
from rules.engine import Profile, code_encounter
from rules.outcomes import MOST_CODINGS, outcomes
from streams.encounter.fold import fold
from streams.wire.event_json import read
from streams.wire.rejects import Reject

DAY = Path(__file__).resolve().parents[2] / "seeds" / "day.jsonl"
PROFILE = Profile()
LATER = "2026-11-01T12:00:00Z"


@cache
def held() -> dict[str, tuple[tuple[Event, ...], Encounter, ChargeSet]]:
    """Return the held stays of the seeded day: their events, what they fold to, and their sets."""
    stays: dict[str, list[Event]] = {}
    for line in DAY.read_bytes().splitlines():
        event = read(line)
        if not isinstance(event, Reject):
            stays.setdefault(event.encounter_id, []).append(event)
    folded = {name: (tuple(events), fold(events)) for name, events in stays.items()}
    coded = {
        name: (*stay, code_encounter(stay[1], PROFILE).charge_set)
        for name, stay in folded.items()
        if not any(event.type == "encounter_merged" for event in stay[0])
    }
    return {name: stay for name, stay in coded.items() if stay[2].status == "held"}


def asked() -> Iterator[tuple[str, AnswerOutcome]]:
    """Yield every answer to every held stay of the day."""
    for name, (_, encounter, charge_set) in sorted(held().items()):
        for outcome in outcomes(encounter, PROFILE, charge_set):
            yield name, outcome


def given(lines: ChargeSet) -> tuple[tuple[OutcomeLine, ...], int, str]:
    """Return what an outcome says of a set."""
    paid = [line.expected_payment for line in lines.lines]
    shown = tuple(OutcomeLine(line.code, line.modifiers, line.units) for line in lines.lines)
    return shown, sum(one.cents or 0 for one in paid if one is not None), lines.status


def event_of(
    name: str, outcome: AnswerOutcome, value: str | None, charge_set: ChargeSet, encounter: Encounter
) -> Event:
    """Return the event that says an answer."""
    about: dict[str, Any] = {
        "event_id": "answer",
        "encounter_id": name,
        "occurred_at": LATER,
        "source": "manual",
    }
    if outcome.decision is not None:
        flag = next(
            one
            for one in charge_set.flags
            if (one.flag, one.administration_ids) == (outcome.flag, outcome.administration_ids)
        )
        code = outcome.code or (flag.facts.get("code") if outcome.flag == "F-MUE" else None)
        about |= {
            "type": "review_decided", "flag": outcome.flag, "administration_ids": outcome.administration_ids,
            "decision": outcome.decision, "reason": "looked at", "decided_by": "coder-1", "code": code,
            "comparable_code": "96365" if outcome.code in {"96379", "96549"} else None,
        }  # fmt: skip
    elif outcome.event == "encounter_updated":
        about |= {"type": outcome.event, outcome.field or "": value}
    elif outcome.event == "infusion_stopped":
        (one,) = outcome.administration_ids
        begun = (
            next(given for given in encounter.administrations if given.administration_id == one)
            .flows[-1]
            .start
        )
        minutes = int((value or "").split(" to ")[1].split()[0])
        at = datetime.fromtimestamp(begun + minutes * 60, UTC).isoformat()
        about |= {"type": outcome.event, "administration_id": one, "occurred_at": at}
    else:
        (one,) = outcome.administration_ids
        said: Any = value == "true" if outcome.field == "prehospital" else value
        about |= {"type": outcome.event, "administration_id": one, outcome.field or "": said}
        if outcome.field == "drug.billing_class":
            drug = next(given for given in encounter.administrations if given.administration_id == one).drug
            named = {} if drug is None else drug.model_dump(exclude_none=True, exclude_defaults=True)
            about |= {"drug": named | {"billing_class": value}}
            del about["drug.billing_class"]
    return EVENT.validate_python(
        {name: value for name, value in about.items() if value is not None}, strict=False
    )


ASKED = [(name, outcome, value) for name, outcome in asked() for value in outcome.values or (None,)]


@pytest.mark.parametrize(
    ("name", "outcome", "value"),
    ASKED,
    ids=[
        f"{name} {one.flag} {one.decision or one.field} {one.code or value or ''}"
        for name, one, value in ASKED
    ],
)
def test_an_answer_gives_what_was_foretold(name: str, outcome: AnswerOutcome, value: str | None) -> None:
    """The stay is folded and coded again with the answer as an event."""
    events, encounter, charge_set = held()[name]
    answered = fold([*events, event_of(name, outcome, value, charge_set, encounter)])
    coded = code_encounter(answered, PROFILE).charge_set
    assert given(coded) == (outcome.lines, outcome.cents, outcome.status)
    assert {flag.flag for flag in coded.flags if flag.severity == "block"} == set(outcome.still_held_by)


def test_every_held_stay_has_an_answer() -> None:
    """And where it holds nothing more, it is final."""
    answered = {name for name, _ in asked()}
    assert answered == set(held())
    assert all((one.status == "final") == (not one.still_held_by) for _, one in asked())


def test_every_flag_that_holds_is_asked_somewhere() -> None:
    """The seeded day shows every kind of hold but three, and those of drugs that are released."""
    assert set(CLEARING) - {one.flag for _, one in asked()} <= {
        "F-PREARRIVAL",
        "F-PROCEDURE_WINDOW",
        "F-THROMBOLYSIS",
        "F-DRUG_CODE",
        "F-DRUG_DOSE",
    }


def test_a_missing_stop_is_asked_by_ranges_of_minutes() -> None:
    """Each range is what the codes tell apart, up to the departure."""
    ranges = [
        (one.values, [line.code for line in one.lines])
        for name, one in asked()
        if name == "DOC-01" and one.values
    ]
    assert ranges == [(("1 to 15 minutes",), ["96374"]), (("16 to 60 minutes",), ["96365"])]


def test_a_stay_without_a_hold_is_asked_nothing() -> None:
    """Whatever warns it."""
    _, encounter, charge_set = held()["DOC-01"]
    assert outcomes(encounter, PROFILE, ChargeSet(**{**charge_set.__dict__, "flags": ()})) == ()


def test_a_stay_with_a_hundred_doubts_costs_a_bounded_number_of_codings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One junk encounter must not hold up the others."""
    events = [
        EVENT.validate_python(
            {
                "type": "infusion_started", "event_id": f"m{number}", "encounter_id": "E1", "administration_id": f"A{number}",
                "occurred_at": f"2026-03-02T{8 + number // 60:02}:{number % 60:02}:00-05:00", "drug": {"name": "ceftriaxone"},
                "route": "IV", "site_id": "left",
            },
            strict=False,
        )
        for number in range(100)
    ]  # fmt: skip
    left = EVENT.validate_python(
        {
            "type": "encounter_discharged",
            "event_id": "a",
            "encounter_id": "E1",
            "occurred_at": "2026-03-02T18:00:00-05:00",
        },
        strict=False,
    )
    encounter = fold([*events, left])
    charge_set = code_encounter(encounter, PROFILE).charge_set
    coded = 0

    def counted(*args: Any) -> Any:
        nonlocal coded
        coded += 1
        return code_encounter(*args)

    monkeypatch.setattr("rules.outcomes.code_encounter", counted)
    outcomes(encounter, PROFILE, charge_set)
    assert coded == MOST_CODINGS
