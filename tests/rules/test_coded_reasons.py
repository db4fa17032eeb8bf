"""Which ICD-10-CM codes a charted reason asserts, however a feed wrote them."""

from datetime import date

import pytest

from rules.formulary.asserted_words import asserted
from rules.formulary.charted_terms import means
from rules.formulary.coded_reasons import codes_in, plain_reason
from rules.formulary.listed_diagnoses import unproven
from rules.formulary.volume_reasons import reason_for_volume

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("reason", "codes"),
    [
        ("E86.0", ("E86.0",)),
        ("e860", ("E86.0",)),
        ("R07.9 / E11.9", ("R07.9", "E11.9")),
        ("chest pain R07.9", ("R07.9",)),
        ("T45.1X5A", ("T45.1X5A",)),
        ("E86.0^Dehydration^I10C", ("E86.0",)),
        ("Z51.11^x^I10~34095006^Dehydration^SCT^E86.0^Dehydration^I10C", ("Z51.11", "E86.0")),
        ("http://hl7.org/fhir/sid/icd-10-cm|E86.0|Dehydration", ("E86.0",)),
        ("urn:oid:2.16.840.1.113883.6.90|N17.9", ("N17.9",)),
        ("vitamin B12 deficiency", ()),
        ("D5W", ()),
        ("r/o E86.0", ()),
        ("E86.0 was ruled out", ()),
        ("^^^", ()),
        ("|", ()),
    ],
)
def test_the_codes_of_a_reason(reason: str, codes: tuple[str, ...]) -> None:
    """Beside words only what has a dot is one; a coding system is none."""
    assert codes_in(reason) == codes


def test_the_name_of_a_code_proves_nothing_and_a_term_s_words_do() -> None:
    """A history of cancer is no cancer; SNOMED's term is the chart's only word."""
    history = "Z85.46^Personal history of malignant neoplasm of prostate^I10"
    assert not means(history, "cancer")
    assert means("C61^x^I10", "cancer")
    assert plain_reason("34095006^Dehydration^SCT") == "Dehydration"
    assert reason_for_volume("34095006^Dehydration^SCT", DAY) is not None
    assert plain_reason("dehydrated, vomiting") == "dehydrated, vomiting"


def test_what_is_ruled_out_after_it_is_named_is_not_asserted() -> None:
    """The next reason stands."""
    assert "dehydration" not in asserted("Dehydration ruled out")
    assert "dehydration" in asserted("MI ruled out, dehydration")
    assert "dehydration" in asserted("dehydration, MI r/o")


def test_a_code_that_proves_nothing_is_told_apart_from_one_that_is_meant_for_something_else() -> None:
    """By its own words where it is listed; without a code there is nothing to say."""
    assert (
        unproven("J45.909", "a reason for volume", DAY) == " J45.909 is on no list here: it proves nothing."
    )
    assert unproven("R07.9", "a reason for volume", DAY) == " R07.9 (chest pain) is not a reason for volume."
    assert unproven("A41.9", "a cancer", DAY) == " A41.9 (the fluid bolus of sepsis) is not a cancer."
    assert unproven("asthma", "a cancer", DAY) == ""
    assert unproven(None, "a cancer", DAY) == ""
