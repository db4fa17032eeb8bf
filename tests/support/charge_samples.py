"""Charges as a billing system could get them: one line charged and credited, and a set restated, with awkward texts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

from models.charge import ChargeLine, ChargeSet, Reason
from models.line_change import LineChange
from streams.feeds.charge_codes import ChargeCodes
from streams.feeds.site_mapping import SiteMapping, read_site

AT: Final = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)

LINE: Final = ChargeLine(
    "6a8eea4c-10b0-5e30-8d94-277576e64658",
    "96366",
    2,
    ("59", "PO"),
    date(2026, 3, 2),
    ("A1", "A2"),
    162,
    "charted",
    (
        Reason("R-TIME-3", "162 minutes: 102 past the first hour, 2 more hours.", ("IOM",)),
        Reason("R-MOD-8", "The department's master data say PO.", ()),
    ),
)
FIRST: Final = replace(
    LINE, line_id="54de54f6-bd9a-5b43-b2de-529c40403207", code="96365", units=1, modifiers=()
)
DRUG: Final = replace(
    LINE, line_id="37697c8b-3ab5-5fd7-8b78-e091dd94e91c", code="C8957", units=1, modifiers=("JW",)
)

CHARGE: Final = LineChange("E1", "057c74c9-d08f-5f58-b310-16770e85e88e", 2, "charge", LINE)
CREDIT: Final = replace(CHARGE, change="credit")

SET: Final = ChargeSet(
    "057c74c9-d08f-5f58-b310-16770e85e88e", "E1", 2, "1c1f6a40-0000-5000-8000-000000000001", "final", "26.11.1",
    "medicare-facility", "facility", "medicare", (FIRST, LINE, DRUG), (), (), {},
)  # fmt: skip

AWKWARD: Final = r"""a|b^c&d~e\f "" =1+1 é€ \.br\ \X0D\ """ + "\r\n\x0b\x1c" + "end"
"""Every delimiter, the escape character, framing bytes, what looks like an escape, and letters beyond ASCII."""

SITE: Final = """
[charges]
sending_facility = "MAIN"
receiving_application = "BILLING"
code_system = "CDM"
account_system = "urn:example:account"

[charges.codes.96365]
code = "2600365"
description = "IV infusion, first hour"
revenue_code = "0260"

[charges.codes.96366]
code = "2600366"
revenue_code = "0260"

[charges.codes.C8957]
code = "2608957"
"""


def site() -> ChargeCodes:
    """Return the site's table."""
    mapping = read_site(SITE)
    assert isinstance(mapping, SiteMapping), mapping
    return mapping.charges
