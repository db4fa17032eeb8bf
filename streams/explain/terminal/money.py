"""What lines are worth, in words that say which amount it is and what the figure leaves out."""

from collections.abc import Iterable
from typing import Final

from models.charge import ChargeLine, ExpectedPayment
from rules.claim.payment import OF_THE_RATE

_LOCALITY: Final = "Amount of locality"
UNPRICED: Final = "No amount: no contract or published rates of the payer, and no schedule of the setting for these dates, are at hand."


_SCHEDULES: Final = {"OPPS": "national OPPS amount", "MPFS": "physician fee schedule"}
_BASES: Final = {"contract": "by the site's contract", "benchmark": "by the payer's published rates"}


def basis(expected: ExpectedPayment) -> str:
    """Return which amount it is: a schedule's, the site's contract's with the payer, or the payer's published rates'."""
    name = expected.schedule.partition(" ")[0]
    return _BASES.get(expected.basis) or _SCHEDULES.get(name, name)


def payment(expected: ExpectedPayment) -> str:
    """Return what one line is paid, and under which status of the schedule or by whose rates."""
    amount = dollars(expected.cents) if expected.cents else "none"
    if expected.basis != "schedule":
        return f"{amount} ({expected.schedule}): {expected.note}"
    words = f"{amount}, {expected.packaging.replace('_', ' ')} (status {expected.status_indicator}"
    words += f", APC {expected.apc})" if expected.apc else ")"
    plainly = (
        expected.packaging in {"paid", "packaged"}
        and OF_THE_RATE not in expected.note
        and not expected.schedule.startswith("MPFS")
    )
    return words if plainly or not expected.note else f"{words}: {expected.note}"


def worth(lines: Iterable[ChargeLine], *, held: bool) -> str:
    """Return what the lines add up to, how much of it is conditional, and what the figure leaves out."""
    every = [line.expected_payment for line in lines]
    payments = [expected for expected in every if expected is not None]
    total = sum(expected.cents or 0 for expected in payments)
    conditional = sum(expected.cents or 0 for expected in payments if expected.packaging == "conditional")
    words = "The held lines are worth" if held else "Together"
    part = f", {dollars(conditional)} of it conditional" if conditional else ""
    read_from = ", ".join(sorted({expected.schedule for expected in payments}))
    if {expected.basis for expected in payments} == {"schedule"}:
        left_out = f"at national amounts ({read_from}){part}; area and contract not counted."
        if any(_LOCALITY in expected.note for expected in payments):
            left_out = f"at the amounts of its locality ({read_from}){part}; contract not counted."
    else:
        left_out = f"by {read_from}{part}."
    unpriced = len(every) - len(payments)
    missing = (
        f" {unpriced} of {len(every)} lines have no amount: nothing at hand prices them." if unpriced else ""
    )
    return f"{words} {dollars(total)} {left_out}{missing}"


def dollars(cents: int) -> str:
    """Return whole US cents as dollars: $1,234.50."""
    return f"${cents // 100:,}.{cents % 100:02d}"
