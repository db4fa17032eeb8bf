"""National OPPS amounts of lines that another system has, by the same schedule as ours. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from rules.claim.payment import PricedLine, expected_payments
from rules.drug_lines.opps_status import expected
from streams.feeds.posted import PostedLine

HYDRATION: Final = frozenset({"96360", "96361"})


def priced(lines: Sequence[PostedLine], setting: str) -> list[int]:
    """Return what each line of one stay is expected to be paid, in US cents; 0 where the schedule says nothing."""
    known = [line for line in lines if line.code is not None and line.service_date is not None]
    asked = tuple(
        PricedLine(line.code or "", line.service_date or date.max, abs(line.units), line.modifiers)
        for line in known
    )
    cents: dict[PostedLine, int] = {}
    for line, payment in zip(known, expected_payments(asked, setting), strict=True):
        paid = payment
        if paid is None and setting == "facility":
            paid = expected(line.code or "", abs(line.units), line.service_date or date.max)
        amount = 0 if paid is None else paid.cents or 0
        cents[line] = -amount if line.units < 0 else amount
    return [cents.get(line, 0) for line in lines]
