"""What ``infusion check`` says of a list of reasons for a second access that is not in order."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rules.coding.check import problems
from rules.data_files import SITE_REASONS

SOUND = SITE_REASONS.read_text("utf-8")


@pytest.fixture
def said(tmp_path: Path) -> Callable[[str], list[str]]:
    """Return a function that writes a list and says what is wrong with it."""
    file = tmp_path / "site_reasons.toml"

    def check(text: str) -> list[str]:
        file.write_text(text, "utf-8")
        return [wrong.removeprefix("site_reasons.toml: ") for wrong in problems(file)]

    return check


def test_the_list_that_ships_is_in_order() -> None:
    """Nothing to mend."""
    assert problems() == []


WRONG = {
    "no label": (("label =", "title ="), "has no label; "),
    "a list is missing": (("[required]", "[needed]"), "has no list [required]; "),
    "a list nobody reads": (("[required]", "[needed]"), "[needed] is no list that is read; "),
    "no cite": (('cite = "RCA-LUMEN"', ""), "[same_access] cites nothing; "),
    "a cite nobody declared": (("RCA-LUMEN", "NOBODY"), "[same_access] cites 'NOBODY', which rules/sources.toml "),
    "a misspelt field": (("codes = []", "cods = []"), "[required] has 'cods', which is not read; "),
    "a field left out": (("codes = []", "cods = []"), "[required] codes must be a list of text; "),
    "a number among words": (('"lumen", "infil', '7, "infil'), "[never] words must be a list of text; "),
    "a word without letters": (('"lumen", "infil', '"-", "infil'), "[never] word '-' holds no letter and no digit; "),
    "a word in capitals": (('"lumen", "infil', '"Lumen?", "infil'), "[never] word 'Lumen?' is looked for as 'lumen'; "),
    "a code that is none": (('"T80.1"', '"80.1"'), "[same_access] code '80.1' is no ICD-10-CM code "),
    "a code in small letters": (('"T80.1"', '"t80.1"'), "[same_access] code 't80.1' is no ICD-10-CM code "),
    "a code twice": (('"I87.8", "I80"', '"I80", "I80"'), "[never] code 'I80' stands there more than once; "),
    "a word twice": (('"incompat", ', '"incompat", "incompat", '), "[required] word 'incompat' already stands in [required]; "),
    "a word in two lists": (('"incompat", ', '"lumen", '), "[required] word 'lumen' already stands in [never]; "),
    "a word nothing reaches": (
        ('"small vein", ', '"small vein", "blood line", '),
        "[never] word 'blood line' is never reached: 'blood' of [required] is found in it.",
    ),
    "a requirement nothing reaches": (
        ('"incompat", ', '"restart of chemo", '),
        "[required] word 'restart of chemo' is never reached: 'restart' of [same_access] is found in it.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "wrong"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_a_sentence(
    change: tuple[str, str], wrong: str, said: Callable[[str], list[str]]
) -> None:
    """It names list and word, and says what would be right."""
    found = said(SOUND.replace(*change, 1))
    assert any(sentence.startswith(wrong) for sentence in found), found


def test_a_file_that_is_no_toml_is_one_problem(said: Callable[[str], list[str]]) -> None:
    """The reader's own words are not repeated."""
    assert said("[never") == ["cannot be read as TOML (TOMLDecodeError); mend or restore it."]


def test_a_file_that_is_gone_is_one_problem(tmp_path: Path) -> None:
    """So is one nobody may read."""
    assert problems(tmp_path / "gone.toml") == [
        "gone.toml: cannot be read as TOML (FileNotFoundError); mend or restore it."
    ]


def test_text_that_is_not_utf_8_is_one_problem(tmp_path: Path) -> None:
    """A list saved by a spreadsheet in another code page."""
    file = tmp_path / "site_reasons.toml"
    file.write_bytes("label = 'Gründe'".encode("latin-1"))
    assert len(problems(file)) == 1
