"""Ours beside another charge system's: what differs, which answer to a switch explains it, in which order it is told."""

from dataclasses import replace
from datetime import date

import pytest
from charge_samples import SET

from models.charge import ChargeLine, ChargeSet, Flag, Reason
from rules.policy.switches import SWITCHES, chosen
from streams.feeds.posted import PostedChange, PostedLine, standing
from streams.feeds.posted_csv import posted_date, posted_row
from streams.reconciliation.difference import Answer, differences
from streams.reconciliation.explaining import explained, other_answers
from streams.reconciliation.shadow import groups
from streams.wire.rejects import Reject

ON = date(2026, 3, 2)
WHY = (Reason("R-TIME-3", "One more hour.", ()),)
LINE = ChargeLine("L1", "96366", 1, (), ON, ("A1",), 91, "charted", WHY)
OURS = replace(SET, lines=(LINE,))
THEIRS = (PostedLine("96366", 2, (), ON),)


def test_an_answer_explains_what_is_gone_under_it_when_nothing_else_comes() -> None:
    """One that mends a line and breaks another explains nothing; several answers may explain the same."""
    tried: dict[Answer, ChargeSet] = {
        ("rounding", "nearest_minute"): replace(OURS, lines=(replace(LINE, units=2),)),
        ("dos", "by_hour"): replace(OURS, lines=(replace(LINE, units=2), replace(LINE, code="96375"))),
        ("missing_stop", "push"): OURS,
        ("partial_overlap", "full_time"): replace(OURS, lines=(replace(LINE, units=2),)),
    }
    (one,) = explained(differences("E1", OURS, THEIRS), THEIRS, tried, tried.__getitem__)
    assert (one.kind, one.differs_in, one.rule) == ("differs", ("units",), "R-TIME-3")
    assert one.explained_by == (("rounding", "nearest_minute"), ("partial_overlap", "full_time"))


def test_the_answer_that_explains_most_of_the_run_is_named_and_comes_first() -> None:
    """Then the rest by rule, the most first; each difference once, ours less theirs in money."""
    (one,) = differences("E1", OURS, THEIRS)
    a, b = ("rounding", "nearest_minute"), ("dos", "by_hour")
    found = [
        replace(one, explained_by=(a, b)),
        replace(one, encounter_id="E2", explained_by=(b,)),
        replace(one, rule="R-X"),
    ]
    told = list(groups(found))
    assert [(group.switch, group.rule, group.stays) for group in told] == [("dos", "", 2), ("", "R-X", 1)]
    assert sum(len(group.differences) for group in told) == 3


def test_a_stay_of_one_side_differs_whole() -> None:
    """Theirs without events of ours, ours without a line of theirs."""
    assert [one.says for one in differences("E9", None, THEIRS)] == ["no event tells of this stay"]
    assert [one.kind for one in differences("E1", OURS, ())] == ["ours_only"]


def test_a_line_that_waits_is_no_difference_where_they_have_not_got_it() -> None:
    """It is told by the flag that holds it, its own before another's, and behind all that counts."""
    flag = Flag("F-NO_ORDER", "block", ("A7",), "No order.", "Ask.", {})
    held = replace(
        OURS, status="held", flags=(flag, replace(flag, flag="F-MISSING_STOP", administration_ids=("A1",)))
    )
    preview = replace(OURS, status="preview", flags=())
    (waits,) = differences("E1", held, ())
    assert (waits.kind, waits.status, waits.rule, waits.counts) == ("held", "held", "F-MISSING_STOP", False)
    (early,) = differences("E1", preview, ())
    assert (early.kind, early.rule, early.says) == ("preview", "", "a preview: charged once it is final")
    (other,) = differences("E1", held, THEIRS)
    assert (other.kind, other.rule, other.counts) == ("differs", "F-MISSING_STOP", True), (
        "they have charged it"
    )
    told = list(groups([early, waits, other]))
    assert [(group.waiting, group.rule) for group in told] == [
        ("", "F-MISSING_STOP"), ("held", "F-MISSING_STOP"), ("preview", ""),
    ]  # fmt: skip


def test_every_answer_that_is_tried_is_one_that_its_switch_takes() -> None:
    """Numbers too, and never the answer in force."""
    defaults = {switch.key: switch.default for switch in SWITCHES}
    tried = list(other_answers(defaults.__getitem__))
    assert {key for key, _ in tried} > {"missing_stop", "partial_overlap", "kvo_rate_ceiling", "drug_lines"}
    assert all(chosen(key, answer)[1] == answer != defaults[key] for key, answer in tried)


def test_credits_are_taken_off_and_a_whole_restated_replaces_what_was_before() -> None:
    """By code, date and modifiers, or by the sender's own id."""
    one, other = PostedLine("96365", 2, (), ON), PostedLine("96366", 1, (), ON)
    assert standing([PostedChange("E1", one), PostedChange("E1", one._replace(units=1), credit=True)]) == (
        one._replace(units=1),
    )
    whole = [
        PostedChange("E1", one, restates="s1"),
        PostedChange("E1", other, restates="s2"),
        PostedChange("E1", one, restates="s2"),
    ]
    assert standing(whole) == (other, one)


@pytest.mark.parametrize(
    ("text", "on"),
    [("2026-03-02", ON), ("20260302", ON), ("3/2/2026", ON), ("2026-03-02T08:00:00", ON), ("2026-02-30", None), ("March", None)],
)  # fmt: skip
def test_a_date_of_service_is_read_as_billing_systems_write_it(text: str, on: date | None) -> None:
    """And what is none is None."""
    assert posted_date(text) == on


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"code": "96365"}, "encounter_id"),
        ({"encounter_id": "E1", "code": "963"}, "code"),
        ({"encounter_id": "E1", "code": "96365", "units": "1.5"}, "units"),
        ({"encounter_id": "E1", "code": "96365", "dos": "soon"}, "service_date"),
    ],
)
def test_a_row_that_states_no_charge_is_refused_by_its_column(row: dict[str, str], field: str) -> None:
    """Nothing of what stood in it is repeated."""
    said = posted_row(row)
    assert isinstance(said, Reject)
    assert said.field == field
