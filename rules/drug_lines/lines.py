"""
The drugs of a stay beside their administrations: code, billing units, what OPPS pays, or what keeps one from having them.

A drug is charged where its giving is coded, and where the giving earns no code of its own only because another has it:
a second concurrent infusion, a push reported already. What the hospital did not buy, and what Medicare takes for
self-administered, is shown as not billed (R-CODE-SUPPLY, R-INJ-6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from models.charge import ChargeLine, DrugLine, DrugLineStatus, Evidence, Flag, NotBilled, Reason
from models.encounter import Administration
from rules.claim.charge_lines import stable_id
from rules.coding import infusions, pushes, self_administered
from rules.coding.supplied_drugs import SUPPLIED
from rules.drug_lines.code_choice import Choice, choose
from rules.drug_lines.conversion import Given, Missing, disagreement, units_of
from rules.drug_lines.drug_rules import CODE, PACKAGED, PAID, UNITS, UNUSUAL
from rules.drug_lines.ingredients import UNCHARTED, Ingredient, ingredients_of
from rules.drug_lines.opps_status import expected, status_on
from rules.drug_lines.package_units import largest_package
from rules.drug_lines.ungiven import ungiven
from rules.drug_lines.unit_table import BillingUnit, billing_unit_table
from rules.drug_lines.waste import Told, told_of
from rules.flags import FLAGS
from rules.formulary.routes import read_route
from rules.sources import cite
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context

_STILL_CHARGED: Final = frozenset(rule.id for rule in (*infusions.RULES, *pushes.RULES))
"""Rules that leave a giving without a code of its own while the drug was given all the same."""

_NOT_OURS: Final = {
    "patient": "The patient brought the drug: the hospital has no cost to charge.",
    "white_bag": "A pharmacy sent the drug for this patient: the hospital has no cost to charge.",
}
_CUT_SHORT: Final = frozenset({"discontinued", "reaction"})
_TIMES_THE_LARGEST: Final = 100
"""A dose of more than this many of the largest package there is has its decimal point or its unit wrong (K)."""


def drug_lines(
    context: Context, lines: Iterable[ChargeLine], refused: Iterable[NotBilled]
) -> tuple[DrugLine, ...]:
    """Return a line for each drug given, by date of service, administration and ingredient."""
    coded = {name for line in lines for name in line.administration_ids}
    why: dict[str, NotBilled] = {}
    for each in refused:
        why.setdefault(each.administration_id, each)
    known = {one.id: one for earned in context.sheet.earned for one in earned.administrations}
    found: list[DrugLine] = []
    for charted in context.encounter.administrations:
        name = charted.administration_id
        refusal = why.get(name)
        if name in coded:
            found += _of_one(context, charted, known.get(name), None)
        elif refusal is not None and refusal.rule in _STILL_CHARGED:
            found += _of_one(context, charted, None, None)
        elif refusal is not None and refusal.rule == self_administered.SELF_ADMINISTERED.id:
            reason = Reason(refusal.rule, refusal.says, refusal.cites)
            found += _of_one(context, charted, None, reason)
    found += ungiven(context)
    found.sort(key=lambda line: (line.service_date, line.administration_id, line.ingredient))
    return _beyond_a_day(found)


def _of_one(
    context: Context, charted: Administration, coded: CodableAdministration | None, against: Reason | None
) -> Iterable[DrugLine]:
    on = context.calendar.date_of(_begun(charted))
    route = coded.route if coded is not None else _route(charted)
    if against is None and charted.supplied_by in _NOT_OURS:
        against = SUPPLIED.because(_NOT_OURS[charted.supplied_by])
    minutes = coded.minutes if coded is not None and coded.flows else None
    evidence: Evidence = coded.evidence if coded is not None else "charted"
    released = context.sheet.policy.drug_lines == "release"
    drugs = ingredients_of(charted, on) or (UNCHARTED,)
    for drug in drugs:
        line = _line(context, charted, drug, route, on, (minutes, evidence), against, released=released)
        yield _with_waste(context, charted, drug, line, alone=len(drugs) == 1)


def _line(
    context: Context, charted: Administration, drug: Ingredient, route: str | None, on: date,
    known: tuple[int | None, Evidence], against: Reason | None, *, released: bool,
) -> DrugLine:  # fmt: skip
    ids = (charted.administration_id,)
    line_id = stable_id("\x1f".join((context.encounter.encounter_id, "drug", *ids, drug.name)))

    def made(
        status: DrugLineStatus, code: str | None, units: int | None, reasons: tuple[Reason, ...], *flags: Flag
    ) -> DrugLine:
        facility = context.sheet.facility and code is not None and units is not None
        payment = expected(code, units, on) if facility and code and units else None
        return DrugLine(
            line_id, ids[0], drug.name, status, code, units, None, (), on, *known, reasons, flags, payment
        )

    if against is not None:
        return made("not_billed", None, None, (against,))
    choice = _chosen(drug, route, on)
    if choice.unit is None:
        return made(
            "open", None, None, (CODE.because(_open_in_words(drug, choice)),), _code_flag(ids, drug, choice)
        )
    unit = choice.unit
    chosen = CODE.because(f"{drug.name}: {choice.by}, so {unit.code}.")
    missing = _doubted(charted, drug.given)
    counted = (
        missing
        if missing is not None
        else Missing(
            "the code's wording settles no unit of a dose", "a person's count; the code stands beside it"
        )
        if unit.amount is None or unit.kind is None
        else units_of(drug.given, unit.kind, unit.amount)
    )
    if isinstance(counted, Missing):
        says = f"{drug.name} ({unit.code}): {counted.says}. Supply {counted.supply}."
        flag = FLAGS["F-DRUG_DOSE"].on(ids, says, code=unit.code)
        return made("open", unit.code, None, (chosen, UNITS.because(says)), flag)
    of_what = f" ({unit.counts} counted)" if unit.counts else ""
    reasons = (chosen, UNITS.because(f"{counted.says}{of_what}."), *_paid(context, unit.code, on))
    flags = _far_too_much(ids, drug, unit, counted.units)
    return made("released" if released else "suggested", unit.code, counted.units, reasons, *flags)


def _with_waste(
    context: Context, charted: Administration, drug: Ingredient, line: DrugLine, *, alone: bool
) -> DrugLine:
    """Return a line that has its units with what was thrown away and the modifiers suggested; any other as it is."""
    if line.code is None or line.units is None:
        return line
    on = line.service_date
    told = told_of(context, charted, drug, billing_unit_table()[line.code], line.units, on, alone=alone)
    if told == Told():
        return line
    # What is paid of waste is paid as what was given is.
    both = (
        expected(line.code, line.units + told.waste_units, on) if told.waste_units else line.expected_payment
    )
    return replace(
        line,
        waste_units=told.waste_units,
        modifiers=told.modifiers,
        reasons=(*line.reasons, *told.reasons),
        flags=(*line.flags, *told.flags),
        expected_payment=both if context.sheet.facility else None,
    )


def _chosen(drug: Ingredient, route: str | None, on: date) -> Choice:
    choice = choose(drug.products, drug.charted, drug.code, drug.system, route, on)
    if not choice.open_codes or not drug.fluid or drug.given.dose is None:
        return choice
    bags = [billing_unit_table()[code] for code in choice.open_codes]
    same = [bag for bag in bags if bag.kind == "volume" and bag.amount == drug.given.dose]
    return Choice(same[0], "the charted volume is that of its bag") if len(same) == 1 else choice


def _open_in_words(drug: Ingredient, choice: Choice) -> str:
    if choice.wrong:
        return f"{drug.name}: {choice.wrong}."
    table = billing_unit_table()
    codes = ", ".join(f"{code} ({table[code].in_words or 'no unit settled'})" for code in choice.open_codes)
    return f"{drug.name} may be {codes}; the chart does not say which was given."


def _code_flag(ids: tuple[str, ...], drug: Ingredient, choice: Choice) -> Flag:
    facts = {"codes": " ".join(choice.open_codes)} if choice.open_codes else {}
    return FLAGS["F-DRUG_CODE"].on(ids, _open_in_words(drug, choice), **facts)


def _doubted(charted: Administration, given: Given) -> Missing | None:
    """Return what is missing of a dose that may be another than was given; None where nothing speaks against it."""
    if charted.ordered_dose is not None and given.dose is not None and given.dose == charted.dose:
        unit = charted.ordered_dose_unit or charted.dose_unit
        ordered = given._replace(dose=charted.ordered_dose, unit=unit)
        differs = disagreement(given, ordered)
        if differs is not None:
            return differs
    return _cut_short(charted, given)


def _cut_short(charted: Administration, given: Given) -> Missing | None:
    """Return what is missing of an infusion that was ended early: its dose may be the one that was ordered."""
    if charted.technique == "infusion" and charted.stop_reason in _CUT_SHORT and given.dose is not None:
        return Missing(
            f"the infusion was ended early ({charted.stop_reason}) and the chart does not say how much of the dose ran",
            "the dose that was given, with the stop charted as completed",
        )
    return None


def _paid(context: Context, code: str, on: date) -> tuple[Reason, ...]:
    status = status_on(code, on) if context.sheet.facility else None
    if status is None:
        return ()
    quarter = status.quarter.isoformat()
    if status.indicator == "N":
        says = f"{code} is packaged in the quarter of {quarter} (OPPS status N): shown, not paid apart."
        return (_citing(PACKAGED.because(says), status.cite),)
    says = f"{code} has OPPS status {status.indicator} in the quarter of {quarter}."
    return (_citing(PAID.because(says), status.cite),)


def _citing(reason: Reason, key: str) -> Reason:
    return Reason(reason.rule, reason.says, (cite(key),))


def _far_too_much(ids: tuple[str, ...], drug: Ingredient, unit: BillingUnit, units: int) -> tuple[Flag, ...]:
    largest = largest_package(unit.code)
    if largest is None or units <= largest * _TIMES_THE_LARGEST:
        return ()
    says = (
        f"{drug.name}: {units} units of {unit.code} are more than {_TIMES_THE_LARGEST} of its largest package"
        f" ({largest} units)."
    )
    return (FLAGS["F-DOSE_UNUSUAL"].on(ids, says, code=unit.code, units=units),)


def _beyond_a_day(found: list[DrugLine]) -> tuple[DrugLine, ...]:
    """Return the lines, those of a code that passes its limit of a date with a flag that says so."""
    table = billing_unit_table()
    together: dict[tuple[str, date], int] = {}
    for line in found:
        if line.code is not None and line.units is not None:
            key = (line.code, line.service_date)
            together[key] = together.get(key, 0) + line.units
    over = {
        key: mue
        for key, units in together.items()
        if (mue := table[key[0]].mue) is not None and 0 < mue < units
    }
    return tuple(_over(line, over, together) for line in found) if over else tuple(found)


def _over(
    line: DrugLine, over: Mapping[tuple[str, date], int], together: Mapping[tuple[str, date], int]
) -> DrugLine:
    key = (line.code or "", line.service_date)
    if key not in over or line.units is None:
        return line
    says = (
        f"{line.ingredient}: {together[key]} units of {line.code} on {line.service_date.isoformat()}, and the medically"
        f" unlikely edit allows {over[key]}."
    )
    flag = FLAGS["F-DOSE_UNUSUAL"].on(
        (line.administration_id,), says, code=key[0], units=together[key], limit=over[key]
    )
    reason = UNUSUAL.because(says)
    return _with(line, flag, reason)


def _with(line: DrugLine, flag: Flag, reason: Reason) -> DrugLine:
    return replace(line, flags=(*line.flags, flag), reasons=(*line.reasons, reason))


def _begun(charted: Administration) -> int:
    if charted.given_at is not None:
        return charted.given_at
    flows = charted.flows or charted.pump_flows
    return flows[0].start if flows else 0


def _route(charted: Administration) -> str | None:
    read = read_route(charted.route)
    return read.route if read is not None else None
