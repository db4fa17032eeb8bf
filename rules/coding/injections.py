"""Injections under the skin and into muscle, on-body injectors, RSV antibodies, lesions and cavities (R-INJ)."""

from datetime import date

from rules.coding.sites import Accesses
from rules.rule import Rule
from rules.screening.classes import ANTINEOPLASTIC, HORMONAL, OTHER_CODES
from rules.worksheet.codable import Course, weakest
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

MANY_LESIONS = 8
"""From the eighth lesion on the session takes the higher code."""


def _code(course: Course) -> tuple[str, Rule, str]:
    given = course.given
    if course.family == "rsv":
        if given.counselling:
            return "96380", OTHER_CODES, "RSV antibody with counselling."
        return "96381", OTHER_CODES, "RSV antibody without charted counselling."
    if course.way == "on_body_injector":
        return "96377", OTHER_CODES, "A timed on-body injector was applied."
    if course.family == "chemotherapy":
        return "96401", ANTINEOPLASTIC, "An antineoplastic or complex biologic injected."
    if course.family == "hormonal":
        return "96402", HORMONAL, "A hormonal antineoplastic injected."
    return "96372", PER_INJECTION, "One injection."


def code_injections(context: Context, injections: list[list[Course]]) -> None:
    """Enter each injection, one list of administrations each; several of one dose as the policy says (P-18)."""
    sheet = context.sheet
    doses: dict[tuple[str, str], list[Course]] = {}
    for given in sorted(injections, key=lambda courses: (courses[0].at, courses[0].id)):
        course = given[0]
        code, rule, says = _code(course)
        sheet.claim(given, rule)
        if course.given.dose_id is not None:
            shared = doses.setdefault((course.given.dose_id, course.substance), [])
            shared.append(course)
            if len(shared) > 1 and sheet.policy.split_im_sc_dose == "per_dose":
                sheet.refuse(given, SPLIT_DOSE, "Part of a dose already counted; this policy counts doses.")
                continue
        on = context.calendar.date_of(course.at)
        sheet.earn(Earned(code, 1, on, tuple(given), None, weakest(given), (rule.because(says),)))
        sheet.billed(given, [flow for one in given for flow in one.flows], code)
    for shared in doses.values():
        if len(shared) > 1:
            sheet.flag("F-SPLIT_DOSE", shared, injections=len(shared))


def code_cavities(context: Context, courses: list[Course], accesses: Accesses) -> None:
    """Enter what went into a cavity, the spinal canal or lesions; only chemotherapy has codes for it."""
    sheet = context.sheet
    sessions: dict[tuple[str, date], list[Course]] = {}
    for course in sorted(courses, key=lambda c: (c.at, c.id)):
        sheet.claim([course], CAVITY)
        if course.family != "chemotherapy":
            sheet.flag("F-UNLISTED", [course], f"No listed code for this drug by the route {course.route}.")
            continue
        if course.route == "IT":
            code = "96542" if accesses.kind(course.given.site_id) == "reservoir" else "96450"
        elif course.route == "INTRALESIONAL":
            if course.given.lesion_count is None:
                sheet.flag("F-UNLISTED", [course], "The number of lesions is not charted.")
                continue
            code = "LESIONS"
        else:
            code = {"INTRAVENTRICULAR": "96542", "INTRAPLEURAL": "96440", "INTRAPERITONEAL": "96446"}[
                course.route
            ]
        sessions.setdefault((code, context.calendar.date_of(course.at)), []).append(course)
    for (code, on), session in sessions.items():
        says = CAVITY.says
        if code == "LESIONS":
            lesions = sum(course.given.lesion_count or 0 for course in session)
            code = "96405" if lesions < MANY_LESIONS else "96406"  # noqa: PLW2901 the session's code
            says = f"{lesions} lesions in one session."
        sheet.earn(Earned(code, 1, on, tuple(session), None, weakest(session), (CAVITY.because(says),)))
