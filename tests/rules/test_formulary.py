"""The formulary: one drug under many names, one class a drug, and nothing guessed."""

from csv import DictReader
from datetime import date
from os import environ
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.drug import BillingClass, Drug, Ingredient
from rules.data_files import DRUGS
from rules.formulary.lookup import (
    Entry,
    codes,
    entries,
    hcpcs_ended,
    lookup,
    on_route,
    pushability,
    substance,
)
from rules.parameter import NotInForceError

ON = date(2026, 3, 2)
NOT_FOR_CANCER = {"J1950", "J1951", "J3316", "J9226"}
"""Lupron Depot 3.75 mg, Fensolvi, Triptodur, Supprelin: hormones labelled for other diseases than cancer."""
SHARED = Path(environ.get("INFUSION_SHARED", "../shared"))


def known(drug: Drug) -> Entry:
    """Return the entry of a drug that must be known."""
    entry = lookup(drug, ON)
    assert entry is not None, drug
    return entry


def named(name: str) -> Entry:
    """Return the entry of a drug charted by name alone."""
    return known(Drug(name=name))


@pytest.mark.parametrize(
    ("written", "ingredient"),
    [
        ("Zofran 4 mg IVP", "ondansetron"),
        ("ondansetron HCl (PF) 2 mg/mL", "ondansetron"),
        ("ONDANSETRON", "ondansetron"),
        ("Remicade", "infliximab"),
        ("infliximab-dyyb", "infliximab"),
        ("Inflectra 100 mg", "infliximab"),
        ("Rocephin", "ceftriaxone"),
        ("Reclast (zoledronic acid)", "zoledronic-acid"),
        ("Venofer", "iron-sucrose"),
        ("Benlysta", "belimumab"),
        ("Xolair", "omalizumab"),
        ("Faslodex", "fulvestrant"),
        ("Lupron Depot", "leuprolide"),
        ("leuprolide acetate depot (J9217)", "leuprolide"),
        ("Decadron (dexamethasone)", "dexamethasone"),
        ("dexamethasone sodium phosphate", "dexamethasone"),
        ("Benadryl", "diphenhydramine"),
        ("Aloxi", "palonosetron"),
        ("Emend", "fosaprepitant"),
        ("Zithromax (azithromycin)", "azithromycin"),
        ("Levaquin", "levofloxacin"),
        ("hydromorphone (Dilaudid)", "hydromorphone"),
        ("Cytoxan", "cyclophosphamide"),
        ("cyclophosphamide 600 mg/m2", "cyclophosphamide"),
        ("5-FU", "fluorouracil"),
        ("Taxol", "paclitaxel"),
        ("Neulasta Onpro", "pegfilgrastim"),
        ("pegfilgrastim on-body injector", "pegfilgrastim"),
        ("Synagis", "palivizumab"),
        ("Beyfortus", "nirsevimab"),
        ("Zosyn 3.375g IVPB", "piperacillin-tazobactam"),
        ("piperacillin/tazobactam", "piperacillin-tazobactam"),
        ("piperacillin-tazobactam", "piperacillin-tazobactam"),
        ("vitamin B12", "cyanocobalamin"),
        ("paracetamol", "acetaminophen"),
        ("ado-trastuzumab emtansine", "trastuzumab-emtansine"),
        ("fam-trastuzumab deruxtecan-nxki", "trastuzumab-deruxtecan"),
        ("epinephrine 1:1000", "epinephrine"),
        ("Lantus 100 unit/ml injectable solution", "insulin-glargine"),
        ("lidocaine 1% PF", "lidocaine"),
        ("heparin 25,000 units/250 mL", "heparin"),
    ],
)
def test_brands_salts_strengths_and_biosimilars_are_one_drug(written: str, ingredient: str) -> None:
    """R-SAME-5."""
    assert named(written).ingredient == ingredient
    assert substance(Drug(name=written), ON) == ingredient


