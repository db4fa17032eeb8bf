"""The official list of drug codes of January 2026, where it is at hand: what its descriptions are read as."""

import os
from csv import DictReader
from datetime import date
from pathlib import Path

import pytest

from rules.formulary.products import catalogue, hcpcs_codes
from streams.cms.hcpcs_products import product_of

SHARED = Path(os.environ.get("INFUSION_SHARED", "../shared"))
LIST = SHARED / "reference" / "drugs" / "hcpcs_drug_codes_2026_01.csv"


@pytest.mark.skipif(not LIST.is_file(), reason="the official list is not at hand (INFUSION_SHARED)")
def test_no_description_of_a_known_code_is_read_as_another_product() -> None:
    """A new code is taken by its description only; the codes we know prove that the reading takes none for another."""
    known: dict[str, set[str]] = {}
    for code in hcpcs_codes():
        known.setdefault(code.code, set()).add(code.product)
    formulary = catalogue(date(2026, 1, 1))
    with LIST.open(encoding="utf-8", newline="") as file:
        descriptions = {row["hcpcs"]: row["long_descriptor"] for row in DictReader(file)}
    read = {
        code: product
        for code, words in descriptions.items()
        if known.get(code, set()) - {""} and (product := product_of(words, formulary)) is not None
    }

    assert len(read) > 400
    assert {code: product for code, product in read.items() if product not in known[code]} == {}
