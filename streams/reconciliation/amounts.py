"""
What lines that another system has are expected to be paid, by the same amounts as ours. Pure.

A code that stands among our lines is worth a unit what it is worth there, by the payer's contract or rates where ours is; any
other is priced by the national schedule of the setting.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from models.charge import ChargeSet, ExpectedPayment
from rules.claim import expected as every_basis
from rules.claim.payment import PricedLine
from rules.drug_lines.opps_status import expected
from streams.feeds.posted import PostedLine

HYDRATION: Final = frozenset({"96360", "96361"})


def priced(lines: Sequence[PostedLine], setting: str, ours: ChargeSet | None = None) -> list[int]:
    """Return what each line of one stay is expected to be paid, in US cents; 0 where nothing prices it."""
    known = [line for line in lines if line.code is not None and line.service_date is not None]
    asked = tuple(
        PricedLine(line.code or "", line.service_date or date.max, abs(line.units), line.modifiers)
        for line in known
    )
    own = _units_of(ours)
    cents: dict[PostedLine, int] = {}
    schedule = every_basis.expected(asked, setting, None, None, rural_sch=False)
    for line, payment in zip(known, schedule, strict=True):
        paid = payment
        if paid is None and setting == "facility":
            paid = expected(line.code or "", abs(line.units), line.service_date or date.max)
        amount = 0 if paid is None else paid.cents or 0
        if (unit := own.get((line.code, line.service_date))) is not None:
            amount = unit * abs(line.units)
        cents[line] = -amount if line.units < 0 else amount
    return [cents.get(line, 0) for line in lines]


def _units_of(ours: ChargeSet | None) -> dict[tuple[str | None, date | None], int]:
    """Return what a unit of a code is worth on a day in our set, where that is no national amount."""
    lines = () if ours is None else ours.lines
    return {
        (line.code, line.service_date): line.expected_payment.unit_cents
        for line in lines
        if line.expected_payment is not None
        and line.expected_payment.unit_cents is not None
        and _is_this_stays(line.expected_payment)
    }


def _is_this_stays(payment: ExpectedPayment) -> bool:
    return payment.basis != "schedule" or "locality" in payment.note
