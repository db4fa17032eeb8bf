"""The list of drugs Medicare takes for self-administered: by ingredient, code, route and date."""

from datetime import date

import pytest

from rules.formulary import exclusion_list
from rules.formulary.exclusion_list import Exclusion, excluded, exclusions, problems

ON = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("ingredient", "code", "route", "listed"),
    [
        ("insulin-lispro", None, "SC", True),
        ("insulin", None, "SC", True),
        ("insulin-glargine+lixisenatide", None, "SC", True),
        ("insulin", None, "IV", False),
        ("adalimumab", None, "SC", True),
        ("adalimumab", None, "IM", False),
        ("abatacept", None, "SC", True),
        ("abatacept", "J0129", "IV", False),
        ("leuprolide", "j9218", "SC", True),
        ("leuprolide", "J9217", "SC", False),
        ("enoxaparin", None, "SC", False),
    ],
)
def test_a_drug_is_listed_for_a_route(ingredient: str, code: str | None, route: str, *, listed: bool) -> None:
    """Into a vein everything is presumed covered; a code decides where other products are covered."""
    assert (excluded(ingredient, code, route, ON) is not None) is listed


def test_a_drug_is_listed_from_its_day() -> None:
    """Before it, the injection is covered."""
    assert excluded("somatropin", None, "SC", date(2025, 12, 31)) is None
    row = excluded("somatropin", None, "SC", date(2026, 1, 1))
    assert row is not None
    assert row.cite == "OPPS-2026-01-01"


def test_the_list_is_in_order_and_says_how_old_it_is() -> None:
    """Each row has a source and the day of the list it was read from."""
    assert problems() == []
    assert all(row.as_of.year >= 2010 and row.listed_by for row in exclusions())


def test_what_is_wrong_with_a_row_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """For ``infusion check``: the row, what is wrong, what would be right."""
    row = Exclusion("", "", frozenset({"IV"}), "nobody", ON, date(2026, 1, 1), "NOBODY", ON)
    monkeypatch.setattr(exclusion_list, "exclusions", lambda: (row,))
    assert problems() == [
        "parameters/drugs/self_administered.csv: a row names neither an ingredient nor a code.",
        "parameters/drugs/self_administered.csv: a row: routes are SC and IM, joined by a semicolon; nothing else is listed.",
        "parameters/drugs/self_administered.csv: a row: until lies before from.",
        "parameters/drugs/self_administered.csv: a row: cites NOBODY, which rules/sources.toml does not hold.",
    ]
