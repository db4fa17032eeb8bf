"""
What one charted drug comes to: code, units, waste and payment, or what keeps it from having them.

Everything here follows from the drug, its amounts, its route and its day, not from the stay: so the answer to the same
question is remembered, and a month of the same few hundred doses is counted once. Flags name no administration yet.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from models.charge import DrugLineStatus, ExpectedPayment, Flag, Reason
from models.encounter import Waste
from rules.drug_lines.code_choice import Choice, choose
from rules.drug_lines.conversion import Given, Missing, Units, disagreement, units_of
from rules.drug_lines.drug_rules import CODE, PACKAGED, PAID, UNITS
from rules.drug_lines.ingredients import UNCHARTED, Ingredient, drugs_of_parts
from rules.drug_lines.opps_status import expected, status_on
from rules.drug_lines.package_units import largest_package
from rules.drug_lines.unit_table import BillingUnit, billing_unit_table
from rules.drug_lines.waste import Payer, told_of
from rules.flags import FLAGS
from rules.formulary.bag_contents import Part
from rules.site_folder import cached_by_site
from rules.sources import cite

_TIMES_THE_LARGEST: Final = 100
"""A dose of more than this many of the largest package there is has its decimal point or its unit wrong (K)."""


class Asked(NamedTuple):
    """
    One charted drug with all that decides what it comes to.

    ``whole`` is its name, code and system, None where no drug is charted; ``inside`` what a mixed bag lists. ``cut_short``
    is why an infusion ended early.
    """

    whole: Part | None
    inside: tuple[Part, ...]
    dose: Decimal | None
    unit: str | None
    volume_ml: Decimal | None
    weight_kg: Decimal | None
    area_m2: Decimal | None
    ordered_dose: Decimal | None
    ordered_unit: str | None
    cut_short: str | None
    wasted: tuple[Waste, ...]
    route: str | None
    on: date
    payer: Payer
    status: DrugLineStatus


class Outcome(NamedTuple):
    """A drug line without the stay it is of."""

    ingredient: str
    status: DrugLineStatus
    code: str | None
    units: int | None
    waste_units: int | None
    modifiers: tuple[str, ...]
    reasons: tuple[Reason, ...]
    flags: tuple[Flag, ...]
    payment: ExpectedPayment | None


@cached_by_site(maxsize=16384)
def outcomes(asked: Asked) -> tuple[Outcome, ...]:
    """
    Return what a charted drug comes to, one for each ingredient of a mixed bag.

    Raises:
        NotInForceError: the date lies before the formulary's first day.
    """
    if asked.whole is None:
        return (_outcome(asked, UNCHARTED, alone=True),)
    drugs = drugs_of_parts(asked.whole, asked.inside, asked.on)
    if len(drugs) > 1:
        return tuple(_outcome(asked, drug, alone=False) for drug in drugs)
    (only,) = drugs
    dose, unit = asked.dose, asked.unit
    if only.fluid and dose is None and asked.volume_ml is not None:
        dose, unit = asked.volume_ml, "mL"
    given = Given(dose, unit, only.given.strength, asked.weight_kg, asked.area_m2)
    return (_outcome(asked, only._replace(given=given), alone=True),)


def _outcome(asked: Asked, drug: Ingredient, *, alone: bool) -> Outcome:
    choice = _chosen(drug, asked.route, asked.on)
    if choice.unit is None:
        says = _open_in_words(drug, choice)
        return _open(drug, None, (CODE.because(says),), _code_flag(says, choice))
    unit = choice.unit
    chosen = CODE.because(f"{drug.name}: {choice.by}, so {unit.code}.")
    counted = _counted(asked, drug, unit, alone=alone)
    if isinstance(counted, Missing):
        says = f"{drug.name} ({unit.code}): {counted.says}. Supply {counted.supply}."
        flag = FLAGS["F-DRUG_DOSE"].on((), says, code=unit.code)
        return _open(drug, unit.code, (chosen, UNITS.because(says)), flag)
    of_what = f" ({unit.counts} counted)" if unit.counts else ""
    reasons = (chosen, UNITS.because(f"{counted.says}{of_what}."), *_paid(asked, unit.code))
    told = told_of(asked.payer, asked.wasted, drug, unit, counted.units, asked.on, alone=alone)
    # What is paid of waste is paid as what was given is.
    both = counted.units + (told.waste_units or 0)
    return Outcome(
        drug.name,
        asked.status,
        unit.code,
        counted.units,
        told.waste_units,
        told.modifiers,
        (*reasons, *told.reasons),
        (*_far_too_much(drug, unit, counted.units), *told.flags),
        expected(unit.code, both, asked.on) if asked.payer.facility else None,
    )


def _open(drug: Ingredient, code: str | None, reasons: tuple[Reason, ...], flag: Flag) -> Outcome:
    return Outcome(drug.name, "open", code, None, None, (), reasons, (flag,), None)


def _counted(asked: Asked, drug: Ingredient, unit: BillingUnit, *, alone: bool) -> Units | Missing:
    """Return the billing units of a dose, or what is missing: of the dose itself, or to know that it is the one given."""
    if drug.given.dose is not None:
        doubt = _doubt(asked, drug.given, alone=alone)
        if doubt is not None:
            return doubt
    if unit.amount is None or unit.kind is None:
        return Missing(
            "the code's wording settles no unit of a dose", "a person's count; the code stands beside it"
        )
    return units_of(drug.given, unit.kind, unit.amount)


def _doubt(asked: Asked, given: Given, *, alone: bool) -> Missing | None:
    if alone and asked.ordered_dose is not None and asked.dose is not None:
        ordered = given._replace(dose=asked.ordered_dose, unit=asked.ordered_unit or asked.unit)
        differs = disagreement(given, ordered)
        if differs is not None:
            return differs
    if asked.cut_short is None:
        return None
    return Missing(
        f"the infusion was ended early ({asked.cut_short}) and the chart does not say how much of the dose ran",
        "the dose that was given, with the stop charted as completed",
    )


def _chosen(drug: Ingredient, route: str | None, on: date) -> Choice:
    choice = choose(drug.products, drug.charted, drug.code, drug.system, route, on)
    if not choice.open_codes or not drug.fluid or drug.given.dose is None:
        return choice
    bags = [billing_unit_table()[code] for code in choice.open_codes]
    same = [bag for bag in bags if bag.kind == "volume" and bag.amount == drug.given.dose]
    return Choice(same[0], "the charted volume is that of its bag") if len(same) == 1 else choice


def _open_in_words(drug: Ingredient, choice: Choice) -> str:
    if drug is UNCHARTED:
        return "No drug is charted."
    if choice.wrong:
        return f"{drug.name}: {choice.wrong}."
    table = billing_unit_table()
    codes = ", ".join(f"{code} ({table[code].in_words or 'no unit settled'})" for code in choice.open_codes)
    return f"{drug.name} may be {codes}; the chart does not say which was given."


def _code_flag(says: str, choice: Choice) -> Flag:
    facts = {"codes": " ".join(choice.open_codes)} if choice.open_codes else {}
    return FLAGS["F-DRUG_CODE"].on((), says, **facts)


def _paid(asked: Asked, code: str) -> tuple[Reason, ...]:
    status = status_on(code, asked.on) if asked.payer.facility else None
    if status is None:
        return ()
    quarter = status.quarter.isoformat()
    if status.indicator == "N":
        says = f"{code} is packaged in the quarter of {quarter} (OPPS status N): shown, not paid apart."
        return (replace(PACKAGED.because(says), cites=(cite(status.cite),)),)
    says = f"{code} has OPPS status {status.indicator} in the quarter of {quarter}."
    return (replace(PAID.because(says), cites=(cite(status.cite),)),)


def _far_too_much(drug: Ingredient, unit: BillingUnit, units: int) -> tuple[Flag, ...]:
    largest = largest_package(unit.code)
    if largest is None or units <= largest * _TIMES_THE_LARGEST:
        return ()
    says = (
        f"{drug.name}: {units} units of {unit.code} are more than {_TIMES_THE_LARGEST} of its largest package"
        f" ({largest} units)."
    )
    return (FLAGS["F-DOSE_UNUSUAL"].on((), says, code=unit.code, units=units),)
