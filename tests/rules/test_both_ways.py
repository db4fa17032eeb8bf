"""Drugs as charted against drugs as charged: each way they can differ, and what is no difference."""

from datetime import date

from golden import coded
from hypothesis import given, settings
from hypothesis import strategies as st

from models.charge import DrugLine
from rules.drug_lines.both_ways import ChargedDrug, disagreements, is_drug_code

ON = date(2026, 3, 2)


def lines(*timeline: str) -> tuple[DrugLine, ...]:
    """Return the drug lines of a stay."""
    return coded({"case": "one", "timeline": [*timeline, "12:00 discharge"]}).drug_lines


def differences(
    *charged: ChargedDrug, given: tuple[DrugLine, ...]
) -> list[tuple[str, str | None, int | None, int | None]]:
    """Return each disagreement as its kind, its code and both counts."""
    return [(one.difference, one.code, one.given, one.charged) for one in disagreements(given, charged)]


PUSH = ("08:00 push ondansetron amount=4 unit=mg",)
WASTED = ("08:00-10:30 infuse Remicade amount=305 unit=mg", "10:31 waste Remicade amount=95 unit=mg")


def test_each_way_chart_and_charges_differ() -> None:
    """Only given, only charged, another count, another waste, and a dose nobody charted."""
    zofran = ChargedDrug("J2405", 4, ON)
    assert differences(zofran, given=lines(*PUSH)) == []
    assert differences(given=lines(*PUSH)) == [("given_not_charged", "J2405", 4, None)]
    assert differences(zofran, given=()) == [("charged_not_given", "J2405", None, 4)]
    assert differences(zofran._replace(units=8), given=lines(*PUSH)) == [("other_units", "J2405", 4, 8)]
    assert differences(zofran, given=lines("08:00 push ondansetron")) == [("not_counted", "J2405", None, 4)]
    remicade = ChargedDrug("J1745", 31, ON)
    assert differences(remicade, ChargedDrug("J1745", 9, ON, ("JW",)), given=lines(*WASTED)) == []
    assert differences(remicade, given=lines(*WASTED)) == [("other_waste", "J1745", 9, 0)]
    assert differences(remicade._replace(units=40), given=lines(*WASTED)) == [
        ("other_units", "J1745", 31, 40),
        ("other_waste", "J1745", 9, 0),
    ]


def test_a_code_the_chart_leaves_open_may_be_the_one_charged() -> None:
    """Cefazolin has four codes; ceftriaxone's is none of them."""
    cefazolin = lines("08:00-08:30 infuse cefazolin amount=2 unit=g")
    assert differences(ChargedDrug("J0690", 4, ON), given=cefazolin) == [("not_counted", "J0690", None, 4)]
    assert differences(ChargedDrug("J0696", 8, ON), given=cefazolin) == [
        ("given_not_charged", None, None, None),
        ("charged_not_given", "J0696", None, 8),
    ]


def test_another_date_is_another_charge_and_other_codes_are_no_drugs() -> None:
    """The administration's own code is not compared, nor what a patient brought."""
    later = ChargedDrug("J2405", 4, date(2026, 3, 3))
    assert [kind for kind, *_ in differences(later, given=lines(*PUSH))] == [
        "given_not_charged",
        "charged_not_given",
    ]
    assert not is_drug_code("96374")
    assert differences(ChargedDrug("96374", 1, ON), given=()) == []
    assert (
        differences(given=lines("08:00-09:00 infuse oxaliplatin amount=150 unit=mg supplied=patient")) == []
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(doses=st.lists(st.integers(1, 40), min_size=1, max_size=4))
def test_what_is_charged_as_it_was_given_never_differs(doses: list[int]) -> None:
    """However many lines it is charged on."""
    found = lines(
        *(f"{8 + at:02}:00 push ondansetron amount={dose} unit=mg" for at, dose in enumerate(doses))
    )
    charged = [ChargedDrug(str(one.code), one.units or 0, one.service_date) for one in found]
    assert disagreements(found, charged) == ()
    assert len(disagreements(found, charged[1:])) == 1
