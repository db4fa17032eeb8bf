"""
What each line is expected to be paid: by the site's contract with the payer, else its published rates, else the schedule.

The schedule is OPPS for a facility and the physician fee schedule for an office. Every amount says which it is; a line that
none of them prices has none. Lines are coded before they are priced, so no amount chooses a code.
"""

from models.charge import ExpectedPayment
from rules.claim.office_payment import office_payments
from rules.claim.payer_payment import payer_payment
from rules.claim.payment import PricedLine, expected_payments
from rules.tables.money import has


def expected(
    lines: tuple[PricedLine, ...], setting: str, payer: str | None, facility: str | None, *, rural_sch: bool
) -> tuple[ExpectedPayment | None, ...]:
    """Return the expected payment of each line, None where nothing prices it."""
    schedule = (
        office_payments(lines, facility)
        if setting == "office"
        else expected_payments(lines, setting, rural_sch=rural_sch)
    )
    if payer is None or not has("contract", "rates"):
        return schedule
    return tuple(
        payer_payment(line, setting, payer, of_schedule) or of_schedule
        for line, of_schedule in zip(lines, schedule, strict=True)
    )
