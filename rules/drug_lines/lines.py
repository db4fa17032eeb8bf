"""
The drugs of a stay beside their administrations: code, billing units, what OPPS pays, or what keeps one from having them.

A drug is charged where its giving is coded, and where the giving earns no code of its own only because another has it:
a second concurrent infusion, a push reported already. What the hospital did not buy, and what Medicare takes for
self-administered, is shown as not billed (R-CODE-SUPPLY, R-INJ-6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import Final, NamedTuple

from models.build import build
from models.charge import ChargeLine, DrugLine, DrugLineStatus, Evidence, Flag, NotBilled, Reason
from models.encounter import Administration
from rules.claim.charge_lines import stable_id
from rules.coding import infusions, pushes, self_administered
from rules.coding.supplied_drugs import SUPPLIED
from rules.drug_lines.drug_rules import UNUSUAL
from rules.drug_lines.outcome import Asked, outcomes
from rules.drug_lines.unchanged import drugs_unchanged_since
from rules.drug_lines.ungiven import ungiven
from rules.drug_lines.unit_table import billing_unit_table
from rules.drug_lines.waste import Payer
from rules.flags import FLAGS
from rules.formulary.bag_contents import flat
from rules.formulary.routes import read_route
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
from rules.worksheet.service_dates import Calendar

_STILL_CHARGED: Final = frozenset(rule.id for rule in (*infusions.RULES, *pushes.RULES))
"""Rules that leave a giving without a code of its own while the drug was given all the same."""

_NOT_OURS: Final = {
    "patient": "The patient brought the drug: the hospital has no cost to charge.",
    "white_bag": "A pharmacy sent the drug for this patient: the hospital has no cost to charge.",
}
_CHARTED: Final[Evidence] = "charted"
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
    sheet = context.sheet
    of_stay = _OfStay(
        context.encounter.encounter_id,
        context.calendar,
        Payer(sheet.facility, sheet.policy.medicare),
        "released" if sheet.policy.drug_lines == "release" else "suggested",
    )
    found: list[DrugLine] = []
    for charted in context.encounter.administrations:
        name = charted.administration_id
        if name in coded:
            found += _of_one(of_stay, charted, known.get(name), None)
        elif (refusal := why.get(name)) is None:
            continue
        elif refusal.rule in _STILL_CHARGED:
            found += _of_one(of_stay, charted, None, None)
        elif refusal.rule == self_administered.SELF_ADMINISTERED.id:
            reason = Reason(refusal.rule, refusal.says, refusal.cites)
            found += _of_one(of_stay, charted, None, reason)
    found += ungiven(context)
    if len(found) > 1:
        found.sort(key=attrgetter("service_date", "administration_id", "ingredient"))
    return _beyond_a_day(found)


class _OfStay(NamedTuple):
    """What all drug lines of a stay have in common."""

    encounter_id: str
    calendar: Calendar
    payer: Payer
    status: DrugLineStatus


def _of_one(
    stay: _OfStay, charted: Administration, coded: CodableAdministration | None, against: Reason | None
) -> Iterable[DrugLine]:
    """Return a line for each drug of one administration."""
    encounter_id, calendar, payer, status = stay
    on = calendar.date_of(_begun(charted))
    if coded is None:
        route, minutes, evidence = _route(charted), None, _CHARTED
    else:
        route, minutes, evidence = coded.route, coded.minutes if coded.flows else None, coded.evidence
    found = outcomes(_asked(charted, route, drugs_unchanged_since(on), payer, status))
    name = charted.administration_id
    stem = f"{encounter_id}\x1fdrug\x1f{name}\x1f"
    if against is None and charted.supplied_by in _NOT_OURS:
        against = SUPPLIED.because(_NOT_OURS[charted.supplied_by])
    if against is not None:
        return [
            DrugLine(
                stable_id(stem + one.ingredient), name, one.ingredient, "not_billed", None, None, None, (), on, minutes,
                evidence, (against,), (), None,
            )
            for one in found
        ]  # fmt: skip
    return [
        DrugLine(
            stable_id(stem + ingredient), name, ingredient, status, code, units, waste, modifiers, on, minutes, evidence,
            reasons, _about(name, flags) if flags else (), payment,
        )
        for ingredient, status, code, units, waste, modifiers, reasons, flags, payment in found
    ]  # fmt: skip


def _about(name: str, flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Return an outcome's flags with the administration they are about."""
    ids = (name,)
    return tuple(
        [Flag(one.flag, one.severity, ids, one.says, one.suggestion, one.facts, one.clears) for one in flags]
    )


def _asked(
    charted: Administration, route: str | None, on: date, payer: Payer, status: DrugLineStatus
) -> Asked:
    drug = charted.drug
    cut_short = charted.technique == "infusion" and charted.stop_reason in _CUT_SHORT
    return build(
        Asked,
        (
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
            payer,
            status,
        ),
    )


def _beyond_a_day(found: list[DrugLine]) -> tuple[DrugLine, ...]:
    """Return the lines, those of a code that passes its limit of a date with a flag that says so."""
    table = billing_unit_table()
    together: dict[tuple[str, date], int] = {}
    for line in found:
        if line.code is not None and line.units is not None and table[line.code].mue:
            key = (line.code, line.service_date)
            together[key] = together.get(key, 0) + line.units
    over = {
        key: mue for key, units in together.items() if (mue := table[key[0]].mue) is not None and mue < units
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
