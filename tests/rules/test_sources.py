"""The bibliography: what a citation reads like, and that nobody's word is taken for what it is not."""

from csv import DictReader
from os import environ
from pathlib import Path
from re import findall
from shutil import copytree

import pytest
from golden import coded

from rules.data_files import PARAMETERS
from rules.rulebook import all_rules
from rules.sources import GRADES, UnknownSourceError, bibliography, cite, problems, sources

SHARED = Path(environ.get("INFUSION_SHARED", Path(__file__).parents[3] / "shared"))
POLICY_RULES = SHARED / "reference" / "cms" / "policy_rules.csv"
RULEBOOK = SHARED / "reference" / "RULEBOOK.md"

HELD_ELSEWHERE = {
    "NCCI-INITIAL": "NCCI11",
    "RAC-0071": "RAC71",
    "PALMETTO-TIME": "A53778",
    "PALMETTO-HYD": "A53778",
    "PALMETTO-CONFLICT": "A53778",
    "NORIDIAN-COMPLEX": "NOR-CX",
    "NGS-SCIM": "NGS-A58620",
    "DECLOT": "HAU-QA1",
}
"""Rows of the reference that stand in the bibliography under the rulebook's own key."""


def test_a_citation_is_one_line_with_title_section_and_edition() -> None:
    """The manual, the place in it, the day it is from."""
    assert (
        cite("IOM12") == "Medicare Claims Processing Manual, Pub. 100-04, ch. 12, section 30.5 (2025-01-01)"
    )


def test_a_citation_of_something_nobody_read_says_so() -> None:
    """A warning stands in the line itself, so it survives being copied into a letter."""
    assert cite("OPPS-2302-NOW").endswith("[not verified]")
    assert cite("K").endswith("[not verified]")


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    """A slip in a citation is found at once and says what to write."""
    with pytest.raises(UnknownSourceError, match="Did you mean IOM12"):
        cite("IOM-12")


def test_a_reason_cites_its_best_source_first() -> None:
    """The manual before the blog, whatever order the rule names them in."""
    hours = next(rule for rule in all_rules() if rule.id == "R-TIME-3").because().cites
    assert hours[0] == cite("IOM12")
    for rule in all_rules():
        grades = [GRADES.index(one.grade) for one in bibliography((rule.because().cites,)) if one.grade]
        cited = [one.cite for one in bibliography((rule.because().cites,))]
        assert grades == sorted(grades)
        assert cited == list(rule.because().cites)


def test_a_set_tells_grade_and_address_of_everything_it_cites() -> None:
    """One set alone says where its rules can be read."""
    timeline = [
        "08:00 start ceftriaxone",
        "09:31 stop ceftriaxone",
        "08:00-09:40 infuse saline",
        "10:00 discharge",
    ]
    found = coded({"timeline": timeline})
    cited = {name for line in found.lines for reason in line.reasons for name in reason.cites}
    cited |= {name for refusal in found.not_billed for name in refusal.cites}
    assert {one.cite for one in found.sources} == cited
    manual = next(one for one in found.sources if one.cite == cite("IOM12"))
    assert manual.grade == "A"
    assert manual.address == sources()["IOM12"].href
    assert [one.grade for one in found.sources] == sorted(one.grade for one in found.sources if one.grade)


def test_words_that_are_no_source_s_have_neither_grade_nor_address() -> None:
    """A site's own say is told as it is, last."""
    ours, theirs = bibliography((("our pharmacy committee, 2026-01-05", cite("IOM12")),))
    assert (ours.grade, theirs) == ("A", bibliography((("our pharmacy committee, 2026-01-05",),))[0])
    assert (theirs.grade, theirs.address) == (None, None)


def test_every_primary_source_that_is_a_medicare_document_has_its_address() -> None:
    """An auditor of Medicare can open what Medicare wrote; addresses are whole."""
    missing = [
        source.key
        for source in sources().values()
        if source.grade == "A" and source.title.startswith("Medicare") and not source.href
    ]
    assert missing == []


