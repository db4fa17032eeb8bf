"""Codes subcutaneous infusions, by the pump's set-up and the minutes (R-INF-9)."""

from collections.abc import Sequence

from models.encounter import Procedure
from models.interval import union, whole_minutes
from rules.coding.doses import timed_doses
from rules.coding.infusions import near_threshold
from rules.coding.self_administered import refused_as_self_administered
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration, weakest
from rules.worksheet.context import Context
from rules.worksheet.sheet import Earned
from rules.worksheet.timing import ADDED_HOUR, hours_in_words

UNDER_THE_SKIN = Rule(
    "R-INF-9",
    "A subcutaneous infusion has its own codes, outside the intravenous order.",
    ("ML-SC", "RAC71"),
    "A",
)

RULES = (UNDER_THE_SKIN,)


def code_subcutaneous(
    context: Context, administrations: list[CodableAdministration], setups: Sequence[Procedure]
) -> list[list[CodableAdministration]]:
    """Enter subcutaneous infusions; return the doses of at most 15 minutes, each of them one injection."""
    sheet, limits = context.sheet, context.limits
    short, long = _by_length(context, administrations)
    if not long:
        return short
    long.sort(key=lambda administration: (administration.at, administration.id))
    sheet.claim(long, UNDER_THE_SKIN)
    if not setups and not any(administration.charted.device_id for administration in long):
        says = "An infusion is charted under the skin, and neither a pump nor its set-up."
        sheet.flag("F-ROUTE_CONFLICT", long, says)
        if long[0].id in sheet.struck:
            return short
    flows = union(flow for administration in long for flow in administration.flows)
    minutes = whole_minutes(flows)
    says = f"Subcutaneous infusion of {minutes} minutes: the first hour, set-up included."
    evidence = weakest(long)
    on = context.calendar.date_of(flows[0][0])
    sheet.earn(Earned("96369", 1, on, tuple(long), minutes, evidence, (UNDER_THE_SKIN.because(says),)))
    added = limits.added_hours(minutes)
    if added:
        reason = ADDED_HOUR.because(hours_in_words(minutes, added, limits))
        dated, by_policy = context.dated_hours("96370", flows[0][0], flows, 1, added)
        for day, units in dated:
            sheet.earn(Earned("96370", units, day, tuple(long), minutes, evidence, (reason, *by_policy)))
    if len(setups) > 1:
        reason = UNDER_THE_SKIN.because("A further pump set-up with new sites: reported once.")
        started = context.instant(setups[1].started_at or 0)
        day = context.calendar.date_of(started)
        ids = tuple(setup.procedure_id for setup in setups[1:])
        sheet.earn(
            Earned(
                "96371", 1, day, tuple(long), None, "charted", (reason,), procedure_ids=ids, started=started
            )
        )
        if len(setups) > 2:  # noqa: PLR2004 the first set-up is in 96369, the second earned 96371
            sheet.flag(
                "F-SC_SETUP",
                long,
                "Several further set-ups: one is reported; payers differ.",
                setups=len(setups),
            )
    sheet.billed(long, flows, "96369")
    near_threshold(context, long, minutes)
    return short


def _by_length(
    context: Context, administrations: list[CodableAdministration]
) -> tuple[list[list[CodableAdministration]], list[CodableAdministration]]:
    """Return the doses short enough to be injections, and what was infused; chemotherapy goes to a person."""
    sheet = context.sheet
    short: list[list[CodableAdministration]] = []
    long: list[CodableAdministration] = []
    for dose in timed_doses(administrations, sheet):
        if dose.minutes < context.limits.infusion:
            short.append(dose.administrations)
        elif dose.family == "chemotherapy":
            sheet.claim(dose.administrations, UNDER_THE_SKIN)
            sheet.flag(
                "F-UNLISTED", dose.administrations, "Chemotherapy infused under the skin has no listed code."
            )
        elif not refused_as_self_administered(context, dose.administrations, "96369"):
            long += dose.administrations
    return short, long
