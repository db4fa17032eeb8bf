"""
From a charted dose to billing units: exact, and rounded up to the next whole unit once (R-DRUG-2).

What is missing is said and never guessed: a dose that cannot be converted gives a ``Missing`` with what to supply.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from rules.drug_lines.quantities import OWN_UNIT, Amount, Kind, amount, folded, plain

_OF_THE_PATIENT: Final = {"kg": "weight", "m2": "body surface area"}
_LARGEST: Final = {"kg": Decimal(650), "m2": Decimal(5)}
"""No patient is larger; what is, was charted in another unit (K)."""
_TIMES: Final = frozenset({"h", "hr", "hour", "min", "minute", "day", "d", "sec", "s"})


class Given(NamedTuple):
    """
    A dose as charted, with what may be needed to convert it.

    ``strength`` is what a volume of it holds, ``weight_kg`` and ``area_m2`` the patient's own, where they are charted.
    """

    dose: Decimal | None
    unit: str | None
    strength: Amount | None = None
    weight_kg: Decimal | None = None
    area_m2: Decimal | None = None


class Missing(NamedTuple):
    """Why a dose has no billing units, and what would give it some."""

    says: str
    supply: str


class Converted(NamedTuple):
    """A dose in its kind's own unit, and how it was reached where the chart says it another way."""

    amount: Amount
    by: str


class Units(NamedTuple):
    """Whole billing units of a dose, and the arithmetic in words."""

    units: int
    says: str


def total(given: Given) -> Converted | Missing:
    """Return the whole dose that was given, in its kind's own unit, or what is missing to know it."""
    dose, unit = given.dose, given.unit
    if dose is None or unit is None or not unit.strip():
        if dose is None:
            return Missing("no dose is charted", "the dose that was given, with its unit")
        return Missing(f"the dose {plain(dose)} has no unit", "the unit of the dose")
    if dose <= 0:
        return Missing(f"a dose of {plain(dose)} {unit} is none", "the dose that was given")
    whole, *per = [part.strip() for part in folded(unit).split("/")]
    counted = amount(dose, whole)
    if counted is None:
        return Missing(
            f"{unit} says no amount of a drug",
            "the dose in mg, g, mcg, units, mEq, or in mL of a strength that the name has",
        )
    return _of_the_patient(given, counted, per) if per else Converted(counted, "")


def _of_the_patient(given: Given, counted: Amount, per: list[str]) -> Converted | Missing:
    """Return a dose per kilogram or square metre as the whole dose of the patient."""
    said = f"{plain(given.dose or Decimal(0))} {given.unit}"
    if any(part in _TIMES for part in per):
        return Missing(f"{said} says how fast, not how much", "the whole dose that was given")
    if len(per) > 1 or per[0] not in _OF_THE_PATIENT:
        return Missing(
            f"{given.unit} is no unit of a dose", "the dose in mg, g, mcg, units, mEq, or in mL of a strength"
        )
    size = given.weight_kg if per[0] == "kg" else given.area_m2
    if size is not None and size > _LARGEST[per[0]]:
        needed = _OF_THE_PATIENT[per[0]]
        return Missing(f"{plain(size)} {per[0]} is no {needed} of a patient", f"the {needed} in {per[0]}")
    if size is None or size <= 0:
        needed = _OF_THE_PATIENT[per[0]]
        return Missing(
            f"{said} needs the {needed}, which is not charted",
            f"the whole dose that was given, or the {needed}",
        )
    return Converted(
        counted._replace(value=counted.value * size),
        f"{said} x {plain(size)} {per[0]} = {plain(counted.value * size)} {OWN_UNIT[counted.kind]}",
    )


def in_kind(given: Given, kind: Kind) -> Converted | Missing:
    """
    Return the dose as an amount of one kind; millilitres need a strength, and no unit is read as one of another kind.

    A code counted in millilitres takes no milligrams without a strength either.
    """
    whole = total(given)
    if isinstance(whole, Missing) or whole.amount.kind == kind:
        return whole
    have, strength = whole.amount, given.strength
    if strength is not None and strength.per_ml and strength.value > 0:
        ratio = f"{plain(strength.value)} {OWN_UNIT[strength.kind]} in {plain(strength.per_ml)} mL"
        if have.kind == "volume" and strength.kind == kind:
            value = have.value * strength.value / strength.per_ml
            return Converted(
                Amount(value, kind), f"{plain(have.value)} mL of {ratio} = {plain(value)} {OWN_UNIT[kind]}"
            )
        if kind == "volume" and strength.kind == have.kind:
            value = have.value * strength.per_ml / strength.value
            return Converted(
                Amount(value, kind),
                f"{plain(have.value)} {OWN_UNIT[have.kind]} at {ratio} = {plain(value)} mL",
            )
    said = f"{plain(have.value)} {OWN_UNIT[have.kind]}"
    if have.kind == "volume":
        return Missing(f"{said} of no charted strength", f"the dose in {OWN_UNIT[kind]}, or the strength")
    return Missing(
        f"{said} is no amount in {OWN_UNIT[kind]}, in which the code counts", f"the dose in {OWN_UNIT[kind]}"
    )


def billing_units(dose: Decimal, unit_amount: Decimal) -> int:
    """Return how many whole billing units cover a dose, both in one unit and above nothing: the next whole one."""
    whole = dose // unit_amount
    return int(whole) if whole * unit_amount == dose else int(whole) + 1


def units_of(given: Given, kind: Kind, unit_amount: Decimal) -> Units | Missing:
    """Return the billing units of a dose under a code that counts ``unit_amount`` of a kind, or what is missing."""
    if kind == "dose":
        return Units(1, "the code counts one for the whole dose")
    converted = in_kind(given, kind)
    if isinstance(converted, Missing):
        return converted
    value = converted.amount.value
    units = billing_units(value, unit_amount)
    own = OWN_UNIT[kind]
    whole = units * unit_amount == value
    says = (
        f"{converted.by + '; ' if converted.by else ''}{plain(value)} {own} in units of {plain(unit_amount)} {own} is {units}"
        f"{'' if whole else ', rounded up once'}"
    )
    return Units(units, says)


_APART: Final = Decimal("0.1")
"""Within a tenth of each other two doses are one, rounded to what the vials hold (K)."""


def disagreement(given: Given, ordered: Given) -> Missing | None:
    """
    Return what is missing where the order says another dose than the chart; None where they agree.

    Doses that cannot be held against each other, of which one is by the vial or has no unit, are not said to differ.
    """
    charted = total(given)
    if isinstance(charted, Missing):
        return None
    wanted = in_kind(ordered, charted.amount.kind)
    if isinstance(wanted, Missing):
        return None
    one, other = charted.amount.value, wanted.amount.value
    if abs(one - other) <= _APART * max(one, other):
        return None
    own = OWN_UNIT[charted.amount.kind]
    return Missing(
        f"the chart says {plain(one)} {own} and the order {plain(other)} {own}",
        "the dose that was given, and the order as it was carried out",
    )
