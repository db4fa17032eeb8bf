"""What holds on the first day of a stretch holds on all of it: edits, amounts, and what a drug comes to."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from rules.claim.charge_lines import RANK_ORDER
from rules.claim.claim_edits import ClaimLine, EditSettings, violations
from rules.claim.expected import expected
from rules.claim.payment import PricedLine
from rules.drug_lines.outcome import Asked, outcomes
from rules.drug_lines.unchanged import drugs_unchanged_since
from rules.drug_lines.unit_table import billing_unit_table
from rules.drug_lines.waste import Payer
from rules.formulary.products import hcpcs_codes, statement
from rules.tables.unchanged import unchanged_since

BEGAN = max(statement()[0][0], date(2025, 9, 20))
DAYS = tuple(BEGAN + timedelta(days=number) for number in range(0, 480, 11))
"""Over five quarters and two turns of the year, at every place in a month."""


def charted() -> Iterator[tuple[str, str]]:
    """Yield codes of drugs with a product of theirs, those that end or have a limit first."""
    table = billing_unit_table()
    codes = [code for code in hcpcs_codes() if code.product and code.code in table]
    ending = [code for code in codes if code.until is not None and code.until >= BEGAN]
    for code in (*ending[:12], *codes[::150]):
        yield code.code, code.product


@pytest.mark.parametrize(
    ("setting", "book"), [("facility", "cms_aoc_file"), ("office", "cpt_parentheticals")]
)
def test_a_claim_that_passes_on_the_first_day_of_a_stretch_passes_on_all(setting: str, book: str) -> None:
    """And one that does not fails by the same edits, of the same lines."""
    settings = EditSettings(setting, book, per_date=False)  # type: ignore[arg-type] # words of the parameters above
    claims = [RANK_ORDER[place : place + 3] for place in range(0, len(RANK_ORDER), 2)]
    for on in DAYS:
        since = unchanged_since(on)
        assert since <= on
        for codes in claims:
            there, then = (
                violations(tuple(ClaimLine(code, 2, (), day) for code in codes), settings)
                for day in (on, since)
            )
            assert [(one.flag, one.lines) for one in there] == [(one.flag, one.lines) for one in then], (
                on,
                codes,
            )


@pytest.mark.parametrize("setting", ["facility", "office"])
def test_a_line_is_paid_on_all_of_a_stretch_as_on_its_first_day(setting: str) -> None:
    """Off campus and on, to the word of its note."""
    for on in DAYS:
        for modifiers in ((), ("PO",), ("PN",)):
            there, then = (
                expected(
                    tuple(PricedLine(code, day, 2, modifiers) for code in RANK_ORDER), setting, "medicare", None, rural_sch=False
                )
                for day in (on, unchanged_since(on))
            )  # fmt: skip
            assert there == then, (on, modifiers)


def test_a_drug_comes_to_the_same_on_all_of_a_stretch() -> None:
    """Code, units, waste, flags and payment, to the word."""
    for code, product in charted():
        asked = Asked(
            (product, code, "hcpcs"), (), Decimal("123.4"), "mg", Decimal(250), None, None, None, None, None, (), "IV",
            BEGAN, Payer(facility=True, medicare=True), "suggested",
        )  # fmt: skip
        by_name = asked._replace(whole=(product, None, None))
        for on in DAYS[::2]:
            since = drugs_unchanged_since(on)
            assert since <= on
            for one in (asked, by_name):
                assert outcomes(one._replace(on=on)) == outcomes(one._replace(on=since)), (code, on)
