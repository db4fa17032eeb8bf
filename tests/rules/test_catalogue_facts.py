"""What is published of each code: every row cited and graded, every indicator there or said to be missing."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest

from rules.catalogue import diagnoses, fact_rows
from rules.catalogue.code_history import covers, events, not_yet, stood_before
from rules.catalogue.indicators import conversion_factors, disagreements, indicator_on, national_amounts
from rules.catalogue.performers import places, seen_with
from rules.claim.charge_lines import RANK_ORDER
from rules.data_files import CATALOGUE

DAY = date(2026, 11, 2)


def test_the_tables_are_in_order() -> None:
    """Every row has a source of its grade or better, every date is one, no row stands twice."""
    assert fact_rows.problems() == []
    assert list(diagnoses.problems(DAY)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("categories", "96360,ccs,2024-01-01", "96360,ccs,2024-1-1", "since must be a date"),
        ("conversion_factors", ",33.4009,", ",-1,", "usd must be an amount"),
        ("history", ",C,RBCS-2024", ",K,RBCS-2024", "grade must be A or C, not 'K'"),
        ("history", ",C,RBCS-2024", ",A,RBCS-2024", "grade it no better"),
        ("taxonomies", "NUCC-251", "NUCC-1", "cites 'NUCC-1'"),
        ("taxonomies", "=SEED-1", "=SEED-99", "cites 'SEED-99'"),
        ("places", "code,means", "code,name", "the columns must be"),
        ("places", "\n11,office", "\n12,office", "12 stands 2 times"),
        ("places", "\n11,office,", "\n11,office,,", "too few or too many cells"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, name: str, old: str, new: str, says: str
) -> None:
    """A row of weaker grade, a source nobody declared, a date or an amount that is none."""
    copy = copytree(CATALOGUE, tmp_path / "catalogue")
    path = copy / f"{name}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    assert any(says in wrong for wrong in fact_rows.problems(copy))


def test_a_table_that_is_gone_is_named(tmp_path: Path) -> None:
    """With what to do."""
    assert "places.csv: cannot be read (FileNotFoundError); restore it." in fact_rows.problems(tmp_path)


@pytest.mark.parametrize("code", RANK_ORDER)
def test_every_code_has_its_indicators_or_says_where_they_were_searched(code: str) -> None:
    """Nothing is left blank in silence."""
    searched = {one.fact for one in fact_rows.not_found() if code in one.codes}
    assert indicator_on(code, DAY) is not None or "indicators" in searched
    schemes = {row["scheme"] for row in fact_rows.rows("categories") if row["code"] == code}
    assert {"rbcs", "ccs"} <= schemes | searched
    assert any(row["effective"] for row in events(code)) or "history" in searched


def test_an_amount_is_of_one_year_and_never_the_facility_total_of_an_incident_service() -> None:
    """PC/TC 5 rows carry a facility total that nobody is paid; 2024's values are not multiplied by 2025's factor."""
    row = indicator_on("96375", DAY)
    assert row is not None
    assert row["total_facility"] == "0.47"
    factors = {one["applies_to"]: Decimal(one["usd"]) for one in conversion_factors(row, DAY)}
    assert factors == {"non-QPP": Decimal("33.4009"), "QPP": Decimal("33.5675")}
    assert national_amounts(row, factors["non-QPP"]) == {"nonfacility": Decimal("15.70"), "facility": None}
    early = indicator_on("96375", date(2025, 3, 3))
    assert early is not None
    assert early["effective"] == "2024-07-01"
    assert conversion_factors(early, date(2025, 3, 3)) == ()


@pytest.mark.parametrize("code", ["96376", "96379", "G0498"])
def test_a_status_without_relative_values_has_no_amount(code: str) -> None:
    """Outside the schedule, or priced by the contractor."""
    row = indicator_on(code, DAY)
    assert row is not None
    assert set(national_amounts(row, Decimal("33.4009")).values()) == {None}


def test_indicators_that_disagree_with_a_rule_are_named() -> None:
    """No add-on of ours is none to Medicare; what a physician does alone is."""
    said = list(disagreements(DAY))
    assert any(one.startswith("96405 is reduced beside other procedures") for one in said)
    assert any(one.startswith("96446 carries a facility amount of its own") for one in said)
    assert not any("add-on" in one for one in said)


def test_before_its_first_day_a_code_did_not_exist() -> None:
    """And the page says what stood then, where a page read says so."""
    assert not_yet("96365", date(2008, 12, 31)) is not None
    assert not_yet("96365", date(2009, 1, 1)) is None
    assert stood_before("96365") == ("90760-90779",)
    assert stood_before("96413") == ()
    assert covers("90760-90779", "90766")
    assert not covers("90760-90779", "9076")
    assert covers("G0347-G0354", "G0350")


def test_a_diagnosis_is_covered_by_its_longest_row_or_proves_nothing() -> None:
    """With or without its dot; five letters without one are another list's."""
    known = diagnoses.row_of("k52.81")
    assert known is not None
    assert known["code"] == "K52.8-"
    assert diagnoses.row_of("J45.909") is None
    assert diagnoses.is_diagnosis("J45.909")
    assert not diagnoses.is_diagnosis("J9312")
    assert {row["code"] for row in diagnoses.going_with("96402")} == {"C61", "C50.-", "Z51.11"}
    assert "I10" in {row["code"] for row in diagnoses.contradicting("96360")}
    assert {row["code"] for row in diagnoses.contradicting("96402")} >= {"N80.-", "Z53.-"}


def test_an_uncontested_row_that_the_list_of_reasons_denies_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tables of one product do not answer one question differently in silence."""
    row = {"code": "J45.-", "proves": "volume", "contested": "no"}
    monkeypatch.setattr(diagnoses, "rows", lambda _: (row,))
    assert "J45.-: proves volume, but volume_reasons.toml" in next(diagnoses.problems(DAY))


def test_who_and_where() -> None:
    """The published page's taxonomies, and a place where a professional reports nothing."""
    assert [row["code"] for row in seen_with("96375")] == ["207RI0011X", "207R00000X", "207L00000X"]
    settings = {row["code"]: row["setting"] for row in places()}
    assert (settings["11"], settings["22"], settings["19"]) == ("office", *["professional_in_facility"] * 2)
