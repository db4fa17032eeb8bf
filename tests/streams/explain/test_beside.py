"""Drugs beside the charges: on the terminal, in the letter, in the table, and released in DFT and ChargeItem."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from golden import coded
from timeline import wire_of

from models.charge import ChargeSet
from streams.cli import main
from streams.feeds.charge_codes import NO_TABLE
from streams.feeds.fhir.charge_item import bundle_of_set
from streams.feeds.hl7v2.dft import dft_of_set

CASE = {
    "case": "beside",
    "payer": "medicare",
    "timeline": [
        "08:00-10:30 infuse Remicade amount=305 unit=mg",
        "10:31 waste Remicade amount=95 unit=mg",
        "11:00 push ondansetron",
        "12:00 discharge",
    ],
}
AT = datetime(2026, 3, 3, tzinfo=UTC)


def told(*arguments: str) -> str:
    """Return what a verb writes of the stay."""
    lines = "\n".join(json.dumps(one) for one in wire_of(CASE))
    run = CliRunner().invoke(main, [*arguments, "-"], input=lines)
    assert run.exit_code == 0, run.output
    return run.stdout


@pytest.mark.parametrize("form", ["--svg=-", "--html=-"])
def test_a_letter_shows_drugs_and_waste_without_an_amount(form: str) -> None:
    """Money is the house's business."""
    page = told("explain", form)
    assert "Drugs beside the charges" in page
    assert "J1745 \u00d7 31 + 9 JW" in page
    assert "no dose is charted" in page
    assert "national" not in page


def test_the_terminal_shows_what_the_suggested_drugs_come_to() -> None:
    """Forty units at the rate of the quarter, waste included; a drug without units adds nothing."""
    page = told("explain")
    assert "J1745 \u00d7 31 + 9 JW" in page
    assert "Suggested and not charged here: $1,296.92 at national amounts." in page


def test_the_table_shows_them_too() -> None:
    """In one line a drug."""
    assert "drug  J1745 x31 + x9 JW" in told("code", "--format", "table")


def released() -> ChargeSet:
    """Return the set with its drugs among the charges."""
    timeline = [line for line in CASE["timeline"] if "ondansetron" not in line]
    return coded({**CASE, "timeline": timeline, "set": {"drug_lines": "release"}})


def test_released_drugs_and_their_waste_go_out_as_dft() -> None:
    """Under the HCPCS list, with JW as a modifier of that list."""
    raw = dft_of_set(released(), NO_TABLE, AT)
    assert isinstance(raw, bytes)
    rows = [line.split("|") for line in raw.decode().split("\r") if line.startswith("FT1")]
    drugs = [(row[10], row[25], *row[26:27]) for row in rows if "J1745" in row[7]]
    assert drugs == [("31", "J1745^^HPC"), ("9", "J1745^^HPC", "JW^^HPC")]


def test_and_as_charge_items() -> None:
    """Each an item of its own, under CMS's code system."""
    bundle = bundle_of_set(released(), NO_TABLE, AT)
    assert isinstance(bundle, dict)
    items = [entry["resource"] for entry in bundle["entry"]]
    drugs = [item for item in items if item["code"]["coding"][0]["code"] == "J1745"]
    assert [item["quantity"]["value"] for item in drugs] == [31, 9]
    assert {item["code"]["coding"][0]["system"] for item in drugs} == {
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
    }
    assert len({item["id"] for item in drugs}) == len(drugs)
    assert "JW" in json.dumps(drugs[1]["extension"])
