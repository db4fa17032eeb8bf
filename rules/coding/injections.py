"""Injections under the skin and into muscle, on-body injectors, RSV antibodies, lesions and cavities (R-INJ)."""

from datetime import date

from models.charge import Reason
from rules.coding.modifiers import NO_REPEATS
from rules.coding.self_administered import refused_as_self_administered
from rules.coding.sites import Accesses
from rules.formulary.drug_lists import on_list
from rules.rule import Rule
from rules.screening.classes import ANTINEOPLASTIC, HORMONAL, OTHER_CODES
from rules.worksheet.codable import CodableAdministration, weakest
from rules.worksheet.context import Context
from rules.worksheet.sheet import Earned

PER_INJECTION = Rule("R-INJ-1", "Each injection given counts.", ("HCPRO-IM",), "B")
SPLIT_DOSE = Rule(
    "R-INJ-2",
    "One dose split into several injections: each counts, unless the payer says one.",
    ("AAPC-SPLIT",),
    "B",
)
NO_VISIT_INSTEAD = Rule("R-INJ-4", "An injection is never turned into a visit.", ("WMIB",), "A")
CAVITY = Rule(
    "R-CODE-CAVITY", "Chemotherapy into a cavity, the spinal canal or lesions has codes of its own.", (), "K"
)

RULES = (PER_INJECTION, SPLIT_DOSE, NO_VISIT_INSTEAD, CAVITY)

REPEATED = frozenset({"96372", "96401", "96402"})
"""Codes whose further units of a date stand on a line of their own where a payer asks for it."""

MANY_LESIONS = 8
"""The number of lesions from which the session takes the higher code."""


def _code(administration: CodableAdministration) -> tuple[str, Rule, str]:
    charted = administration.charted
    if administration.family == "rsv":
        if charted.counselling:
            return "96380", OTHER_CODES, "RSV antibody with counselling."
        return "96381", OTHER_CODES, "RSV antibody without charted counselling."
    if administration.technique == "on_body_injector":
        return "96377", OTHER_CODES, "A timed on-body injector was applied."
    if administration.family == "chemotherapy":
        return "96401", ANTINEOPLASTIC, "An antineoplastic or complex biologic injected."
    if administration.family == "hormonal":
        return "96402", HORMONAL, "A hormonal antineoplastic injected."
    return "96372", PER_INJECTION, "One injection."


def code_injections(context: Context, injections: list[list[CodableAdministration]]) -> None:
    """
    Enter each injection, a list of administrations; several injections of one dose as the policy says (P-18).

    Further injections of a date are units of one line, or marked as repeats where the policy asks for it (H-23).
    """
    sheet = context.sheet
    repeats = sheet.policy.repeat_injection_modifier
    given: dict[tuple[str, date], list[str]] = {}
    doses: dict[tuple[str, str], list[CodableAdministration]] = {}
    for injection in sorted(injections, key=lambda injection: (injection[0].at, injection[0].id)):
        first = injection[0]
        code, rule, says = _code(first)
        sheet.claim(injection, rule)
        if refused_as_self_administered(context, injection, code):
            continue
        if first.charted.dose_id is not None and not on_list(first.substance, "kit", context.on):
            shared = doses.setdefault((first.charted.dose_id, first.substance), [])
            shared.append(first)
            if len(shared) > 1:
                sheet.decided_by("split_im_sc_dose", [administration.id for administration in shared])
            if len(shared) > 1 and sheet.policy.split_im_sc_dose == "per_dose":
                sheet.refuse(
                    injection, SPLIT_DOSE, "Part of a dose already counted; this policy counts doses."
                )
                continue
        on = context.calendar.date_of(first.at)
        reasons: tuple[Reason, ...] = (rule.because(says),)
        modifiers: tuple[str, ...] = ()
        if repeats != "none" and (code, on) in given and code in REPEATED:
            modifiers = (repeats,)
            reasons += (
                NO_REPEATS.because(f"A further injection of the date: modifier {repeats}, by policy."),
            )
        same = given.setdefault((code, on), [])
        same += [administration.id for administration in injection]
        if len(same) > len(injection) and code in REPEATED:
            sheet.decided_by("repeat_injection_modifier", same)
        sheet.earn(Earned(code, 1, on, tuple(injection), None, weakest(injection), reasons, modifiers))
        sheet.billed(
            injection,
            [flow for administration in injection for flow in administration.flows],
            code,
        )
    for shared in doses.values():
        if len(shared) > 1:
            sheet.flag("F-SPLIT_DOSE", shared, injections=len(shared))


def code_cavities(context: Context, administrations: list[CodableAdministration], accesses: Accesses) -> None:
    """Enter what went into a cavity, the spinal canal or lesions; only chemotherapy has codes for it."""
    sheet = context.sheet
    sessions: dict[tuple[str, date], list[CodableAdministration]] = {}
    for administration in sorted(administrations, key=lambda c: (c.at, c.id)):
        sheet.claim([administration], CAVITY)
        if administration.family != "chemotherapy":
            sheet.flag(
                "F-UNLISTED",
                [administration],
                f"No listed code for this drug by the route {administration.route}.",
            )
            continue
        if administration.route == "IT":
            code = "96542" if accesses.kind(administration.charted.site_id) == "reservoir" else "96450"
        elif administration.route == "INTRALESIONAL":
            if administration.charted.lesion_count is None:
                sheet.flag("F-UNLISTED", [administration], "The number of lesions is not charted.")
                continue
            code = "LESIONS"
        else:
            code = {"INTRAVENTRICULAR": "96542", "INTRAPLEURAL": "96440", "INTRAPERITONEAL": "96446"}[
                administration.route
            ]
        sessions.setdefault((code, context.calendar.date_of(administration.at)), []).append(administration)
    for (code, on), session in sessions.items():
        says = CAVITY.says
        if code == "LESIONS":
            lesions = sum(administration.charted.lesion_count or 0 for administration in session)
            code = "96405" if lesions < MANY_LESIONS else "96406"  # noqa: PLW2901 the session's code
            says = f"{lesions} lesions in one session."
        sheet.earn(Earned(code, 1, on, tuple(session), None, weakest(session), (CAVITY.because(says),)))
        sheet.billed(session, [flow for administration in session for flow in administration.flows], code)
