"""The rule book and the code: every id of the one is in the other, and what the README says of it is so."""

import re
from collections.abc import Iterator
from datetime import date
from os import environ
from pathlib import Path

import pytest
from click.testing import CliRunner
from orjson import loads

from rules.catalogue import codes as codes_module
from rules.catalogue.codes import code_on, codes, minutes_rule, sentences, thresholds
from rules.catalogue.coverage import (
    README,
    block,
    block_in,
    code_rows,
    flag_rows,
    gaps,
    known_ids,
    problems,
    rule_rows,
    switch_rows,
)
from rules.catalogue.source_index import Declared, source
from rules.claim.charge_lines import RANK_ORDER
from rules.data_files import CODES
from rules.parameter import NotInForceError
from rules.rulebook import CHAPTERS
from streams.cli.code import command as code

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(environ.get("INFUSION_SHARED", ROOT.parent / "shared"))
RULEBOOK = SHARED / "reference" / "RULEBOOK.md"
ON = date(2026, 11, 22)

ID = re.compile(r"\b(?:R-[A-Z]+-\d+|[PH]-\d\db?|F-[A-Z][A-Z_]+)(?:/-?\d+)*")
PLACEHOLDERS = {"F-XXX"}
CODE = re.compile(r"\b(?:\d{5}|[A-Z]\d{4})\b")


def rulebook() -> str:
    """Return the research's rule book, or skip where it is not at hand."""
    if not RULEBOOK.is_file():
        pytest.skip(f"no rule book at hand: INFUSION_SHARED names the folder with {RULEBOOK.parent.name}/")
    return RULEBOOK.read_text(encoding="utf-8")


def ids(text: str) -> Iterator[str]:
    """Yield every rule, switch and flag a text names, ``R-DOC-2/-4`` and ``P-27/28`` as two."""
    for found in ID.findall(text):
        first, *others = found.split("/")
        yield first
        stem = re.sub(r"\d+$", "", first)
        yield from (f"{stem}{number.removeprefix('-')}" for number in others)


def test_every_id_of_the_rule_book_is_in_the_code() -> None:
    """A rule, switch or flag of the rule book may be partial or a person's, but never forgotten."""
    named = set(ids(rulebook())) - PLACEHOLDERS
    assert len(named) > 190
    assert sorted(named - known_ids()) == []


def test_every_code_of_the_rule_books_table_is_described() -> None:
    """Section 4 of the rule book lists the codes of the field; each has a row, charged or never charged."""
    section = rulebook().split("\n## 4.", 1)[1].split("\n## 5.", 1)[0]
    first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    named = {found for cell in first_cells for found in CODE.findall(cell)}
    assert len(named) > 40
    assert sorted(named - {row.id for row in code_rows()}) == []


def test_the_house_of_rules_is_in_order() -> None:
    """Ids, citations, chapters, statuses and the README's tables: ``infusion check`` says the same."""
    assert problems() == []


def test_the_readme_shows_what_the_code_says_today() -> None:
    """The tables are written by ``infusion rules coverage --into rules/README.md``, never by hand."""
    assert block_in(README.read_text(encoding="utf-8")) == block()


def test_a_readme_without_the_tables_is_a_finding(tmp_path: Path) -> None:
    """So is one that cannot be read."""
    bare = tmp_path / "README.md"
    bare.write_text("# Rules\n", encoding="utf-8")
    assert any("the coverage table is not the code's" in found for found in problems(bare))
    assert any("cannot be read (FileNotFoundError)" in found for found in problems(tmp_path / "none.md"))


def test_the_codes_are_those_that_can_be_charged() -> None:
    """In the order a claim lists them, and every one with a sentence of our own."""
    assert tuple(one.code for one in codes()) == RANK_ORDER
    assert codes_module.problems() == []


def test_a_flag_is_raised_and_a_switch_asked_somewhere_or_its_row_says_not() -> None:
    """What stands in no module is not called complete."""
    for row in (*flag_rows(), *switch_rows()):
        assert row.where or row.status != "complete", row.id


def test_every_gap_says_what_is_left_out() -> None:
    """Partial without a sentence is an excuse."""
    for row in (*code_rows(), *rule_rows(), *switch_rows(), *flag_rows()):
        if row.status == "partial":
            assert row.note.endswith("."), row.id


@pytest.mark.parametrize("name", ["R-MOD-9", "R-MOD-10", "R-INJ-4", "R-UNL-1"], ids=str)
def test_what_is_known_to_be_missing_is_admitted(name: str) -> None:
    """Drug lines, supervision and unlisted codes are not done from events."""
    assert gaps()[name][0] in {"partial", "person"}


def test_a_rule_stands_where_it_is_declared_then_where_it_is_used() -> None:
    """The table's first module is the one to open."""
    assert source().rules["R-TIME-3"][0] == "worksheet.timing"
    assert "coding.subcutaneous" in source().rules["R-TIME-3"]
    assert source().flags["F-MUE"] == ("claim.claim_edits",)
    assert source().policy_attributes["home_pump_code"] == ("coding.pumps",)


