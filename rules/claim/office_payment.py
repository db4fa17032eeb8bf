"""
What Medicare's physician fee schedule pays for each line of an office, by relative values and the conversion factor.

National unless the site gives its locality. Add-on codes are never reduced, multiple procedures are where the indicator says
so, and what the schedule leaves to the contractor or pays nobody has no amount. A release prices its own year alone.
"""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from models.charge import ExpectedPayment, Packaging
from rules.claim.payment import PricedLine
from rules.site_folder import cached_by_site
from rules.tables.money import Fee, Locality, fee, locality

PRICED: Final = frozenset("AR")
ALONE: Final = "T"
"""Paid only when nothing else payable is billed that day."""

ADD_ON: Final = "ZZZ"
REDUCED: Final = "2"
"""The second and later procedures of a day are paid half."""

_NOT_PRICED: Final[dict[str, tuple[Packaging, int | None, str]]] = {
    "B": ("packaged", 0, "Bundled into other services; nothing is paid for it."),
    "C": ("other", None, "Priced by the contractor; the schedule has no amount."),
}
_UNPAID: Final[tuple[Packaging, int | None, str]] = (
    "not_paid",
    None,
    "Not paid under the physician fee schedule.",
)


@cached_by_site(maxsize=32768)
def office_payments(
    lines: tuple[PricedLine, ...], facility: str | None
) -> tuple[ExpectedPayment | None, ...]:
    """Return what the fee schedule pays for each line of an office; None where no release of its year was read."""
    fees = [fee(line.code, line.on) for line in lines]
    payable = [
        line.on for line, found in zip(lines, fees, strict=True) if found is not None and _priced(found)
    ]
    halves = _reduced_units(lines, fees, facility)
    return tuple(
        None
        if found is None
        else _payment(
            line, found, locality(facility, line.on), beside=line.on in payable, full_units=halves.get(place)
        )
        for place, (line, found) in enumerate(zip(lines, fees, strict=True))
    )


def _priced(found: Fee) -> bool:
    return found.values["status"] in PRICED and not found.values["nonfacility_na"]


def _unit_cents(found: Fee, where: Locality | None) -> int:
    relative = (
        found.total if where is None else found.work * where.work + found.pe * where.pe + found.mp * where.mp
    )
    return _cents(relative * found.factor * 100)


def _cents(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _reduced_units(
    lines: Sequence[PricedLine], fees: Sequence[Fee | None], facility: str | None
) -> dict[int, int]:
    """Return, for each line whose indicator reduces it, how many of its units are paid whole: the day's best one."""
    by_day: dict[date, list[tuple[int, int]]] = {}
    for place, (line, found) in enumerate(zip(lines, fees, strict=True)):
        if (
            found is not None
            and _priced(found)
            and found.values["multiple"] == REDUCED
            and found.values["global_days"] != ADD_ON
        ):
            by_day.setdefault(line.on, []).append((-_unit_cents(found, locality(facility, line.on)), place))
    return {
        place: int(place == min(of_day)[1])
        for of_day in by_day.values()
        if len(of_day) > 1 or lines[of_day[0][1]].units > 1
        for _, place in of_day
    }


def _payment(
    line: PricedLine, found: Fee, where: Locality | None, *, beside: bool, full_units: int | None
) -> ExpectedPayment:
    status = found.values["status"]
    schedule = f"MPFS {found.effective.isoformat()}"
    alone = status == ALONE
    if not (_priced(found) or alone) or found.values["nonfacility_na"]:
        packaging, cents, note = _NOT_PRICED.get(status, _UNPAID)
        return ExpectedPayment(schedule, status, None, packaging, None, cents, note)
    unit = _unit_cents(found, where)
    note = "National amount outside a facility."
    if where is not None:
        note = f"Amount of locality {where.number} of contractor {where.contractor}, outside a facility."
    if alone:
        why = (
            "packaged: another payable service stands on the day"
            if beside
            else "paid: nothing else payable that day"
        )
        return ExpectedPayment(
            schedule,
            status,
            None,
            "conditional",
            unit,
            0 if beside else unit * line.units,
            f"{note} {why.capitalize()}.",
        )
    cents = unit * line.units
    if full_units is not None:
        cents = unit * full_units + _cents(Decimal(unit) / 2) * (line.units - full_units)
        note += " Multiple procedures: the day's best paid is whole, every other half."
    return ExpectedPayment(schedule, status, None, "paid", unit, cents, note)
