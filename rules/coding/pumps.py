"""Codes long infusions by pump, pump refills and port irrigation (R-INF-8, R-CHEMO-6)."""

from datetime import date

from models.encounter import Administration, Procedure
from rules.formulary.lookup import lookup
from rules.rule import Rule
from rules.screening.bundles import CODED_PROCEDURES
from rules.screening.documentation import MISSING_START, stretches_of
from rules.screening.ports import PortFlush
from rules.screening.window import keep_window
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
from rules.worksheet.reviews import stands
from rules.worksheet.sheet import Earned

LONG_PUMP = Rule(
    "R-INF-8",
    "More than eight hours by a portable or implanted pump has a code for its start.",
    ("A55134", "SE1609", "CCH-2Q17", "UCLA-09", "NAHRI"),
    "A",
)
HOME_PUMP = Rule(
    "R-CHEMO-6",
    "Chemotherapy that goes home on a pump: its start now, its refill later.",
    ("A55134", "SE1609", "CCH-2Q17", "CHEMO-001"),
    "A",
)
PORT_ALONE = Rule(
    "R-BUN-4", "Irrigating a port counts only when nothing else was done that day.", ("SEL",), "A"
)
PATIENT_CONTROLLED = Rule(
    "R-PUSH-9",
    "Patient-controlled doses are not pushes; a basal rate needs a person.",
    ("NGS-PAIN", "TRICARE"),
    "A",
)

RULES = (LONG_PUMP, HOME_PUMP, PORT_ALONE, PATIENT_CONTROLLED)

PUMP_STARTS = frozenset({"96416", "96425", "C8957", "G0498"})
"""Codes of a pump's start. Each stands beside the initial service of another drug (R-INIT-1)."""


def _planned(administration: CodableAdministration) -> int | None:
    """Return the minutes a pump was set to run, as ordered or by volume and rate; None when neither is charted."""
    charted = administration.charted
    if charted.planned_minutes is not None:
        return charted.planned_minutes
    if charted.volume_ml is not None and charted.rate_ml_per_h:
        return int(charted.volume_ml * 60 / charted.rate_ml_per_h)
    return None


def _pump_code(context: Context, administration: CodableAdministration) -> str | None:
    if administration.family == "chemotherapy":
        return "96425" if administration.route == "IA" else context.sheet.policy.home_pump_code
    if administration.route == "IA" or administration.family == "hydration" or not context.sheet.facility:
        return None
    return "C8957"


def code_prolonged(context: Context, administrations: list[CodableAdministration]) -> None:
    """Enter infusions started on a pump for more than eight hours; shorter ones go to a person."""
    sheet, limits = context.sheet, context.limits
    for administration in sorted(administrations, key=lambda c: (c.at, c.id)):
        rule = HOME_PUMP if administration.family == "chemotherapy" else LONG_PUMP
        sheet.claim([administration], rule)
        planned = _planned(administration)
        flows = administration.charted.flows
        ran = administration.minutes if flows and flows[-1].stop is not None else None
        minutes = ran if planned is None else planned
        code = _pump_code(context, administration)
        if code is None or (minutes is not None and minutes <= limits.prolonged_over):
            says = (
                "No listed code for this pump infusion."
                if code is None
                else f"{minutes} minutes by pump: too short."
            )
            sheet.flag("F-UNLISTED", [administration], says)
            continue
        if administration.family == "chemotherapy" and administration.route != "IA":
            sheet.decided_by("home_pump_code", [administration.id])
        evidence = administration.evidence
        if minutes is None:
            evidence = "assumed"
            sheet.flag(
                "F-ASSUMED", [administration], "How long the pump runs is neither ordered nor charted."
            )
        if planned is not None:
            says = f"Started on a pump, planned for {planned} minutes."
        elif ran is not None:
            says = f"Ran on a pump for {ran} minutes."
        else:
            says = "Started on a pump; the duration is not charted."
        # A plan is no flow: the line has minutes only where they are what ran.
        counted = ran if planned is None else None
        on = context.calendar.date_of(administration.at)
        sheet.earn(Earned(code, 1, on, (administration,), counted, evidence, (rule.because(says),)))
        sheet.billed([administration], administration.flows, code)


