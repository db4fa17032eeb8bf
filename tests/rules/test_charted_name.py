"""The grammar of a charted name: heads, asides, joints, tails, and which words are left to identify a drug."""

import pytest

from rules.formulary.charted_name import charted, key, spoken


@pytest.mark.parametrize(
    ("written", "words"),
    [
        # each kind of word that is no drug
        ("morphine 2 mg/mL IV syringe", "morphine"),
        ("morphine VL", "morphine"),
        ("morphine CARPUJECT", "morphine"),
        ("morphine IJ SOLN", "morphine"),
        ("atropine ABJ", "atropine"),
        ("2 ML VIAL : MIDAZOLAM HCL 2 MG/2ML IJ SOLN", "hcl midazolam"),
        ("cefoxitin (duplex)", "cefoxitin"),
        ("heparin gtt", "heparin"),
        ("pantoprazole (8 mg/hr)", "pantoprazole"),
        ("D50 1 amp", "50% dextrose"),
        ("ceftriaxone (Fresenius Kabi)", "ceftriaxone"),
        ("fosphenytoin 1,000 mg PE", "fosphenytoin"),
        ("iohexol 350 mg iodine/mL", "iohexol"),
        ("piperacillin (extended infusion)", "piperacillin"),
        # tails
        ("vancomycin over 90 minutes", "vancomycin"),
        ("vancomycin q12h", "vancomycin"),
        ("vancomycin every 8 hours", "vancomycin"),
        ("vancomycin x 2", "vancomycin"),
        ("carboplatin AUC 5", "carboplatin"),
        ("docetaxel cycle 3 day 1", "docetaxel"),
        ("NS @ 125 mL/hr", "0.9% chloride sodium"),
        ("heparin at 12 units/kg/hr", "heparin"),
        # heads
        ("IVF: NS", "0.9% chloride sodium"),
        ("patient's own med: evolocumab", "evolocumab"),
        ("NON-FORMULARY: vedolizumab", "vedolizumab"),
        ("<<norepinephrine", "norepinephrine"),
        ("Transfuse RBC", "rbc"),
        ("antibiotic", "antibiotic"),
        ("Antibiotic: cefepime", "cefepime"),
        # fluids spelt out
        ("NS", "0.9% chloride sodium"),
        ("0.45% NS", "0.45% chloride sodium"),
        ("NS 0.9%", "0.9% chloride sodium"),
        ("0.45 NaCl", "0.45% chloride sodium"),
        ("D5 NS", "0.9% 5% chloride dextrose sodium"),
        ("dextrose 5% NS", "0.9% 5% chloride dextrose sodium"),
        ("D5 0.45% NS", "0.45% 5% chloride dextrose sodium"),
        ("NS 5% dextrose", "0.9% 5% chloride dextrose sodium"),
        ("Ringer's lactate", "lactated ringers"),
        ("dextrose 5% in water", "5% dextrose"),
        # abbreviations
        ("Vanc", "vancomycin"),
        ("hydrocortisone sod succ", "hydrocortisone sodium succinate"),
        ("MSO4", "morphine sulfate"),
        ("MgSO4", "magnesium sulfate"),
        ("CaCl2", "calcium chloride"),
        # a maker's letters, also behind a bracket
        ("rituximab-pvvr", "rituximab"),
        ("infliximab-axxq (AVSOLA)", "avsola infliximab"),
        ("asparaginase erwinia (recombinant)-rywn", "asparaginase erwinia recombinant"),
        ("paclitaxel-test", "paclitaxel test"),
    ],
)
def test_only_words_that_identify_a_drug_are_left(written: str, words: str) -> None:
    """A word that is not understood stays, or the name would be taken for another drug's."""
    assert key(written) == tuple(sorted(words.split()))


def test_a_part_ends_at_a_joint_and_keeps_its_amounts_and_asides() -> None:
    """Name, brand, strength; then the diluent with its volume."""
    drug, diluent = charted("cefTRIAXone (ROCEPHIN) 1 g in sodium chloride 0.9% 50 mL IVPB").parts
    assert [word.text for word in drug.words] == ["ceftriaxone"]
    assert [[word.text for word in aside] for aside in drug.asides] == [["rocephin"]]
    assert [amount.value for amount in drug.amounts] == [1000.0]
    assert (diluent.joint, [amount.value for amount in diluent.amounts]) == ("in", [50.0])


def test_an_aside_that_begins_with_a_joint_is_a_part() -> None:
    """What is added in brackets is in the bag."""
    assert [part.joint for part in charted("ondansetron (+ dexamethasone) IVPB").parts] == ["", "+"]


def test_two_brands_in_one_bracket_are_two_asides() -> None:
    """A drug may have more than one brand."""
    (part,) = charted("labetalol (NORMODYNE, TRANDATE) 20 mg").parts
    assert len(part.asides) == 2


def test_a_dose_behind_a_comma_belongs_to_the_drug_before_it() -> None:
    """It is no part of its own."""
    (part,) = charted("ceftriaxone, 1 g").parts
    assert [amount.value for amount in part.amounts] == [1000.0]


@pytest.mark.parametrize(
    "written", ["D5 1/2NS 20K", "D51/2NS20K", "D5 1/2 NS + 20 KCl", "D5 1/2NS w/ KCl 20"]
)
def test_a_bare_number_beside_potassium_is_its_milliequivalents(written: str) -> None:
    """Wards leave the unit out."""
    amounts = [amount for part in charted(written).parts for amount in part.amounts]
    assert [(amount.value, amount.unit, amount.per_ml) for amount in amounts] == [(20.0, "meq", 1000.0)]


def test_vitamin_k_is_no_potassium() -> None:
    """A lone K at the head of nothing is a vitamin's letter."""
    assert key("vitamin K 10 mg") == ("k", "vitamin")
    assert key("vitamin K1") == ("k1", "vitamin")


def test_the_order_may_say_what_it_is_for() -> None:
    """A biologic ordered as chemotherapy is one (R-CLS-2)."""
    assert charted("rituximab 800 mg chemo infusion").purposes == {"chemotherapy"}
    assert charted("Chemo: rituximab").purposes == {"chemotherapy"}
    assert charted("rituximab 800 mg").purposes == frozenset()


@pytest.mark.parametrize(
    "written", ["", "()", "((", ")", "NON-FORMULARY medication", "+", "50 mL", "@ / - :"]
)
def test_a_name_of_nothing_has_no_key(written: str) -> None:
    """Brackets may be broken; there is no drug in it either way."""
    assert key(written) == ()


def test_an_unknown_name_is_spoken_as_written() -> None:
    """Its identity, without strength and form; a name of nothing but those is itself."""
    assert spoken("Zzymab 5 mg vial") == "zzymab"
    assert spoken("NON-FORMULARY medication") == "non-formulary medication"
