"""Dated numbers: each threshold's value, its citation, and the refusal before its first day."""

from datetime import date
from pathlib import Path
from pickle import dumps, loads

import pytest

from rules.parameter import (
    NotInForceError,
    UnknownParameterError,
    dated,
    parameter,
    parameters,
    problems,
)
from rules.sources import cite

ON = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("timing.infusion_minimum", 16, "minute"),
        ("timing.hydration_minimum", 31, "minute"),
        ("timing.additional_hour_over", 30, "minute"),
        ("timing.first_hour", 60, "minute"),
        ("timing.push_repeat_after", 30, "minute"),
        ("timing.prolonged_over_minutes", 480, "minute"),
        ("timing.near_threshold", 2, "minute"),
        ("timing.near_threshold_pushes_undocumented", 5, "minute"),
        ("timing.volume_tolerance_percent", 20, "percent"),
        ("timing.short_hydration_volume", 500, "mL"),
    ],
)
def test_each_threshold_is_worth_what_the_rulebook_says(name: str, value: int, unit: str) -> None:
    """The number the rules work with, in its unit."""
    assert parameter(name, ON) == value
    assert next(one.unit for one in parameters() if one.name == name) == unit


def test_a_value_is_in_force_from_its_own_day_on() -> None:
    """The first day of a value belongs to it, the day before to the value before."""
    assert dated("timing.additional_hour_over", date(2024, 12, 31)).cite == "OPPS-2302-2006"
    assert dated("timing.additional_hour_over", date(2025, 1, 1)).cite == "IOM12"


def test_before_the_first_value_the_refusal_says_what_to_do() -> None:
    """The text is part of the interface: it tells a reader how to go on."""
    with pytest.raises(NotInForceError) as refused:
        parameter("timing.infusion_minimum", date(2000, 3, 2))

    assert str(refused.value) == (
        "parameter timing.infusion_minimum has no value on 2000-03-02: its first value is in force from "
        "2006-01-01. Add an earlier [[values]] entry with its source to rules/parameters/, or hold encounters "
        "before 2006-01-01."
    )


def test_the_refusal_survives_the_way_back_from_a_worker_process() -> None:
    """Encounters are coded in several processes; what one refuses the first must be able to read."""
    refusal = NotInForceError("parameter x.y", ON, date(2027, 1, 1), "entry")

    again = loads(dumps(refusal))  # noqa: S301 - our own bytes

    assert (type(again), str(again), again.first) == (NotInForceError, str(refusal), date(2027, 1, 1))


def test_an_unknown_name_is_refused_with_the_nearest_known_one() -> None:
    """A slip of the pen is not a missing value."""
    with pytest.raises(UnknownParameterError, match=r"Did you mean timing\.infusion_minimum"):
        parameter("timing.infusion_minimun", ON)


def test_every_value_of_every_parameter_is_cited() -> None:
    """What ``infusion rules`` lists: a label, a unit, and a source for each dated value."""
    for one in parameters():
        assert one.label
        assert one.description
        assert all(cite(value.cite) for value in one.values)


def test_the_shipped_parameters_have_no_problems() -> None:
    """What ``infusion check`` would say."""
    assert problems() == []


def test_every_slip_in_a_parameter_file_is_named(tmp_path: Path) -> None:
    """No label, a text for a number, a year for a date, dates out of order, a source nobody declared."""
    folder = tmp_path / "parameters" / "timing"
    folder.mkdir(parents=True)
    text = (
        'description = "d"\nunit = "minute"\nurl = "x"\n'
        '[[values]]\nfrom = 2020-01-01\nvalue = "16"\ncite = "IOM12"\n'
        "[[values]]\nfrom = 2019-01-01\nvalue = 16\ncite = 'NOBODY'\n"
        "[[values]]\nfrom = 2021\nvalue = 99999\ncite = 'IOM12'\n"
    )
    (folder / "x.toml").write_text(text, encoding="utf-8")
    (folder / "y.toml").write_text("label", encoding="utf-8")

    found = problems(tmp_path)

    assert [one.removeprefix("parameters/timing/") for one in found] == [
        "x.toml: label is missing.",
        "x.toml: field 'url' is not one of label, description, unit, values.",
        "x.toml: value 1: value must be a whole number from 0 to 10000.",
        "x.toml: value 2: from must be later than the value before it.",
        "x.toml: value 2: cite must be a key of rules/sources.toml.",
        "x.toml: value 3: from must be a date, written 2026-01-01.",
        "x.toml: value 3: value must be a whole number from 0 to 10000.",
        "y.toml: cannot be read as TOML (TOMLDecodeError); mend or restore it.",
    ]
