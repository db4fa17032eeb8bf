"""
The national OPPS payment of each line, so that a reader sees what a held or missed line is worth.

It follows the line's modifier: an off-campus department is paid part of the rate (R-MOD-8). The schedule is that of a
calendar year and prices no other, so a new year has no amounts until its own table is there.
"""

from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from models.charge import ExpectedPayment
from rules.parameter import NotInForceError, parameter
from rules.site_folder import cached_by_site
from rules.tables.lookup import OppsRate, opps

SEPARATELY_PAID = frozenset({"S", "T", "V"})
DRUG_ADMINISTRATION: Final = frozenset({"5691", "5692", "5693", "5694"})
"""The payment groups whose rate an excepted department is paid in part (OPPS26)."""
OF_THE_RATE: Final = "% of the rate"
"""Stands in the note of every payment that is only a part of its rate."""


class PricedLine(NamedTuple):
    """What the payment of a line depends on, beside the other lines of its claim."""

    code: str
    on: date
    units: int
    modifiers: tuple[str, ...] = ()


@cached_by_site(maxsize=4096)
def _rate(code: str, on: date) -> OppsRate | None:
    """Return the rate of a code in the schedule of the date's own year; None where there is none."""
    try:
        rate = opps(code, on)
    except NotInForceError:
        return None
    return rate if rate is not None and rate.effective.year == on.year else None


@lru_cache(maxsize=4096)
def _share(apc: str | None, on: date, modifiers: tuple[str, ...], *, rural_sch: bool) -> tuple[int, str]:
    """Return the percent of its rate that a line is paid, and why it is not all of it."""
    try:
        if "PN" in modifiers:
            return parameter("payment.non_excepted_percent", on), "a non-excepted off-campus department (PN)"
        if "PO" in modifiers and apc in DRUG_ADMINISTRATION and not rural_sch:
            return parameter("payment.excepted_percent", on), "an excepted off-campus department (PO)"
    except NotInForceError:
        pass
    return 100, ""


@cached_by_site(maxsize=65536)
def _payment(line: PricedLine, *, beside_paid: bool, rural_sch: bool) -> ExpectedPayment | None:
    rate = _rate(line.code, line.on)
    if rate is None:
        return None
    cents: int | None = None
    note = rate.meaning
    percent, why = _share(rate.apc, line.on, line.modifiers, rural_sch=rural_sch)
    unit_cents = None if rate.unit_cents is None else (rate.unit_cents * percent + 50) // 100
    if rate.packaging == "paid" and unit_cents is not None:
        cents = unit_cents * line.units
    elif rate.packaging == "packaged":
        cents = 0
    elif rate.packaging == "conditional" and unit_cents is not None:
        cents = 0 if beside_paid else unit_cents * line.units
        note = (
            "packaged: a separately paid service stands on the claim"
            if beside_paid
            else "paid: nothing to be packaged into"
        )
    if cents and percent < 100:  # noqa: PLR2004 a part of the whole
        note = f"{note.removesuffix('.')}; {percent} {OF_THE_RATE}, {why}."
    return ExpectedPayment(
        f"OPPS {rate.effective.isoformat()}",
        rate.status_indicator,
        rate.apc,
        rate.packaging,
        unit_cents,
        cents,
        note,
    )


@cached_by_site(maxsize=32768)
def expected_payments(
    lines: tuple[PricedLine, ...], setting: str, *, rural_sch: bool = False
) -> tuple[ExpectedPayment | None, ...]:
    """
    Return the national OPPS payment for each line; None outside a facility or the schedule of its year.

    A conditionally packaged line (Q1) is paid only when no separately paid service stands on the claim. Off-campus
    departments are paid a part (PN; PO for drug administration since 2026, but for a ``rural_sch``, a rural sole
    community hospital). Geography and discounts are not in it.
    """
    if setting != "facility":
        return (None,) * len(lines)
    rates = [_rate(line.code, line.on) for line in lines]
    paid = any(rate is not None and rate.status_indicator in SEPARATELY_PAID for rate in rates)
    return tuple(_payment(line, beside_paid=paid, rural_sch=rural_sch) for line in lines)