def code_devices(context: Context, procedures: list[Procedure], flushes: list[PortFlush]) -> None:
    """
    Enter pump refills and the irrigation of ports; a clinic's home-pump code already holds the refill (R-CHEMO-6).

    ``flushes`` are those charted among the drugs.
    """
    sheet = context.sheet
    home = {earned.code for earned in sheet.earned} & {"96416", "G0498"}
    for procedure in procedures:
        code = CODED_PROCEDURES[procedure.kind or ""]
        name = procedure.procedure_id
        if procedure.started_at is None:
            sheet.refused.append(MISSING_START.refuses(name, "When the device was serviced is not charted."))
            continue
        started = context.instant(procedure.started_at)
        on = context.calendar.date_of(started)
        if code == "96523":
            included = _why_included(context, on, [name])
            if included is not None:
                sheet.refused.append(included[0].refuses(name, included[1]))
                continue
            rule, says = PORT_ALONE, "The port was irrigated; nothing else was done that day."
        elif "G0498" in home:
            sheet.decided_by("home_pump_code", [name])
            sheet.refused.append(
                HOME_PUMP.refuses(name, "The clinic's home-pump code holds the later visit too.")
            )
            continue
        else:
            rule, says = HOME_PUMP, "A pump was refilled."
            if home:
                sheet.decided_by("home_pump_code", [name])
        reasons = (rule.because(says),)
        sheet.earn(Earned(code, 1, on, (), None, "charted", reasons, procedure_ids=(name,), started=started))
    _code_flushes(context, flushes)


def _code_flushes(context: Context, flushes: list[PortFlush]) -> None:
    """Enter the flushes of a port that were all that was done on a date; the others are included (R-BUN-4)."""
    sheet = context.sheet
    alone: dict[date, list[CodableAdministration]] = {}
    for flush in flushes:
        administration, given_at = flush.administration, flush.administration.charted.given_at
        administration.technique = "push"
        on = context.calendar.date_of(context.instant(given_at)) if given_at is not None else None
        included = _why_included(context, on, [administration.id]) if on is not None else None
        if given_at is None or on is None or (included is not None and included[0] is PORT_ALONE):
            sheet.refused.append(flush.included)
        elif included is not None:
            sheet.refuse([administration], *included)
        else:
            administration.at = context.instant(given_at)
            if keep_window(administration, context):
                alone.setdefault(on, []).append(administration)
    for on, given in sorted(alone.items()):
        reason = PORT_ALONE.because("The port was flushed; nothing else was done that day.")
        sheet.earn(Earned("96523", 1, on, tuple(given), None, "charted", (reason,)))
        for administration in given:
            administration.flows = stretches_of(administration.charted.flows, sheet.policy.rounding)
            sheet.billed([administration], administration.flows, "96523")


def _why_included(context: Context, on: date, ids: list[str]) -> tuple[Rule, str] | None:
    """Return the rule and the sentence by which the irrigation of a port is part of something else, else None."""
    if _busy(context, on):
        return PORT_ALONE, "The port was irrigated on a day with other services."
    context.sheet.decided_by("home_pump_code", ids)
    if context.sheet.policy.home_pump_code == "G0498":
        return HOME_PUMP, "The clinic's home-pump code (G0498) holds the visit that ends it, port included."
    return None


def _busy(context: Context, on: date) -> bool:
    """Tell whether anything but flushing was done on a date: earned here, billed elsewhere, or a visit."""
    if any(earned.service_date == on for earned in context.sheet.earned):
        return True
    encounter, date_of = context.encounter, context.calendar.date_of
    moments = [p.started_at for p in encounter.procedures if p.kind != "port_irrigation"]
    for administration in encounter.administrations:
        if not _is_flush(context, administration):
            moments.append(administration.given_at)
            if administration.technique != "prolonged_pump":
                moments += [flow.stop for flow in administration.flows]
    return any(at is not None and date_of(context.instant(at)) == on for at in moments)


def _is_flush(context: Context, administration: Administration) -> bool:
    entry = lookup(administration.drug, context.on) if administration.drug is not None else None
    return administration.intent == "flush" or (entry is not None and entry.billing_class == "flush")


def code_patient_controlled(
    context: Context, administrations: list[CodableAdministration]
) -> list[CodableAdministration]:
    """Code patient-controlled analgesia by policy (P-23); return what the policy codes as an infusion."""
    sheet = context.sheet
    sheet.decided_by("pca_basal_rate", [administration.id for administration in administrations])
    match sheet.policy.pca_basal_rate:
        case "infusion":
            for administration in administrations:
                administration.technique = "infusion"
            return administrations
        case "none":
            sheet.refuse(
                administrations, PATIENT_CONTROLLED, "Patient-controlled analgesia: not reported by policy."
            )
        case _:
            if administrations and stands(sheet.flag("F-PCA", administrations)):
                for administration in administrations:
                    administration.technique = "infusion"
                return administrations
    return []
