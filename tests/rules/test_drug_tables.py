"""The tables drug lines rest on: units against CMS's own dosages, and a sentence for each thing wrong with a file."""

import csv
import re
from datetime import date
from decimal import Decimal
from os import environ
from pathlib import Path
from shutil import copy

import pytest

from rules.data_files import DRUGS
from rules.drug_lines.drug_tables import problems
from rules.drug_lines.opps_status import expected, status_on
from rules.drug_lines.package_units import largest_package, package_units
from rules.drug_lines.quantities import amount
from rules.drug_lines.unit_table import billing_unit_table
from rules.formulary.products import hcpcs_codes

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(environ.get("INFUSION_SHARED", ROOT.parent / "shared")) / "reference" / "drugs"
FILES = ("units.csv", "opps.csv", "package_units.csv", "containers.csv")


def reference(name: str) -> list[dict[str, str]]:
    """Return the rows of a reference file, or skip where it is not at hand."""
    if not (SHARED / name).is_file():
        pytest.skip(f"no {name} at hand: INFUSION_SHARED names the folder")
    with (SHARED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_tables_are_in_order() -> None:
    """As ``infusion check`` finds them."""
    assert problems() == []


def test_every_drug_code_of_the_formulary_that_can_be_injected_has_a_row() -> None:
    """J, Q and C codes; what has none is a blood product, a vaccine, or no drug at all."""
    listed = {known.code for known in hcpcs_codes() if known.product and re.match("[JQC]", known.code)}
    without = {code for code in listed - set(billing_unit_table()) if re.match("J", code)}
    assert without <= {"J9277", "J3376"}


@pytest.mark.parametrize(("file", "code", "dosage"), [
    ("ndc_hcpcs_sample.csv", "_2026_CODE", "HCPCS dosage"), ("packaging.csv", "hcpcs", "asp_dosage_2026_q1"),
])  # fmt: skip
def test_units_agree_with_the_dosage_that_cms_prices_by(file: str, code: str, dosage: str) -> None:
    """Every one that is a number with a unit, of those the wording settles."""
    table, compared = billing_unit_table(), 0
    for row in reference(file):
        unit = table.get(row[code])
        read = re.match(
            r"(?:up to )?([\d.,]*\d)\s*(mg|gm|g|mcg|units?|iu|meq|ml|cc)\b(?! ?[-/])",
            row[dosage].strip().casefold(),
        )
        if unit is None or unit.amount is None or read is None or unit.kind in {"vial", "dose"}:
            continue
        found = amount(Decimal(read[1].replace(",", "")), read[2])
        assert found is not None
        assert (found.kind, found.value) == (unit.kind, unit.amount), row[code]
        compared += 1
    assert compared > 500


def test_a_status_is_the_fact_of_a_quarter() -> None:
    """Paid apart in October, packaged in January, and none is known of the year before."""
    october, january = status_on("J2919", date(2025, 12, 31)), status_on("J2919", date(2026, 1, 1))
    assert october is not None
    assert january is not None
    assert (october.indicator, january.indicator) == ("K", "N")
    assert status_on("J2919", date(2025, 9, 30)) is None
    later = expected("J9271", 200, date(2026, 5, 4))
    assert later is not None
    assert later.cents == 1194520
    assert "as read for the quarter of 2026-01-01" in later.note
    assert status_on("J9271", date(2027, 1, 1)) is None
    packaged = expected("J2405", 4, date(2026, 2, 1))
    assert packaged is not None
    assert (packaged.packaging, packaged.cents) == ("packaged", 0)
    assert expected("J0000", 1, date(2026, 2, 1)) is None


def test_packages_have_their_units() -> None:
    """One vial of infliximab is ten units; the largest package bounds what one dose can be."""
    assert package_units()["57894003001", "J1745"] == 10
    assert largest_package("J1745") == 10
    assert largest_package("J0000") is None


def broken(tmp_path: Path, file: str, old: str, new: str) -> list[str]:
    """Return what is found in the tables with one text of one of them changed."""
    for name in FILES:
        copy(DRUGS / name, tmp_path / name)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return problems(tmp_path)


@pytest.mark.parametrize(("file", "old", "new", "wrong"), [
    ("units.csv", "J9271,1,mg", "J9271,-1,mg", "is no unit"),
    ("units.csv", "J9271,1,mg", "J9271,x,mg", "is no unit"),
    ("units.csv", "J9271,1,mg", "J9271,1,pound", "is no unit"),
    ("units.csv", "J9271,1,mg", "J9271,1,", "an amount and its unit, or neither"),
    ("units.csv", "J9271,1,mg", "J9299,1,mg", "stands twice"),
    ("units.csv", "J9271,1,mg", "9271,1,mg", "no HCPCS code"),
    ("units.csv", "J9271,1,mg,,,keytruda,,", "J9271,1,mg,,,keytruda,XX,", "routes are"),
    ("units.csv", "J9271,1,mg,,,keytruda,,", "J9271,1,mg,,,keytruda,,odd", "use are"),
    ("units.csv", "2016-01-01", "yesterday", "must be dates"),
    ("units.csv", "J9271,1,mg", "J9271,1,mg,more", "write code, amount"),
    ("units.csv", ",HCPCS-2026-01\n", ",NOWHERE\n", "cites NOWHERE"),
    ("opps.csv", "J9271,2025-10-01,K", "J9271,2025-10-02,K", "no first day of a quarter"),
    ("opps.csv", "J9271,2025-10-01,K", "J9271,autumn,K", "no first day of a quarter"),
    ("opps.csv", "J9271,2025-10-01,K", "J9271,2025-10-01,Z9", "is not known"),
    ("opps.csv", "J9271,2025-10-01,K,60.291", "J9271,2025-10-01,K,lots", "no amount in dollars"),
    ("opps.csv", "J9271,2025-10-01,K,60.291", "J9271,2026-01-01,K,60.291", "stands twice"),
    ("opps.csv", "OPPS-2025-10-01", "NOWHERE", "cites NOWHERE"),
    ("opps.csv", "J9271,2025-10-01,K", "J9271,2025-10-01,K,K", "write code, quarter"),
    ("package_units.csv", "57894003001,J1745,10", "5789400300,J1745,10", "eleven digits"),
    ("package_units.csv", "57894003001,J1745,10", "57894003001,J1745,ten", "no number of units"),
    ("package_units.csv", "57894003001,J1745,10", "57894003001,J1745", "write ndc"),
])  # fmt: skip
def test_each_thing_wrong_is_a_sentence_with_its_line(
    tmp_path: Path, file: str, old: str, new: str, wrong: str
) -> None:
    """And nothing else is found."""
    found = broken(tmp_path, file, old, new)
    assert found
    assert all(problem.startswith(f"{file} line ") for problem in found)
    assert any(wrong in problem for problem in found), found


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    """Of each of them."""
    assert len(problems(tmp_path)) == len(FILES)