@pytest.mark.parametrize(
    "written",
    [
        "NS",
        "normal saline",
        "0.9% sodium chloride",
        "sodium chloride 0.9 % 1,000 mL",
        ".9% NaCl",
        "LR",
        "Lactated Ringer\u2019s 1 L",
        "D5W",
        "dextrose 5% in water",
        "D5NS",
        "D5 ½NS",
        "D5-0.45NS",
        "D5LR",
        "Plasma-Lyte A",
    ],
)
def test_a_plain_fluid_is_hydration_and_a_base_fluid(written: str) -> None:
    """R-DEF-8, whatever the ward calls it."""
    entry = named(written)
    assert (entry.billing_class, entry.base_fluid, entry.pushable) == ("hydration", True, "never")


@pytest.mark.parametrize(
    "written",
    [
        "sodium chloride 11.7%",
        "sodium chloride 4 mEq/mL",
        "dextrose 25 g",
        "dextrose",
        "dextrose 70%",
        "NS 20 mEq/L",
    ],
)
def test_a_fluid_of_another_strength_is_not_taken_for_the_plain_one(written: str) -> None:
    """A concentrate billed as hydration would be wrong twice."""
    assert lookup(Drug(name=written), ON) is None


@pytest.mark.parametrize(
    ("written", "billing_class"),
    [
        ("ondansetron", "therapeutic"),
        ("palivizumab", "therapeutic"),
        ("nirsevimab", "rsv_antibody"),
        ("leucovorin", "therapeutic"),
        ("mesna", "therapeutic"),
        ("methotrexate", "chemotherapy"),
        ("pembrolizumab", "chemotherapy"),
        ("infliximab", "complex_biologic"),
        ("leuprolide", "hormonal_antineoplastic"),
        ("denosumab", "therapeutic"),
        ("omalizumab", "therapeutic"),
        ("immune globulin", "therapeutic"),
        ("rabies immune globulin", "therapeutic"),
        ("rabies vaccine", "vaccine"),
        ("Abrysvo", "vaccine"),
        ("iohexol", "contrast"),
        ("packed red blood cells", "blood"),
        ("albumin 25%", "therapeutic"),
        ("normal saline flush", "flush"),
        ("heparin lock flush 100 units/mL", "flush"),
        ("heparin", "therapeutic"),
        ("KCl 10 mEq/100 mL IVPB", "electrolyte"),
        ("calcium gluconate", "electrolyte"),
        ("sodium bicarbonate 8.4%", "electrolyte"),
        ("diltiazem", "therapeutic"),
        ("allergenic extract", "allergen"),
        ("propofol", "anesthetic"),
        ("technetium Tc-99m sestamibi", "radiopharmaceutical"),
    ],
)
def test_a_drug_has_the_class_its_source_gives(written: str, billing_class: BillingClass) -> None:
    """R-CLS-1 to R-CLS-6."""
    assert named(written).billing_class == billing_class


def test_the_basis_says_how_much_weight_a_class_bears() -> None:
    """Nobody mistakes an assignment for a citation."""
    assert named("denosumab").basis == "cited"
    assert named("denosumab").cites == ("NGS-A58620",)
    assert named("NS").basis == "product"
    assert named("vancomycin").basis == "assigned"
    assert named("regadenoson").basis == "unverified"
    assert named("infliximab").cites == ("NOR-CX", "NOR-CN")


@pytest.mark.parametrize(
    ("written", "pushable"),
    [
        ("vancomycin", "never"),
        ("Zosyn", "never"),
        ("azithromycin", "never"),
        ("potassium chloride", "never"),
        ("rituximab", "never"),
        ("paclitaxel", "never"),
        ("IVIG", "never"),
        ("cefazolin", "yes"),
        ("ceftriaxone", "yes"),
        ("daptomycin", "yes"),
        ("ondansetron", "yes"),
        ("doxorubicin", "yes"),
        ("liposomal doxorubicin", "never"),
        ("zoledronic acid", "unknown"),
    ],
)
def test_some_drugs_are_never_pushed(written: str, pushable: str) -> None:
    """What a charted one-minute push of a piggyback antibiotic is worth."""
    assert named(written).pushable == pushable


