"""What differs by payer for a code, computed from the policies that ship and from a site's own."""

from datetime import date
from pathlib import Path

import pytest

from rules.catalogue import payer_answers
from rules.catalogue.payer_answers import NOT_ASKED, PAYERS, compared, decided_codes, notes, problems
from rules.policy.switches import SWITCHES
from rules.site_folder import read_site, under_site

DAY = date(2026, 3, 2)


def test_every_switch_says_which_codes_it_decides() -> None:
    """And every name it says is a family or a code."""
    assert set(decided_codes()) == {one.key for one in SWITCHES}
    assert list(problems()) == []


def test_a_switch_nobody_placed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a new one is not left out of the pages in silence."""
    placed = {key: names for key, names in decided_codes().items() if key != "dos"}
    monkeypatch.setattr(payer_answers, "decided_codes", lambda: {**placed, "sad": ("97000",), "odd": ()})
    said = list(problems())
    assert any("dos is missing" in one for one in said)
    assert any("odd is no switch" in one for one in said)
    assert any("'97000' is no family" in one for one in said)


def test_a_profile_s_own_answer_has_its_day_and_its_source() -> None:
    """The others inherit the global layer's."""
    (cap,) = [one for one in compared("96368", "facility", DAY) if one.switch.key == "96368_cap"]
    assert tuple(cap.answers) == PAYERS
    medicare, aetna = cap.answers["medicare"], cap.answers["aetna"]
    assert (medicare.own, medicare.cite, medicare.since) == (True, "IOM12", date(2025, 1, 1))
    assert (aetna.own, aetna.layer) == (False, "global")
    assert cap.answered
    assert not cap.differs


def test_what_is_asked_of_medicare_alone_is_asked_of_no_other() -> None:
    """The global layer's value would be no answer of theirs."""
    (sad,) = [one for one in compared("96372", "facility", DAY) if one.switch.key == "sad"]
    assert {payer: answer.value for payer, answer in sad.answers.items()} == {
        payer: "not_billed" if payer == "medicare" else NOT_ASKED for payer in PAYERS
    }
    assert sad.differs


def test_a_code_is_told_of_its_own_switches_alone() -> None:
    """Fluid's ceiling is no matter of an injection; a code that is not charged has none."""
    keys = {one.switch.key for one in compared("96372", "facility", DAY)}
    assert "split_im_sc_dose" in keys
    assert "kvo_rate_ceiling" not in keys
    assert compared("99213", "facility", DAY) == ()
    assert compared("96365", "facility", date(2005, 1, 1)) == ()


def test_what_was_read_and_not_followed_is_told() -> None:
    """With why it is no answer of the profile."""
    assert {row["payer"] for row in notes("96365", DAY) if row["switch"] == "payment"} == {
        "cigna",
        "unitedhealthcare",
    }
    assert "cigna" not in {row["payer"] for row in notes("96413", DAY)}


def test_a_site_s_own_payer_file_is_compared(tmp_path: Path) -> None:
    """A contract that says otherwise stands beside the others, with the day and the words it is written in."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "aetna.toml").write_text(
        'scope = "payer"\nname = "aetna"\ntitle = "Aetna here"\nedition = 2026-01-01\naliases = ["aetna"]\n'
        '[[values]]\nkey = "96368_cap"\nfrom = 2026-02-01\nvalue = "dos"\ncite = "our contract"\n',
        encoding="utf-8",
    )
    with under_site(read_site(tmp_path)):
        (cap,) = [one for one in compared("96368", "facility", DAY) if one.switch.key == "96368_cap"]
    aetna = cap.answers["aetna"]
    assert (aetna.value, aetna.own, aetna.since, aetna.cite) == (
        "dos",
        True,
        date(2026, 2, 1),
        "our contract",
    )
    assert cap.differs
