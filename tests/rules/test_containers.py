"""Containers of drugs, the dates of JW, JZ and TB, a site's own stock, and the law that waste never exceeds them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from math import ceil
from pathlib import Path

import pytest
from golden import coded
from hypothesis import given, settings
from hypothesis import strategies as st
from timeline import events_of

from models.charge import DrugLine
from rules.catalogue.site_check import problems
from rules.data_files import DRUGS
from rules.drug_lines import containers
from rules.drug_lines.containers import Container, Unknown, container_of
from rules.drug_lines.unit_table import billing_unit_table
from rules.drug_lines.waste import asked_for
from rules.engine import Profile, code_encounter
from rules.site_folder import SiteFolder, read_site, under_site
from streams.encounter.fold import fold

ON = date(2026, 3, 2)
TODAY = date(2026, 11, 28)
INFLIXIMAB = "08:00-10:30 infuse Remicade amount={dose} unit=mg"
HEAD = "hcpcs,ndc,holding,amount,unit,program\n"

Made = Callable[[str], SiteFolder]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Return a maker of a site's folder with one table of containers."""

    def make(table: str) -> SiteFolder:
        (tmp_path / "drugs").mkdir(exist_ok=True)
        (tmp_path / "drugs" / "containers.csv").write_text(table, encoding="utf-8")
        return read_site(tmp_path)

    return make


def line_of(site: SiteFolder | None, *timeline: str, payer: str = "medicare") -> DrugLine:
    """Return the one drug line of a stay."""
    stay = fold(events_of({"case": "one", "payer": payer, "timeline": [*timeline, "12:00 discharge"]}))
    (line,) = code_encounter(stay, Profile(site=site)).charge_set.drug_lines
    return line


def test_each_modifier_holds_from_its_day() -> None:
    """JW since 2017, JZ since July 2023, TB alone since 2025."""
    for modifier, first in (("JW", date(2017, 1, 1)), ("JZ", date(2023, 7, 1)), ("TB", date(2025, 1, 1))):
        assert asked_for(modifier, first)
        assert not asked_for(modifier, first.replace(year=first.year - 1))
    assert not asked_for("JZ", date(2023, 6, 30))


def test_a_container_is_known_by_its_package_or_where_the_codes_are_alike() -> None:
    """Nivolumab has three sizes described and one that is not."""
    opdivo, remicade = billing_unit_table()["J9299"], billing_unit_table()["J1745"]
    alone = container_of(remicade, None, ON)
    assert isinstance(alone, Container)
    assert (alone.single_dose, alone.size) == (True, Decimal(100))
    of_package = container_of(opdivo, "00003-3772-11", ON)
    assert isinstance(of_package, Container)
    assert of_package.size == Decimal(40)
    for ndc in (None, "00003-3756-14", "no package"):
        assert isinstance(container_of(opdivo, ndc, ON), Unknown)
    assert isinstance(container_of(billing_unit_table()["J9271"], None, ON), Unknown)


def test_a_sites_stock_stands_in_place_of_the_shipped_rows(made: Made) -> None:
    """It has one size of nivolumab, a multi-dose vial of infliximab, and pembrolizumab as the crosswalk counts it."""
    site = made(
        f"{HEAD}J9299,,single_dose,100,mg,\nJ1745,,multi_dose,,,\nJ9271,00006-3026-02,single_dose,,,\n"
    )
    assert problems(site, TODAY) == []
    assert line_of(site, "08:00-08:40 infuse Opdivo amount=200 unit=mg").modifiers == ("JZ",)
    assert line_of(site, INFLIXIMAB.format(dose=400)).modifiers == ()
    keytruda = line_of(
        site, "08:00-08:40 infuse Keytruda amount=150 unit=mg", "08:41 waste Keytruda amount=50 unit=mg"
    )
    assert (keytruda.units, keytruda.waste_units) == (150, 50)
    assert keytruda.expected_payment is not None
    assert keytruda.expected_payment.cents == 200 * 5973 - 80  # $59.726 a unit, waste included
    with under_site(site):
        assert isinstance(container_of(billing_unit_table()["J9299"], "00003-3756-14", ON), Container)


