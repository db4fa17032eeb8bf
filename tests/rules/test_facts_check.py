"""No code lacks a fact in silence, and none is charged before it existed."""

from datetime import date

import pytest

from rules.catalogue import facts_check
from rules.catalogue.codes import codes
from rules.claim.claim_edits import ClaimLine, EditSettings, violations
from rules.tables.code_dates import first_days, not_a_code_yet, stood_then

DAY = date(2026, 3, 2)
MODIFIERS = [
    "59",
    "XE",
    "XS",
    "XP",
    "XU",
    "25",
    "57",
    "76",
    "77",
    "52",
    "53",
    "73",
    "74",
    "22",
    "PO",
    "PN",
    "ER",
    "JW",
    "JZ",
    "TB",
    "JA",
    "JB",
    "GA",
    "GX",
    "GY",
    "GZ",
    "KX",
    "PD",
    "Q0",
    "Q1",
    "Q5",
    "Q6",
    "CR",
    "CC",
    "GV",
    "GW",
    "SA",
    "X2",
    "79",
    "95",
    "RT",
]


def test_every_fact_is_there_or_says_where_it_was_looked_for() -> None:
    """And the tables agree with the codes."""
    assert facts_check.problems(DAY) == []


def test_a_blank_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the code and the fact."""
    monkeypatch.setattr(facts_check, "not_found", lambda: ())
    said = facts_check.problems(DAY)
    assert any("C8957 has no indicators" in one for one in said)
    assert any("96380 has no ccs" in one for one in said)
    assert not any("96365" in one for one in said)


def test_a_code_that_is_older_here_than_in_its_history_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two would refuse different days."""
    begun = first_days()["96365"]
    monkeypatch.setattr(facts_check, "first_days", lambda: {"96365": begun._replace(on=date(2010, 1, 1))})
    assert any("96365: begins on 2010-01-01" in one for one in facts_check.problems(DAY))


def test_every_modifier_of_these_codes_is_in_the_table() -> None:
    """Whether attached, passed through, suggested or never used."""
    assert set(MODIFIERS) <= {one.code for one in facts_check.modifiers()}


def test_a_line_before_its_code_existed_is_refused_with_what_stood_then() -> None:
    """A site that adds older tables gets no 96365 of 2008."""
    settings = EditSettings("facility", "cms_aoc_file", per_date=False)
    found = violations((ClaimLine("96365", 1, (), date(2008, 12, 31)),), settings)
    assert found[0].flag == "F-NOT_IN_FORCE"
    assert "it begins on 2009-01-01; 90760-90779 stood then" in found[0].says
    later = violations((ClaimLine("96365", 1, (), DAY),), settings)
    assert all(one.flag != "F-NOT_IN_FORCE" for one in later)


def test_what_stood_then_is_told_of_a_stay_before_the_tables() -> None:
    """Codes of one day and one predecessor together; nothing where all existed."""
    said = stood_then(("96365", "96366", "96413", "96377"), date(2008, 6, 2))
    assert said == (
        " Not codes yet on 2008-06-02: 96365, 96366 (from 2009-01-01, before 90760-90779); 96377 (from 2017-01-01)."
    )
    assert stood_then(("96365",), date(2009, 1, 1)) == ""
    assert not_a_code_yet("96401", date(2005, 6, 1)) == (
        "96401 did not exist on 2005-06-01: it begins on 2006-01-01; 96400 stood then."
    )
    assert not_a_code_yet("96413", date(2005, 6, 1)) == (
        "96413 did not exist on 2005-06-01: it begins on 2006-01-01; no page read names what stood then."
    )


def test_no_code_of_ours_is_unknown_to_the_dates_but_those_searched_for() -> None:
    """96547 and 96548 have no day that was read."""
    assert {one.code for one in codes()} - set(first_days()) == {"96547", "96548"}
