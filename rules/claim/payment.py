"""The national OPPS payment of each line, so that a reader sees what a held or missed line is worth."""

from datetime import date
from functools import lru_cache

from models.charge import ExpectedPayment
from rules.parameter import NotInForceError
from rules.tables.lookup import OppsRate, opps

SEPARATELY_PAID = frozenset({"S", "T", "V"})


@lru_cache(maxsize=4096)
def _rate(code: str, on: date) -> OppsRate | None:
    try:
        return opps(code, on)
    except NotInForceError:
        return None


@lru_cache(maxsize=65536)
def _payment(code: str, on: date, units: int, *, beside_paid: bool) -> ExpectedPayment | None:
    rate = _rate(code, on)
    if rate is None:
        return None
    cents: int | None = None
    note = rate.meaning
    if rate.packaging == "paid" and rate.unit_cents is not None:
        cents = rate.unit_cents * units
    elif rate.packaging == "packaged":
        cents = 0
    elif rate.packaging == "conditional" and rate.unit_cents is not None:
        cents = 0 if beside_paid else rate.unit_cents * units
        note = (
            "packaged: a separately paid service stands on the claim"
            if beside_paid
            else "paid: nothing to be packaged into"
        )
    return ExpectedPayment(
        f"OPPS {rate.effective.isoformat()}",
        rate.status_indicator,
        rate.apc,
        rate.packaging,
        rate.unit_cents,
        cents,
        note,
    )


@lru_cache(maxsize=32768)
def expected_payments(
    units: tuple[tuple[str, date, int], ...], setting: str
) -> tuple[ExpectedPayment | None, ...]:
    """
    Return the national OPPS payment for each (code, date, units); None outside a facility or the schedule.

    A conditionally packaged line (Q1) is paid only when no separately paid service stands on the claim.
    Geography, discounts and the reduced rate of excepted departments are not in it.
    """
    if setting != "facility":
        return (None,) * len(units)
    rates = [_rate(code, on) for code, on, _ in units]
    paid = any(rate is not None and rate.status_indicator in SEPARATELY_PAID for rate in rates)
    return tuple(_payment(code, on, count, beside_paid=paid) for code, on, count in units)
