"""Codes what went into an artery: injections, chemotherapy pushes and infusions (R-CODE-IA)."""

from rules.coding.doses import LATER_CHEMO, Dose
from rules.coding.infusions import near_threshold
from rules.coding.pushes import CHEMO_AGAIN
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
from rules.worksheet.sheet import Earned
from rules.worksheet.timing import ADDED_HOUR, hours_in_words

ARTERIAL = Rule(
    "R-CODE-IA",
    "An artery has its own codes: 96373, and 96420 to 96425 for chemotherapy.",
    ("CA-963xx",),
    "C",
)

RULES = (ARTERIAL,)


def code_arterial_infusions(context: Context, doses: list[Dose]) -> list[Dose]:
    """Enter chemotherapy infused into an artery; return the doses too short to be infusions."""
    sheet, limits = context.sheet, context.limits
    short = [dose for dose in doses if dose.minutes < limits.infusion]
    infused: set[str] = set()
    for dose in sorted(doses, key=lambda d: (d.start, d.id)):
        if dose.minutes < limits.infusion:
            continue
        sheet.claim(dose.administrations, ARTERIAL)
        if dose.family != "chemotherapy":
            sheet.flag(
                "F-UNLISTED",
                dose.administrations,
                "A therapeutic infusion into an artery has no listed code.",
            )
            continue
        added = limits.added_hours(dose.minutes)
        first = 0
        if dose.substance in infused:
            sheet.flag("F-CHEMO_REPEAT", dose.administrations)
            added += 1
            reason = LATER_CHEMO.because(f"A later dose of {dose.minutes} minutes.")
        else:
            infused.add(dose.substance)
            first = 1
            on = context.calendar.date_of(dose.start)
            says = f"Arterial infusion of {dose.minutes} minutes: the first hour."
            sheet.earn(
                Earned(
                    "96422",
                    1,
                    on,
                    tuple(dose.administrations),
                    dose.minutes,
                    dose.evidence,
                    (ARTERIAL.because(says),),
                )
            )
            reason = ADDED_HOUR.because(hours_in_words(dose.minutes, added, limits))
        if added:
            dated, by_policy = context.dated_hours("96423", dose.start, dose.flows, first, added)
            for on, units in dated:
                sheet.earn(
                    Earned(
                        "96423",
                        units,
                        on,
                        tuple(dose.administrations),
                        dose.minutes,
                        dose.evidence,
                        (reason, *by_policy),
                    )
                )
        sheet.billed(dose.administrations, dose.flows, "96422" if first else "96423")
        near_threshold(context, dose.administrations, dose.minutes)
    return short


def code_arterial_pushes(context: Context, pushes: list[tuple[int, list[CodableAdministration]]]) -> None:
    """Enter pushes into an artery: each therapeutic one, each new chemotherapy drug."""
    sheet = context.sheet
    pushed: set[str] = set()
    for at, administrations in sorted(pushes, key=lambda push: (push[0], push[1][0].id)):
        administration = administrations[0]
        sheet.claim(administrations, ARTERIAL)
        code = "96373"
        if administration.family == "chemotherapy":
            if administration.substance in pushed:
                sheet.flag("F-CHEMO_REPEAT", administrations)
                sheet.refuse(administrations, CHEMO_AGAIN)
                continue
            pushed.add(administration.substance)
            code = "96420"
        on = context.calendar.date_of(at)
        says = "A push into an artery." if code == "96420" else "An injection into an artery."
        sheet.earn(
            Earned(
                code,
                1,
                on,
                tuple(administrations),
                administration.minutes or None,
                administration.evidence,
                (ARTERIAL.because(says),),
            )
        )
        sheet.billed(administrations, administration.flows, code)