def test_the_pushable_column_says_that_a_pharmacist_signs_it() -> None:
    """It rests on general knowledge and on one measured record."""
    assert pushability().basis.startswith("unverified")
    assert "1,600" in pushability().reason
    assert pushability().cite == "MIMIC-DEMO"


@pytest.mark.parametrize(
    ("written", "identity", "billing_class"),
    [
        ("Vancomycin 1 g in 0.9% NaCl 250 mL", "vancomycin", "therapeutic"),
        ("D5 1/2NS with 20 mEq KCl", "potassium-chloride", "electrolyte"),
        ("thiamine, folic acid, MVI in NS", "folic-acid+multivitamin+thiamine", "therapeutic"),
        ("ketorolac + ondansetron", "ketorolac+ondansetron", "therapeutic"),
    ],
)
def test_a_mixture_may_be_written_as_one_name(written: str, identity: str, billing_class: str) -> None:
    """Bags are charted as they are labelled."""
    entry = named(written)
    assert (entry.ingredient, entry.billing_class) == (identity, billing_class)


@pytest.mark.parametrize(
    ("inside", "identity", "billing_class"),
    [
        (("cyclophosphamide", "mesna"), "cyclophosphamide+mesna", "chemotherapy"),
        (("mesna", "Cytoxan"), "cyclophosphamide+mesna", "chemotherapy"),
        (("hydrocortisone", "infliximab"), "hydrocortisone+infliximab", "complex_biologic"),
        (("vancomycin", "NS"), "vancomycin", "therapeutic"),
        (("NS", "potassium chloride"), "potassium-chloride", "electrolyte"),
        (
            ("potassium chloride", "magnesium sulfate", "D5W"),
            "magnesium-sulfate+potassium-chloride",
            "electrolyte",
        ),
        (("thiamine", "magnesium sulfate", "NS"), "magnesium-sulfate+thiamine", "therapeutic"),
        (("D5W", "NS"), "dextrose+sodium-chloride", "hydration"),
    ],
)
def test_a_mixed_bag_takes_the_most_complex_class(
    inside: tuple[str, ...], identity: str, billing_class: str
) -> None:
    """Base fluids are vehicle beside a drug; electrolytes stay (R-DEF-7, R-DEF-10)."""
    entry = known(Drug(ingredients=inside))
    assert (entry.ingredient, entry.billing_class) == (identity, billing_class)


def test_an_electrolyte_tells_whether_a_fluid_carries_it() -> None:
    """R-INF-6 needs both facts and decides by purpose."""
    assert named("potassium chloride").base_fluid is False
    assert known(Drug(ingredients=("potassium chloride", "NS"))).base_fluid is True
    assert known(Drug(ingredients=("vancomycin", "D5W"))).base_fluid is True


def test_the_premix_and_the_bag_mixed_by_hand_are_one_infusate() -> None:
    """D5NS is dextrose and saline, whoever put them together."""
    assert substance(Drug(name="D5NS"), ON) == substance(Drug(ingredients=("NS", "D5W")), ON)


def test_an_ingredient_may_carry_a_code() -> None:
    """A coded ingredient is known without its name."""
    bag = Drug(ingredients=("NS", Ingredient(code="J3373", system="hcpcs")))
    assert known(bag).ingredient == "vancomycin"


def test_a_bag_with_something_unknown_in_it_is_unknown() -> None:
    """It may be chemotherapy; a person looks."""
    bag = Drug(ingredients=("vancomycin", "zzymab 5 mg", "NS"))
    assert lookup(bag, ON) is None
    assert substance(bag, ON) == "vancomycin+zzymab"
    assert substance(Drug(name="zzymab 5 mg in NS 100 mL"), ON) == "zzymab"


@pytest.mark.parametrize(
    "written", ["drug A", "antibiotic", "chemo drug 1", "magnesium citrate", "vancomycin oral capsule"]
)
def test_a_name_that_is_not_understood_is_unknown(written: str) -> None:
    """R-CLS-7: never default to a class."""
    assert lookup(Drug(name=written), ON) is None


