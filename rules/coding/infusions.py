"""Infusions at one site: the initial, then each other as sequential, repeated or concurrent (R-SEQ, R-CONC)."""

from models.charge import Reason
from models.interval import Stretch, length, whole_minutes
from rules.coding.answers_on_minutes import answers_part, note_joint_minutes
from rules.coding.doses import BOTTLES, LATER_CHEMO, LATER_DOSE, SEGMENTS, Dose
from rules.coding.initial import BEST_RANKED, EQUAL_RANK, FACILITY_RANK, KEY_REASON, SUBSEQUENT
from rules.coding.modifiers import second_site
from rules.coding.site_group import CODES, Infused, SiteGroup
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
from rules.worksheet.service_dates import SPILL
from rules.worksheet.sheet import Earned
from rules.worksheet.timing import ADDED_HOUR, FIRST_HOUR, PAUSES_OUT, hours_in_words

NEW_DRUG = Rule(
    "R-SEQ-1", "A new drug before or after the initial is a sequential infusion.",
    ("AAPC-SEQ", "AAPC-120/120", "SEED-4"), "B",
)  # fmt: skip
ONCE_A_MIX = Rule(
    "R-SEQ-2", "The sequential code is reported once per infusate mix.", ("MC123", "MIAMI"), "B"
)
CONCURRENT = Rule(
    "R-CONC-1", "A drug that ran alongside another, with no time of its own, is concurrent.",
    ("HAU-QA1", "A53778"), "A",
)  # fmt: skip
SOLO_TIME = Rule(
    "R-CONC-2", "A partly overlapping drug is timed on the minutes it ran alone.", ("ML-OVL",), "C"
)
ONE_CONCURRENT = Rule("R-CONC-3", "The concurrent code is reported once.", ("IOM12", "HAU-QA2"), "A")
AMBIGUOUS = Rule(
    "R-CONC-4", "Where neither shared nor sole minutes suffice, the whole counts as sequential.", (), "K"
)
CHEMO_TWICE = Rule(
    "R-CONC-5",
    "Two chemotherapy drugs at once have no code of their own.",
    ("ML-CONC", "AAPC-170567", "AAPC-549"),
    "B",
)
BESIDE_CHEMO = Rule(
    "R-CONC-6", "A therapeutic drug beside chemotherapy is concurrent.", ("AAPC-170567",), "C"
)
ONE_BAG = Rule("R-CONC-8", "What is mixed in one bag is one infusion.", ("ASCO08", "AAPC-BAG"), "B")
LUMENS = Rule(
    "R-CONC-10", "Two lumens of one catheter at once are concurrent.", ("ML-MULTI", "RCA-LUMEN"), "A"
)
TWO_SITES = Rule("R-CONC-11", "Two justified sites at once are two initials.", ("ML-2IV", "AAPC-170567"), "C")
TITRATED = Rule("R-INF-7", "A titrated drip is one infusion, its fluid a carrier.", (), "K")

RULES = (
    NEW_DRUG, ONCE_A_MIX, CONCURRENT, SOLO_TIME, ONE_CONCURRENT, AMBIGUOUS, CHEMO_TWICE, BESIDE_CHEMO, ONE_BAG,
    LUMENS, TWO_SITES, TITRATED,
)  # fmt: skip


def _hours(
    context: Context, dose: Dose, flows: list[Stretch], code: str, first_hour: int, units: int, reason: Reason
) -> None:
    """Enter added hours on the dates they belong to."""
    sheet = context.sheet
    dated, by_policy = context.dated_hours(code, dose.start, flows, first_hour, units)
    reasons = (reason, SPILL.because(), *by_policy) if len(dated) > 1 else (reason, *by_policy)
    for on, count in dated:
        sheet.earn(
            Earned(code, count, on, tuple(dose.administrations), whole_minutes(flows), dose.evidence, reasons)
        )


def _timed(
    context: Context,
    dose: Dose,
    flows: list[Stretch],
    code: str,
    reasons: tuple[Reason, ...],
    *,
    second_site_reason: str | None = None,
) -> None:
    """Enter a first hour under ``code`` and the hours that follow it, on the minutes that count for the dose."""
    sheet, limits = context.sheet, context.limits
    minutes = whole_minutes(flows)
    modifiers: tuple[str, ...] = ()
    if second_site_reason is not None:
        modifier, why = second_site(sheet, dose.administrations, code, second_site_reason)
        modifiers = (modifier,)
        reasons += why
    if len(dose.administrations) > 1:
        says = f"{len(dose.administrations)} administrations of one dose, {dose.minutes} minutes in all."
        ids = {administration.charted.dose_id for administration in dose.administrations}
        reasons += ((SEGMENTS if len(ids) == 1 else BOTTLES).because(says),)
    elif len(dose.flows) > 1:
        reasons += (PAUSES_OUT.because(),)
    sheet.earn(
        Earned(
            code,
            1,
            context.calendar.date_of(dose.start),
            tuple(dose.administrations),
            minutes,
            dose.evidence,
            reasons,
            modifiers,
        )
    )
    added = limits.added_hours(minutes)
    if added:
        reason = ADDED_HOUR.because(hours_in_words(minutes, added, limits))
        _hours(context, dose, flows, CODES[dose.family].hour, 1, added, reason)


