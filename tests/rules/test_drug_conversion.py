"""From a dose to billing units: laws that hold for every dose, and what is said where one cannot be converted."""

from decimal import Decimal
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.drug_lines.conversion import Given, Missing, Units, billing_units, total, units_of
from rules.drug_lines.quantities import OWN_UNIT, Amount, Kind, amounts_in, measure, plain

DOSES = st.decimals(min_value="0.0001", max_value="10000000", places=4)
UNIT_AMOUNTS = st.sampled_from(
    [
        Decimal(one)
        for one in (
            "0.01",
            "0.1",
            "0.25",
            "0.5",
            "1",
            "2",
            "2.5",
            "5",
            "10",
            "25",
            "250",
            "500",
            "1125",
            "100000",
        )
    ]
)


@given(DOSES, UNIT_AMOUNTS)
def test_units_cover_the_dose_and_less_than_one_unit_more(dose: Decimal, unit: Decimal) -> None:
    """Never below what was given, never a whole unit above it."""
    covered = Fraction(unit) * billing_units(dose, unit)
    assert Fraction(dose) <= covered < Fraction(dose) + Fraction(unit)


@given(st.integers(1, 5000), UNIT_AMOUNTS)
def test_a_whole_number_of_units_is_that_number(units: int, unit: Decimal) -> None:
    """And the smallest amount more begins the next one."""
    assert billing_units(unit * units, unit) == units
    assert billing_units(unit * units + Decimal("0.0001"), unit) == units + 1
    assert billing_units(unit * units - Decimal("0.0001"), unit) == units


@given(DOSES, UNIT_AMOUNTS)
def test_grams_milligrams_and_micrograms_of_one_dose_are_the_same_units(dose: Decimal, unit: Decimal) -> None:
    """The spelling of an amount decides nothing."""
    ways = [Given(dose, "mg"), Given(dose / 1000, "g"), Given(dose * 1000, "mcg")]
    assert len({units_of(way, "mass", unit) for way in ways}) == 1


@given(DOSES, st.decimals("0.1", 5, places=2), UNIT_AMOUNTS)
def test_a_dose_by_weight_is_the_dose_times_the_weight(dose: Decimal, weight: Decimal, unit: Decimal) -> None:
    """Exactly; by body surface area too."""
    for spelt, given_dose in (
        ("mg/kg", Given(dose, "mg/kg", weight_kg=weight)),
        ("mg/m2", Given(dose, "mg/m2", area_m2=weight)),
    ):
        found = units_of(given_dose, "mass", unit)
        assert isinstance(found, Units), spelt
        assert found.units == billing_units(dose * weight, unit)


@given(st.integers(1, 400), st.integers(1, 50), st.integers(1, 100), UNIT_AMOUNTS)
def test_a_volume_counts_by_its_strength(volume: int, mg: int, per_ml: int, unit: Decimal) -> None:
    """As an exact fraction would count it."""
    strength = Amount(Decimal(mg), "mass", Decimal(per_ml))
    found = units_of(Given(Decimal(volume), "mL", strength), "mass", unit)
    exact = Fraction(volume * mg, per_ml) / Fraction(unit)
    assert isinstance(found, Units)
    assert found.units == -(-exact.numerator // exact.denominator)


@pytest.mark.parametrize(
    ("dose", "unit", "kind", "supply"),
    [
        (None, "mg", "mass", "the dose that was given"),
        ("4", None, "mass", "the unit of the dose"),
        ("4", "  ", "mass", "the unit of the dose"),
        ("0", "mg", "mass", "the dose that was given"),
        ("-4", "mg", "mass", "the dose that was given"),
        ("1", "vial", "mass", "the dose in mg"),
        ("2", "tabs", "mass", "the dose in mg"),
        ("1", "amp", "mass", "the dose in mg"),
        ("4", "mL", "mass", "or the strength"),
        ("10", "mEq", "mass", "the dose in mg"),
        ("10", "mg", "meq", "the dose in mEq"),
        ("10", "mmol", "meq", "the dose in mEq"),
        ("10", "units", "mass", "the dose in mg"),
        ("10", "mg", "unit", "the dose in units"),
        ("5", "mg/kg", "mass", "or the weight"),
        ("85", "mg/m2", "mass", "or the body surface area"),
        ("10", "mg/h", "mass", "the whole dose"),
        ("5", "mcg/kg/min", "mass", "the whole dose"),
        ("5", "mg/dL", "mass", "in mL of a strength"),
        ("80", "mg", "vial", "the dose in vials"),
    ],
)
def test_what_cannot_be_converted_says_what_to_supply(
    dose: str | None, unit: str | None, kind: Kind, supply: str
) -> None:
    """Nothing is guessed."""
    found = units_of(Given(None if dose is None else Decimal(dose), unit), kind, Decimal(1))
    assert isinstance(found, Missing)
    assert supply in found.supply
    assert found.says


@pytest.mark.parametrize(
    ("spelling", "kind", "own"),
    [
        ("MG", "mass", "1"), ("Gm", "mass", "1000"), ("\u00b5g", "mass", "0.001"), ("\u03bcg", "mass", "0.001"), ("ng", "mass", "0.000001"),
        ("[iU]", "unit", "1"), ("[USP'U]", "unit", "1"), ("Million Units", "unit", "1000000"), ("mEq", "meq", "1"),
        ("cc", "volume", "1"), ("L", "volume", "1000"), ("mCi", "activity", "1"), ("vials", "vial", "1"),
    ],
)  # fmt: skip
def test_units_are_read_in_their_spellings(spelling: str, kind: Kind, own: str) -> None:
    """As charts, orders and UCUM write them."""
    assert measure(spelling) == (kind, Decimal(own))


def test_every_kind_has_a_unit_of_its_own() -> None:
    """A sentence can always be written."""
    assert set(OWN_UNIT) == set(get_args(Kind))
    assert units_of(Given(None, None), "dose", Decimal(1)) == Units(
        1, "the code counts one for the whole dose"
    )


def test_amounts_in_a_name_are_doses_and_strengths_never_rates() -> None:
    """25,000 units in 500 mL is a strength; 5 mg/kg is none of them."""
    assert amounts_in("Heparin 25,000 units/500 mL") == (Amount(Decimal(25000), "unit", Decimal(500)),)
    assert amounts_in("dexamethasone 10 mg + ondansetron 8mg") == (
        Amount(Decimal(10), "mass"),
        Amount(Decimal(8), "mass"),
    )
    assert amounts_in("rituximab 375 mg/m2, 5 mg/kg, 10 mg/hr") == ()


def test_a_dose_says_how_it_was_reached() -> None:
    """The arithmetic an auditor repeats."""
    found = total(Given(Decimal(5), "mg/kg", weight_kg=Decimal("81.5")))
    assert not isinstance(found, Missing)
    assert found.by == "5 mg/kg x 81.5 kg = 407.5 mg"
    assert plain(Decimal("1E+3")) == "1000"