def test_two_halves_of_a_name_that_differ_are_unknown() -> None:
    """One of them is wrong, and nothing says which."""
    assert lookup(Drug(name="morphine (hydromorphone)"), ON) is None


def test_an_unknown_drug_keeps_one_identity() -> None:
    """Strength and form do not make it another drug; another name does."""
    assert (
        substance(Drug(name="Zzymab 5 mg"), ON)
        == substance(Drug(name="zzymab 10 mg/mL injection"), ON)
        == "zzymab"
    )
    assert substance(Drug(name="chemo drug 1"), ON) != substance(Drug(name="chemo drug 2"), ON)
    assert substance(Drug(code="00000-0000", system="ndc"), ON) == "ndc:00000-0000"
    assert substance(Drug(), ON) == "unnamed"


def test_a_stated_class_overrules_and_keeps_the_identity() -> None:
    """The publisher knows its patient; the drug is still the same drug."""
    entry = known(Drug(name="Remicade", billing_class="therapeutic"))
    assert (entry.ingredient, entry.billing_class, entry.basis) == ("infliximab", "therapeutic", "stated")
    assert entry.pushable == "never"


def test_a_stated_class_makes_an_unknown_drug_known() -> None:
    """By name, else by code."""
    assert known(Drug(name="drug A", billing_class="chemotherapy")).ingredient == "drug a"
    assert known(Drug(code="X1", system="local", billing_class="therapeutic")).ingredient == "local:x1"
    assert known(Drug(name="house fluid", billing_class="hydration")).base_fluid is True


def test_the_code_wins_over_the_name_and_says_so() -> None:
    """Two drugs in one record is a fact a person must see."""
    entry = known(Drug(name="ondansetron", code="J3373", system="hcpcs"))
    assert (entry.ingredient, entry.disagreement) == ("vancomycin", True)
    assert known(Drug(name="Zofran", code="J2405", system="hcpcs")).disagreement is False
    assert known(Drug(ingredients=("vancomycin", "NS"), code="J2405", system="hcpcs")).disagreement is True


def test_a_product_code_tells_a_flush_from_a_dose() -> None:
    """An RxNorm ingredient cannot, so there the name decides."""
    assert known(Drug(name="heparin", code="J1642", system="hcpcs")).billing_class == "flush"
    assert known(Drug(name="heparin lock flush", code="5224", system="rxnorm")).billing_class == "flush"
    assert known(Drug(name="heparin", code="5224", system="rxnorm")).billing_class == "therapeutic"
    assert known(Drug(name="piperacillin/tazobactam", code="8339", system="rxnorm")).disagreement is False


def test_a_code_of_another_system_is_not_read_as_one_of_ours() -> None:
    """A local J3373 may be anything; the name is used."""
    assert lookup(Drug(code="J3373", system="local"), ON) is None
    assert known(Drug(name="NS", code="J3373", system="local")).billing_class == "hydration"
    assert known(Drug(code="j3373")).ingredient == "vancomycin"


@pytest.mark.parametrize(
    ("code", "on", "ended"),
    [
        ("J3370", date(2025, 6, 30), None),
        ("J3370", date(2025, 7, 1), date(2025, 6, 30)),
        ("J1170", date(2024, 10, 1), date(2024, 9, 30)),
        ("J3373", date(2026, 3, 2), None),
        ("c9113", date(2024, 7, 1), date(2024, 6, 30)),
        ("nonsense", date(2026, 3, 2), None),
    ],
)
def test_an_ended_code_says_when_it_ended(code: str, on: date, ended: date | None) -> None:
    """A code is good through its last day."""
    assert hcpcs_ended(code, on) == ended


def test_an_ended_code_still_names_its_drug() -> None:
    """Vancomycin did not become unknown when its code was replaced, and the new code has a first day."""
    assert known(Drug(code="J3370", system="hcpcs")).ingredient == "vancomycin"
    assert next(code.since for code in codes() if code.code == "J3373") == date(2025, 7, 1)