def test_every_citation_fits_on_one_line() -> None:
    """No line break and no empty title in any of them."""
    lines = [cite(key) for key in sources()]

    assert all(line and "\n" not in line for line in lines)


def test_the_shipped_bibliography_has_no_problems() -> None:
    """What ``infusion check`` would say."""
    assert problems() == []


def test_a_bad_entry_is_named_with_its_file_and_key(tmp_path: Path) -> None:
    """Each slip gives a sentence: no title, a grade nobody knows, half an address, a field of one's own."""
    copytree(PARAMETERS, tmp_path / "parameters")
    text = '[X]\ngrade = "Z"\nhref = "cms.gov/x"\nauthor = "us"\n[IOM12]\ntitle = "t"\ngrade = "A"\n'
    (tmp_path / "sources.toml").write_text(text, encoding="utf-8")

    found = problems(tmp_path)

    assert len(found) == 4
    assert all(one.startswith("sources.toml [X]: ") for one in found)


def test_a_key_declared_twice_is_a_problem(tmp_path: Path) -> None:
    """A refreshed edition may not take over a key of the house."""
    (tmp_path / "sources.toml").write_text('[IOM12]\ntitle = "t"\ngrade = "A"\n', encoding="utf-8")
    folder = tmp_path / "parameters" / "edits" / "20270101"
    folder.mkdir(parents=True)
    (folder / "sources.toml").write_text('[IOM12]\ntitle = "t"\ngrade = "A"\n', encoding="utf-8")

    place = "parameters/edits/20270101/sources.toml [IOM12]"

    assert problems(tmp_path) == [f"{place}: already declared in sources.toml; a key stands for one source."]


def test_a_bibliography_that_is_not_toml_is_a_problem_not_a_traceback(tmp_path: Path) -> None:
    """A broken file is named and the check goes on."""
    (tmp_path / "sources.toml").write_text("[IOM12", encoding="utf-8")

    assert problems(tmp_path) == [
        "sources.toml: cannot be read as TOML (TOMLDecodeError); mend or restore it."
    ]


@pytest.mark.skipif(
    not RULEBOOK.exists(), reason="set INFUSION_SHARED to the folder with reference/RULEBOOK.md"
)
def test_every_key_of_the_rulebooks_own_list_is_here() -> None:
    """Section 14 of the rulebook, key by key; a slash or a comma there stands for several keys."""
    section = RULEBOOK.read_text(encoding="utf-8").split("## 14. Sources")[1].split("## 15.")[0]
    several = {
        "AAPC-53A/B": ("AAPC-53A", "AAPC-53B"),
        "OHIO-2/3/5": ("OHIO-2", "OHIO-3", "OHIO-5"),
        "CA-963xx": ("CA-96365", "CA-96366", "CA-96368"),
        "CCE-401/PUSH/SC/HUB": ("CCE-401", "CCE-PUSH", "CCE-SC", "CCE-HUB"),
        "WMIB/WMC": ("WMIB", "WMC"),
    }
    keys: set[str] = set()
    for bold in findall(r"\*\*([^*]+)\*\*", section):
        parts = findall(r"A\d{5}", bold) if bold.startswith("A52953") else several.get(bold, (bold,))
        keys.update(parts)

    assert len(keys) > 100
    assert keys - sources().keys() == set()


@pytest.mark.skipif(not POLICY_RULES.exists(), reason="set INFUSION_SHARED to the folder with reference/cms")
def test_what_the_reference_calls_absent_or_unverified_is_graded_unverified() -> None:
    """Nothing the reference could not read may be cited here as fact."""
    with POLICY_RULES.open(encoding="utf-8", newline="") as file:
        rows = list(DictReader(file))

    for row in rows:
        key = HELD_ELSEWHERE.get(row["rule_id"], row["rule_id"])
        assert key in sources(), row["rule_id"]
        if row["trust"].startswith("absent") or "UNVERIFIED" in row["trust"]:
            assert sources()[key].grade == "unverified"