def _initial(context: Context, group: SiteGroup, dose: Dose) -> None:
    why = FACILITY_RANK
    says = BEST_RANKED
    if group.by_key_reason:
        why, says = KEY_REASON, "The key reason for the visit."
    elif sum(other.family == dose.family for other in group.doses) > 1:
        why, says = EQUAL_RANK, f"Among infusions of equal rank this one leads, with {dose.minutes} minutes."
    first = FIRST_HOUR.because(f"Infusion of {dose.minutes} minutes: the first hour.")
    context.sheet.claim(dose.administrations, FIRST_HOUR)
    code = CODES[dose.family].infusion
    _timed(
        context,
        dose,
        dose.flows,
        code,
        (first, why.because(says)),
        second_site_reason=group.site_reason if group.needs_site_modifier else None,
    )
    context.sheet.billed(dose.administrations, dose.flows, code)


def _chemo_beside_chemo(context: Context, dose: Dose) -> None:
    """Enter, refuse or flag chemotherapy beside chemotherapy as the policy says (P-11); it is never 96368."""
    sheet = context.sheet
    sheet.claim(dose.administrations, CHEMO_TWICE)
    sheet.decided_by("chemo_chemo", dose.ids)
    match sheet.policy.chemo_chemo:
        case "bundle":
            sheet.refuse(
                dose.administrations, CHEMO_TWICE, "Ran beside other chemotherapy: bundled by policy."
            )
        case "96549":
            says = "Chemotherapy beside chemotherapy: the unlisted code, by policy."
            if sheet.flag("F-UNLISTED", dose.administrations, says) is not None:
                return
            if context.unlisted_chemo_used:
                sheet.refuse(dose.administrations, CHEMO_TWICE, "The unlisted code is reported once.")
                return
            context.unlisted_chemo_used = True
            on = context.calendar.date_of(dose.start)
            reason = CHEMO_TWICE.because("Ran beside other chemotherapy: the unlisted code, by policy.")
            sheet.earn(
                Earned("96549", 1, on, tuple(dose.administrations), dose.minutes, dose.evidence, (reason,))
            )
            sheet.billed(dose.administrations, dose.flows, "96549")
        case _:
            sheet.flag("F-CHEMO_CONCURRENT", dose.administrations)


def _concurrent(context: Context, dose: Dose, shared: int, solo: int, *, beside_chemo: bool) -> bool:
    """Enter the concurrent code, once per encounter or date (P-10); tell whether it was coded."""
    sheet = context.sheet
    on = context.calendar.date_of(dose.start)
    scope = on if sheet.policy.cap_96368 == "dos" else None
    sheet.claim(dose.administrations, CONCURRENT)
    if context.concurrent_dates and on not in context.concurrent_dates:
        sheet.decided_by("96368_cap", dose.ids)
    context.concurrent_dates.add(on)
    if scope in context.concurrent_used:
        sheet.refuse(
            dose.administrations,
            ONE_CONCURRENT,
            "Ran beside other drugs: the concurrent code is already reported.",
        )
        return False
    context.concurrent_used.add(scope)
    says = (
        f"Ran {shared} of {dose.minutes} minutes beside another drug and {solo} alone: concurrent, untimed."
    )
    reasons: tuple[Reason, ...] = (CONCURRENT.because(says),)
    if beside_chemo:
        reasons += (BESIDE_CHEMO.because(),)
    sheet.earn(Earned("96368", 1, on, tuple(dose.administrations), dose.minutes, dose.evidence, reasons))
    sheet.billed(dose.administrations, dose.flows, "96368")
    return True


def _repeated(context: Context, dose: Dose, flows: list[Stretch], minutes: int) -> bool:
    """Enter a later dose of a drug already infused (P-05, P-06); tell whether it was coded."""
    sheet, limits = context.sheet, context.limits
    chemo = dose.family == "chemotherapy"
    rule = LATER_CHEMO if chemo else LATER_DOSE
    sheet.claim(dose.administrations, rule)
    sheet.flag("F-CHEMO_REPEAT" if chemo else "F-SAME_DRUG_REPEAT", dose.administrations)
    least = sheet.policy.minimum_minutes_of_a_later_dose
    if answers_part("minimum_minutes_of_a_later_dose", minutes):
        sheet.decided_by("minimum_minutes_of_a_later_dose", dose.ids)
    if minutes < least:
        sheet.refuse(
            dose.administrations, rule, f"A later dose of {minutes} minutes; this policy asks for {least}."
        )
        return False
    units = 1 + limits.added_hours(minutes)
    reason = rule.because(
        f"A later dose of a drug already infused, {minutes} minutes: {units} of the added-hour code."
    )
    _hours(context, dose, flows, CODES[dose.family].hour, 0, units, reason)
    return True


