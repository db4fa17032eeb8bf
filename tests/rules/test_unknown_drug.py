"""What is said of a drug nobody knows: what it may be, and that none was taken."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.charge import ChargeLine, Flag, Severity
from models.drug import Drug, Ingredient
from rules.formulary.near_names import ALIKE, Listed, NearNames
from rules.screening.unknown_drug import disagreeing, nearest, unknown_drug, with_what_waits

ON = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("ondansatron 4 mg", "ondansetron"),
        ("Rocefin 1 g IVPB", "rocephin"),
        ("pembrolizumb", "pembrolizumab"),
        ("vancomycin + meropenm in NS", "meropenem"),
        ("ceftriaxone (ROCEPHN)", "ceftriaxone"),
    ],
)
def test_the_nearest_names_are_offered(written: str, first: str) -> None:
    """At most three, the nearest first."""
    near = nearest(Drug(name=written), ON)
    assert near[0] == first
    assert len(near) <= 3


@pytest.mark.parametrize(
    "drug", [Drug(name="qwrtplkj"), Drug(name="study drug ABC"), Drug(code="X1", system="local"), Drug()]
)
def test_nothing_is_offered_where_nothing_is_near(drug: Drug) -> None:
    """A bad suggestion is worse than none."""
    assert nearest(drug, ON) == ()


def test_a_suggestion_says_that_none_was_taken() -> None:
    """And repeats no charted text, which may name a patient."""
    says, advice = unknown_drug(Drug(name="ondansatron for Mr Doe"), ON)
    assert says == "The drug is not in the formulary."
    assert advice.startswith("Nearest known names: ondansetron; none was taken.")
    assert "doe" not in advice.casefold()


def flag(name: str, severity: Severity = "block") -> Flag:
    """Return a flag of one kind."""
    return Flag(name, severity, (), "", "Ask.", {})


def line(code: str, units: int) -> ChargeLine:
    """Return a line of one code."""
    return ChargeLine(code, code, units, (), ON, (), None, "charted", ())


def test_what_else_would_be_released_is_said() -> None:
    """Only where nothing but the unknown drug holds the stay."""
    lines = [line("96365", 1), line("96366", 2)]
    held = flag("F-CLASS_UNKNOWN")
    (told, noted) = with_what_waits([held, flag("F-NEAR_THRESHOLD", "info")], lines)
    assert told.suggestion.endswith("as coded without this drug it would release 96365 x1, 96366 x2.")
    assert noted.suggestion == "Ask."
    assert with_what_waits([held], []) == [held]
    assert with_what_waits([held, flag("F-MUE")], lines)[0] == held
    assert with_what_waits([flag("F-NEAR_THRESHOLD", "info")], lines)[0].suggestion == "Ask."


def test_a_name_and_a_code_that_differ_are_both_named() -> None:
    """Neither is taken."""
    drug = Drug(name="ceftriaxone 1 g", code="J9045", system="hcpcs")
    assert disagreeing(drug, ON) == ("ceftriaxone", "carboplatin")
    assert unknown_drug(drug, ON)[0] == "The name says ceftriaxone, the code J9045 says carboplatin."
    bag = Drug(ingredients=(Ingredient(name="vancomycin", code="J2405", system="hcpcs"), "NS"))
    assert unknown_drug(bag, ON)[0] == "The name says vancomycin, a code in the bag says ondansetron."


def test_a_name_and_a_code_that_agree_are_not_asked_about() -> None:
    """A brand, a premix and a code of one maker are the same drug."""
    assert disagreeing(Drug(name="ROCEPHIN 1 g in NS", code="J0696", system="hcpcs"), ON) is None
    assert disagreeing(Drug(name="zzymab"), ON) is None


def test_a_shared_strength_asks_for_brand_or_indication() -> None:
    """The drug is known, its use is not."""
    assert unknown_drug(Drug(name="leuprolide acetate 45 mg"), ON)[1] == "Chart the brand or the indication."


def test_no_drug_at_all_is_said() -> None:
    """A stop that nobody started."""
    assert unknown_drug(None, ON)[0] == "No drug is charted."


@settings(derandomize=True, deadline=None)
@given(st.sampled_from(("ondansetron", "ceftriaxone", "vancomycin", "pantoprazole")), st.integers(1, 8))
def test_a_letter_lost_still_finds_the_name(name: str, place: int) -> None:
    """The commonest slip."""
    listed = NearNames([Listed(name, name), Listed("zoledronic acid", "zoledronic-acid")])
    assert listed.to(name[:place] + name[place + 1 :]) == (name,)


def test_alike_is_between_none_and_all() -> None:
    """A ratio."""
    assert 0.5 < ALIKE < 1
