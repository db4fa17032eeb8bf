"""What lines are worth at national amounts, in words that say what the figure leaves out."""

from collections.abc import Iterable

from models.charge import ChargeLine, ExpectedPayment
from rules.claim.payment import OF_THE_RATE


def payment(expected: ExpectedPayment) -> str:
    """Return what one line is paid, and under which status of the schedule."""
    amount = dollars(expected.cents) if expected.cents else "none"
    words = f"{amount}, {expected.packaging.replace('_', ' ')} (status {expected.status_indicator}"
    words += f", APC {expected.apc})" if expected.apc else ")"
    plainly = expected.packaging in {"paid", "packaged"} and OF_THE_RATE not in expected.note
    return words if plainly or not expected.note else f"{words}: {expected.note}"


def worth(lines: Iterable[ChargeLine], *, held: bool) -> str:
    """Return what the lines add up to, how much of it is conditional, and what the figure leaves out."""
    payments = [line.expected_payment for line in lines if line.expected_payment is not None]
    total = sum(expected.cents or 0 for expected in payments)
    conditional = sum(expected.cents or 0 for expected in payments if expected.packaging == "conditional")
    words = "The held lines are worth" if held else "Together"
    part = f", {dollars(conditional)} of it conditional" if conditional else ""
    schedules = ", ".join(sorted({expected.schedule for expected in payments}))
    return f"{words} {dollars(total)} at national amounts ({schedules}){part}; area and contract not counted."


def dollars(cents: int) -> str:
    """Return whole US cents as dollars: $1,234.50."""
    return f"${cents // 100:,}.{cents % 100:02d}"