def test_two_sentences_under_one_id_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule copied and reworded would be two rules with one citation."""
    told = source()
    twin = Declared("R-TIME-3", "Something else.", "zeta", 7)
    copied = told.__class__(
        told.rules, told.flags, told.codes, told.policy_attributes, (*told.declared, twin)
    )
    monkeypatch.setattr("rules.catalogue.coverage.source", lambda: copied)
    assert (
        "zeta.py line 7: R-TIME-3 says something else than in worksheet/timing.py; import that rule, or give this one an id of"
        " its own." in problems()
    )


def test_a_rule_no_chapter_lists_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be applied and never shown."""
    fewer = {name: rules for name, rules in CHAPTERS.items() if name != "claim edits"}
    monkeypatch.setattr("rules.catalogue.coverage.CHAPTERS", fewer)
    assert any("R-EDIT is in no chapter" in found for found in problems())


def test_a_line_rests_on_a_rule_that_its_code_names() -> None:
    """Whatever earned a line of the seeded day, a rule its code is said to be earned by is among the reasons."""
    run = CliRunner().invoke(code, ["--quiet", str(ROOT / "seeds" / "day.jsonl")], standalone_mode=False)
    lines = [line for one in map(loads, run.stdout.splitlines()) for line in one["lines"]]
    assert len(lines) > 100
    strange = set()
    for line in lines:
        told = code_on(line["code"], date.fromisoformat(line["service_date"]))
        reasons = {reason["rule"] for reason in line["reasons"]}
        if told is None or reasons.isdisjoint(told.rules):
            strange.add((line["code"], *sorted(reasons)))
    assert strange == set()


def test_the_minutes_of_a_code_are_the_parameters() -> None:
    """No number is typed into a sentence: it is put in for the date that was asked for."""
    first, added, fluid = (code_on(name, ON) for name in ("96365", "96366", "96360"))
    assert first
    assert added
    assert fluid
    assert minutes_rule(first, ON).startswith("16 minutes of flow or more earn the first hour")
    assert "from 91 minutes, then every 60" in minutes_rule(added, ON)
    assert minutes_rule(fluid, ON).startswith("31 minutes alone or more")
    assert thresholds(added) == ("timing.first_hour", "timing.additional_hour_over")
    assert [text for text in sentences().values() if re.search(r"\d{2}", re.sub(r"P-\d\d", "", text))] == []


def test_before_a_code_there_is_none() -> None:
    """A number of another year is not this year's code, and its minutes are refused."""
    assert code_on("96547", date(2023, 12, 31)) is None
    assert code_on("99999", ON) is None
    told = code_on("96413", ON)
    assert told
    with pytest.raises(NotInForceError):
        minutes_rule(told, date(2005, 12, 31))


CODES_TOML = CODES.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'code = "96372"',
            'code = "96399"',
            "96372 can be charged (rules/claim/charge_lines.py) but is not described; add it.",
        ),
        (
            'role = "initial"',
            'role = "first"',
            "96413: role must be one of initial, add-on, own, start, device, person.",
        ),
        (
            "{infusion_minimum} minutes of flow",
            "{shortest} minutes of flow",
            "there is no parameter timing.shortest",
        ),
        (
            'cites = ["RAC71", "AAPC-84877"]',
            'cites = ["NOBODY"]',
            "cites 'NOBODY', which rules/sources.toml does not hold",
        ),
        (
            'minutes = "first_hour"',
            'minutes = "sometimes"',
            "minutes must name a sentence of [minutes], not 'sometimes'.",
        ),
        ("from = 2006-01-01", 'from = "2006"', "96413: from must be a date, written 2026-01-01."),
        (
            'status = "complete"',
            'status = "partial"',
            "96413: is not complete; say in note what is left out.",
        ),
        ('family = "hydration"', 'class = "hydration"', "96360: family must be given."),
        ("\n[minutes]", "\n[minutes", "cannot be read as TOML (TOMLDecodeError); mend or restore it."),
    ],
    ids=["undescribed", "role", "parameter", "source", "sentence", "date", "gap", "field", "no TOML"],
)
def test_a_mistake_in_the_table_of_codes_is_a_sentence(tmp_path: Path, old: str, new: str, says: str) -> None:
    """``infusion check`` names the code, what is wrong and what to do."""
    assert old in CODES_TOML
    file = tmp_path / "codes.toml"
    file.write_text(CODES_TOML.replace(old, new, 1), encoding="utf-8")
    assert any(says in found for found in codes_module.problems(file)), codes_module.problems(file)


def test_codes_in_another_order_than_a_claim_are_found(tmp_path: Path) -> None:
    """The README lists them as a claim does."""
    head, *rows = CODES_TOML.split("[[codes]]")
    rows[0], rows[1] = rows[1], rows[0]
    file = tmp_path / "codes.toml"
    file.write_text("[[codes]]".join([head, *rows]), encoding="utf-8")
    assert codes_module.problems(file) == [
        "parameters/codes.toml: the codes stand in another order than RANK_ORDER in rules/claim/charge_lines.py; sort them."
    ]