def test_tb_stands_only_where_the_site_says_340b_and_medicare_pays(made: Made) -> None:
    """Behind JZ, and with no word of how the waste's own line carries it."""
    site = made(f"{HEAD}J1745,,single_dose,100,mg,340B\n")
    assert problems(site, TODAY) == []
    assert line_of(site, INFLIXIMAB.format(dose=400)).modifiers == ("JZ", "TB")
    assert line_of(site, INFLIXIMAB.format(dose=400), payer="acme").modifiers == ("JZ",)
    assert line_of(None, INFLIXIMAB.format(dose=400)).modifiers == ("JZ",)


def test_stock_bought_both_ways_is_not_said_to_be_discounted(made: Made) -> None:
    """Nobody has said which of the two was given."""
    site = made(
        f"{HEAD}J1745,57894-0030-01,single_dose,100,mg,340b\nJ1745,57894-0160-01,single_dose,100,mg,\n"
    )
    assert line_of(site, INFLIXIMAB.format(dose=400)).modifiers == ("JZ",)


@pytest.mark.parametrize(("row", "says"), [
    ("J1745,,several,100,mg,", "holding 'several' is not known"),
    ("J1745,,single_dose,100,,", "an amount and its unit, or neither"),
    ("J1745,,single_dose,-1,mg,", "is no amount"),
    ("J1745,,single_dose,x,mg,", "is no amount"),
    ("J1745,,single_dose,1,pound,", "is no amount"),
    ("J1745,12,single_dose,100,mg,", "is no package"),
    ("J1745,,single_dose,100,mg,tb", "program 'tb' is not known"),
    ("X0000,,single_dose,100,mg,", "X0000 is no drug code"),
    ("J1745,,single_dose,100,mg,\nJ1745,,single_dose,100,mg,", "is in line 2 already"),
])  # fmt: skip
def test_each_thing_wrong_in_a_sites_table_is_a_sentence_with_its_line(
    made: Made, row: str, says: str
) -> None:
    """As ``infusion check`` tells it."""
    found = problems(made(f"{HEAD}{row}\n"), TODAY)
    assert len(found) == 1
    assert found[0].startswith("drugs/containers.csv line ")
    assert says in found[0]


@pytest.mark.parametrize(("old", "new", "says"), [
    ("J1745,57894003001,single_dose", "J1745,57894003001,one_dose", "holding 'one_dose'"),
    (",JZ-NORIDIAN\n", ",NOWHERE\n", "cites NOWHERE"),
    ("J1745,57894016001", "J1745,57894003001", "stands twice"),
    ("J1745,57894003001,single_dose,100,mg,,,,", "J1745,57894003001,single_dose,100,mg,,", "write hcpcs"),
    ("J1745,57894003001,single_dose,100,mg,,,,", "J1745,57894003001,single_dose,100,mg,,soon,,", "must be dates"),
    ("J1745,57894003001,single_dose,100,mg,,,,", "J1745,57894003001,single_dose,100,mg,,2026-01-02,2026-01-01,", "before from"),
])  # fmt: skip
def test_each_thing_wrong_in_the_shipped_table_is_a_sentence(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    """With its line."""
    text = (DRUGS / "containers.csv").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "containers.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    found = list(containers.problems(tmp_path))
    assert any(says in problem and problem.startswith("containers.csv line ") for problem in found), found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    dose=st.decimals("0.1", 1200, places=1),
    wasted=st.none() | st.decimals(0, 150, places=1),
)
def test_given_and_wasted_never_pass_the_containers(dose: Decimal, wasted: Decimal | None) -> None:
    """And units are never less than the dose, nor more than one above it; JZ and JW never stand together."""
    timeline = [
        INFLIXIMAB.format(dose=dose),
        *([] if wasted is None else [f"10:31 waste Remicade amount={wasted} unit=mg"]),
    ]
    (line,) = coded({"case": "law", "timeline": [*timeline, "12:00 discharge"]}).drug_lines
    assert line.units is not None
    assert dose <= line.units * 10 < dose + 10
    held = ceil(dose / 100) * 100
    assert (line.units + (line.waste_units or 0)) * 10 <= held
    if line.waste_units:
        assert wasted is not None
        assert (line.units + line.waste_units) * 10 <= dose + wasted
        assert "JZ" not in line.modifiers
    assert bool(line.flags) == (not line.waste_units and "JZ" not in line.modifiers)