def _sequential(
    context: Context, dose: Dose, flows: list[Stretch], minutes: int, shared: int, *, ambiguous: bool
) -> None:
    context.sheet.claim(dose.administrations, NEW_DRUG)
    says = f"A new drug, {minutes} minutes: sequential."
    if shared and minutes < dose.minutes:
        says = f"A new drug, {dose.minutes} minutes less {shared} beside another: {minutes}, sequential."
    reasons: tuple[Reason, ...] = (NEW_DRUG.because(says),)
    if shared and minutes < dose.minutes:
        reasons += (SOLO_TIME.because(),)
    if ambiguous:
        reasons += (AMBIGUOUS.because(),)
    _timed(context, dose, flows, CODES[dose.family].sequential, (*reasons, SUBSEQUENT.because()))


def near_threshold(context: Context, administrations: list[CodableAdministration], minutes: int) -> None:
    """Flag minutes that lie next to a unit boundary, for whoever audits the claim."""
    limits = context.limits
    if limits.near_boundary(minutes, limits.infusion, limits.near):
        says = f"{minutes} minutes is within {limits.near} minutes of a unit boundary."
        context.sheet.flag("F-NEAR_THRESHOLD", administrations, says, minutes=minutes)


def _alone(context: Context, site: Infused, dose: Dose) -> list[Stretch]:
    """Return the flow of a partly overlapping dose that counts: without the shared one, or all of it (P-08)."""
    context.sheet.decided_by("partial_overlap", dose.ids)
    full = context.sheet.policy.partial_overlap == "full_time"
    return dose.flows if full else site.covered.outside(dose.flows)


def _again_after_concurrent(context: Context, dose: Dose) -> bool:
    """Tell whether a dose on its own, after one beside another drug, is a repeat (H-12); flag it where it is not."""
    context.sheet.decided_by("after_concurrent", dose.ids)
    if context.sheet.policy.after_concurrent == "96366":
        return True
    says = "The first dose that is not beside another drug: sequential; some payers take it for a repeat."
    context.sheet.flag("F-SAME_DRUG_REPEAT", dose.administrations, says)
    return False


def _beside_others(context: Context, site: Infused, dose: Dose) -> bool:
    """Enter an infusion that is not the initial; tell whether it was coded (R-CONC-1 to R-CONC-6)."""
    policy, limits = context.sheet.policy, context.limits
    least = policy.minimum_joint_minutes_for_concurrent
    shared = length(site.covered.within(dose.flows))
    lap, solo = shared // 60, (length(dose.flows) - shared) // 60
    if solo < limits.infusion:
        note_joint_minutes(context, site, dose, lap)
    if lap >= least and solo < limits.infusion:
        if dose.family != "chemotherapy":
            chemo = bool(site.chemotherapy.within(dose.flows))
            site.beside.add(dose.substance)
            return _concurrent(context, dose, lap, solo, beside_chemo=chemo)
        if whole_minutes(site.chemotherapy.within(dose.flows)) >= least:
            _chemo_beside_chemo(context, dose)
            return False
    alone = dose.flows
    if solo < limits.infusion:
        context.sheet.flag("F-OVERLAP_AMBIGUOUS", dose.administrations, shared=lap, alone=solo)
    elif shared:
        alone = _alone(context, site, dose)
    minutes = whole_minutes(alone)
    near_threshold(context, dose.administrations, minutes)
    again = dose.substance in site.reported or (
        dose.substance in site.beside and _again_after_concurrent(context, dose)
    )
    code = CODES[dose.family].hour if again else CODES[dose.family].sequential
    if again:
        if not _repeated(context, dose, alone, minutes):
            return False
    else:
        _sequential(context, dose, alone, minutes, lap, ambiguous=solo < limits.infusion)
    site.reported.add(dose.substance)
    context.sheet.billed(dose.administrations, alone, code)
    return True


def code_infusions(context: Context, group: SiteGroup, order: list[Dose]) -> None:
    """Enter every infusion of a group; ``order`` is best first, its head the initial unless fluid or a push is."""
    site = Infused()
    for index, dose in enumerate(order):
        if index == 0 and not group.fluid_first and not group.initial_is_push():
            _initial(context, group, dose)
            near_threshold(context, dose.administrations, dose.minutes)
            site.reported.add(dose.substance)
            site.took(dose)
        elif _beside_others(context, site, dose):
            site.took(dose)
