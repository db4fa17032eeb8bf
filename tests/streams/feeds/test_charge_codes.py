"""A site's table of charge codes: what it may say, and one line for what it may not."""

import pytest
from charge_samples import site

from streams.feeds.charge_codes import NO_TABLE, ChargeCode
from streams.feeds.site_mapping import DEFAULT_SITE, read_site
from streams.wire.rejects import Reject


def test_the_table_is_read() -> None:
    """Codes, revenue codes and the site's own words."""
    assert site().code_of("96365") == ChargeCode(
        code="2600365", description="IV infusion, first hour", revenue_code="0260"
    )


def test_a_site_without_a_table_sends_the_procedure_code() -> None:
    """Nothing is refused for a table nobody wrote."""
    assert NO_TABLE.code_of("96365") is None
    assert DEFAULT_SITE.charges == NO_TABLE
    assert isinstance(site().code_of("96413"), Reject)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[charges", "no TOML: "),
        ('[charges]\ncredit_style = "minus"', "charges.credit_style: "),
        ('[charges]\ncredit = "cd_positive"', "charges.credit: no such word in charges; did you mean item_credit?"),
        ("[charges.codes.96365]", "charges.codes.96365.code: field required"),
        ('[charges.codes.96365]\ncode = "1"\nrevenue_code = "26"', "charges.codes.96365.revenue_code: "),
        ('[charges.codes.infusion]\ncode = "1"', "charges.codes.infusion: "),
        ('[charges]\ncode_system = "charge master"', "charges.code_system: "),
        ("charges = 1", "charges: "),
    ],
    ids=["no TOML", "unknown word", "misspelt", "no code", "revenue code", "no CPT code", "blank in a system", "no table"],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_key(text: str, says: str) -> None:
    """Before anything is sent."""
    told = read_site(text)
    assert isinstance(told, str)
    assert told.startswith(says)