def test_under_the_skin_a_biologic_is_a_plain_injection() -> None:
    """R-CLS-6; into the vein its administration may be complex (R-CLS-3)."""
    entry = named("Actemra")
    assert on_route(entry, "IV").billing_class == "complex_biologic"
    assert on_route(entry, "SC").billing_class == "therapeutic"
    assert on_route(entry, "SC").basis == "assigned"
    assert on_route(named("lidocaine"), "IV").billing_class == "therapeutic"
    assert on_route(named("lidocaine"), None).billing_class == "anesthetic"
    stated = known(Drug(name="Actemra", billing_class="chemotherapy"))
    assert on_route(stated, "SC") == stated


def test_before_its_first_day_the_formulary_refuses() -> None:
    """Neither class nor identity is handed back for a date nobody looked at."""
    with pytest.raises(NotInForceError, match="the formulary has no value on 2024-06-30"):
        lookup(Drug(name="vancomycin"), date(2024, 6, 30))
    with pytest.raises(NotInForceError):
        substance(Drug(name="vancomycin"), date(2024, 6, 30))
    assert lookup(Drug(name="vancomycin"), date(2024, 7, 1)) is not None


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60))
def test_any_name_at_all_has_an_identity(name: str) -> None:
    """Whatever is charted, the answer is an entry or none, and the identity is stable."""
    drug = Drug(name=name)
    entry = lookup(drug, ON)
    assert substance(drug, ON)
    assert entry is None or entry.ingredient == substance(drug, ON)


@given(st.permutations(["vancomycin", "NS", "potassium chloride", "zzymab", "5-FU"]))
def test_the_order_in_the_bag_does_not_matter(inside: list[str]) -> None:
    """The identity is that of a set."""
    assert (
        substance(Drug(ingredients=tuple(inside)), ON) == "fluorouracil+potassium-chloride+vancomycin+zzymab"
    )


def test_a_second_look_searches_nothing() -> None:
    """The engine asks once an administration: what was found is remembered by what is charted, not by the object."""
    charted = {"name": "vancomycin 1 g", "code": "J3373", "system": "hcpcs"}
    first = lookup(Drug(**charted), ON)
    assert first is not None
    assert lookup(Drug(**charted), ON) is first


def test_every_key_is_a_name_of_its_product_and_every_ingredient_stands_alone() -> None:
    """What the formulary prints, the formulary reads."""
    for product in entries():
        found = named(product.key.replace("-", " "))
        assert found.ingredient == "+".join(sorted(product.ingredient.split("+")))
        assert found.billing_class == product.billing_class


def test_no_descriptor_is_shipped() -> None:
    """Codes and our own words; a code's official text belongs to its publisher."""
    header = next(
        line for line in (DRUGS / "hcpcs.csv").read_text("utf-8").splitlines() if not line.startswith("#")
    )
    assert header == "code,product,from,until"


def test_the_research_table_and_the_formulary_agree() -> None:
    """Every drug the research classed has that class here, by code and by name; A-33 moved four codes of hormones."""
    table = SHARED / "reference" / "cms" / "drugs.csv"
    if not table.exists():
        pytest.skip("needs the research tables: set INFUSION_SHARED to the folder that holds reference/cms")
    ours = {
        "hydration_fluid": "hydration",
        "antineoplastic": "chemotherapy",
        "biologic_response_modifier": "complex_biologic",
    }
    with table.open(encoding="utf-8", newline="") as rows:
        for row in DictReader(rows):
            meant = ours.get(row["admin_class"], row["admin_class"])
            if row["hcpcs"] and row["hcpcs"] not in NOT_FOR_CANCER:
                by_code = known(Drug(code=row["hcpcs"], system="hcpcs"))
                assert (row["generic_name"], by_code.billing_class) == (row["generic_name"], meant)
            if row["rxcui"] and row["rxnorm_lookup_name"] not in {"sodium chloride", "glucose", "heparin"}:
                by_concept = known(Drug(name=row["generic_name"], code=row["rxcui"], system="rxnorm"))
                assert by_concept.disagreement is False
