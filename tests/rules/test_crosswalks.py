"""Codes of single products: RxNorm above and below the ingredient, and National Drug Codes in every spelling."""

from datetime import date

import pytest

from models.drug import CodeSystem, Drug
from rules.formulary.crosswalks import eleven_digits
from rules.formulary.lookup import lookup, substance

ON = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("00003-2187-13", ("00003218713",)),
        ("0003-2187-13", ("00003218713",)),
        ("55513-002-04", ("55513000204",)),
        ("55513-0002-4", ("55513000204",)),
        (" 00003218713 ", ("00003218713",)),
        ("0003218713", ("00003218713", "00032018713", "00032187103")),
        ("0000000000", ("00000000000",)),
        ("0003-218-13", ()),
        ("000321871", ()),
        ("0003-2187", ()),
        ("00003*2187*13", ()),
        ("J0696", ()),
    ],
)
def test_a_national_drug_code_in_every_spelling(written: str, forms: tuple[str, ...]) -> None:
    """Eleven digits are one package; ten without hyphens are up to three."""
    assert eleven_digits(written) == forms


@pytest.mark.parametrize("written", ["00003-2187-13", "0003-2187-13", "00003218713", "0003218713"])
def test_a_package_is_its_product_however_it_is_written(written: str) -> None:
    """Orencia by the carton: a labeler of four digits, of five, and none told apart."""
    assert substance(Drug(code=written, system="ndc"), ON) == "abatacept"


def test_a_package_of_two_codes_is_their_one_product() -> None:
    """Darbepoetin is billed with one code in dialysis and another outside."""
    assert substance(Drug(code="55513-0002-04", system="ndc"), ON) == "darbepoetin-alfa"


def test_a_package_nobody_lists_is_unknown() -> None:
    """It stays itself, whatever its spelling says of other packages."""
    assert lookup(Drug(code="99999-9999-99", system="ndc"), ON) is None


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("309090", "ceftriaxone"),
        ("2193", "ceftriaxone"),
        ("1659149", "piperacillin-tazobactam"),
        ("1664986", "aztreonam"),
        ("1594660", "alemtuzumab"),
        ("313002", "sodium-chloride"),
    ],
)
def test_a_concept_of_rxnorm_is_its_product(code: str, meant: str) -> None:
    """Clinical and branded drugs as well as ingredients."""
    assert substance(Drug(code=code, system="rxnorm"), ON) == meant


@pytest.mark.parametrize(("code", "system"), [("309111", "rxnorm"), ("309090", "ndc"), ("309090", None)])
def test_a_concept_of_another_list_means_nothing(code: str, system: CodeSystem | None) -> None:
    """An oral form has no row, and a number is a concept only where the feed says RxNorm."""
    assert lookup(Drug(code=code, system=system), ON) is None


def test_a_product_code_and_another_name_disagree() -> None:
    """The code is the product's, and a person is told."""
    entry = lookup(Drug(name="cefepime 1 g", code="309090", system="rxnorm"), ON)
    assert entry is not None
    assert entry.disagreement
