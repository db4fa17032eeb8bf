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

from models.charge import ChargeLine, DrugLine, Evidence, Flag, NotBilled, Reason
from models.encounter import Administration
from rules.claim.charge_lines import stable_id
from rules.coding import infusions, pushes, self_administered
from rules.coding.supplied_drugs import SUPPLIED
from rules.drug_lines.drug_rules import UNUSUAL
from rules.drug_lines.outcome import Asked, Outcome, outcomes
from rules.drug_lines.ungiven import ungiven
from rules.drug_lines.unit_table import billing_unit_table
from rules.drug_lines.waste import Payer
from rules.flags import FLAGS
from rules.formulary.bag_contents import flat
from rules.formulary.routes import read_route
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context

_STILL_CHARGED: Final = frozenset(rule.id for rule in (*infusions.RULES, *pushes.RULES))
"""Rules that leave a giving without a code of its own while the drug was given all the same."""

_NOT_OURS: Final = {
    "patient": "The patient brought the drug: the hospital has no cost to charge.",
    "white_bag": "A pharmacy sent the drug for this patient: the hospital has no cost to charge.",
}
_CUT_SHORT: Final = frozenset({"discontinued", "reaction"})


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
    if against is None and charted.supplied_by in _NOT_OURS:
        against = SUPPLIED.because(_NOT_OURS[charted.supplied_by])
    minutes = coded.minutes if coded is not None and coded.flows else None
    evidence: Evidence = coded.evidence if coded is not None else "charted"
    route = coded.route if coded is not None else _route(charted)
    for found in outcomes(_asked(context, charted, route, on)):
        yield _line(context, charted.administration_id, found, on, (minutes, evidence), against)


def _asked(context: Context, charted: Administration, route: str | None, on: date) -> Asked:
    drug, policy = charted.drug, context.sheet.policy
    cut_short = charted.technique == "infusion" and charted.stop_reason in _CUT_SHORT
    return Asked(
        None if drug is None else (drug.name, drug.code, drug.system),
        flat(drug.ingredients) if drug is not None and drug.ingredients else (),
        charted.dose,
        charted.dose_unit,
        charted.volume_ml,
        charted.weight_kg,
        charted.body_surface_m2,
        charted.ordered_dose,
        charted.ordered_dose_unit,
        charted.stop_reason if cut_short else None,
        charted.wasted,
        route,
        on,
        Payer(context.sheet.facility, policy.medicare),
        "released" if policy.drug_lines == "release" else "suggested",
    )


def _line(
    context: Context, name: str, found: Outcome, on: date, known: tuple[int | None, Evidence], against: Reason | None
) -> DrugLine:  # fmt: skip
    ingredient, status, code, units, waste, modifiers, reasons, flags, payment = found
    line_id = stable_id(f"{context.encounter.encounter_id}\x1fdrug\x1f{name}\x1f{ingredient}")
    if against is not None:
        return DrugLine(
            line_id, name, ingredient, "not_billed", None, None, None, (), on, *known, (against,), (), None
        )
    ids = (name,)
    about = tuple(
        [Flag(one.flag, one.severity, ids, one.says, one.suggestion, one.facts, one.clears) for one in flags]
    )
    return DrugLine(
        line_id, name, ingredient, status, code, units, waste, modifiers, on, *known, reasons, about, payment
    )


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
