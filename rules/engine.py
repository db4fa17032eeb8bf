"""
From the facts of one encounter to its charge set: the rulebook's algorithm (section 11.3), step by step.

Pure: the same facts, rulebook and policy give the same bytes. No clock, no random, no environment.
"""

from datetime import date
from typing import NamedTuple

from models.charge import ChargeSet, Flag, NotBilled, Status
from models.encounter import Encounter
from models.field import Setting
from models.interval import Coverage
from rules.arterial import code_arterial_infusions, code_arterial_pushes
from rules.bundles import CODED_PROCEDURES
from rules.context import Context
from rules.decisions import code_decisions, decided_administrations
from rules.doses import doses_of
from rules.edits import check_lines
from rules.flags import FLAGS
from rules.injections import code_cavities, code_injections
from rules.intake import Intake, take_in
from rules.intravenous import code_intravenous
from rules.lines import charge_lines, stable_id
from rules.modifiers import attach
from rules.parameter import NotInForceError
from rules.policy import Policy, policy_for
from rules.pumps import code_devices, code_patient_controlled, code_prolonged
from rules.rule import Rule
from rules.service_dates import Calendar
from rules.sites import Accesses
from rules.subcutaneous import code_subcutaneous
from rules.tables import editions
from rules.timing import thresholds
from rules.unknown_drug import with_what_waits
from rules.window import NOT_GIVEN
from rules.worksheet import Worksheet

RULEBOOK_VERSION = "26.11.0"

SETTINGS = Rule(
    "R-SET-1",
    "Every evaluation has a setting: facility, office, or professional in a facility.",
    ("NOR-CN", "AAPC-ADOPT4"),
    "A",
)
PROFESSIONAL = Rule(
    "R-SET-2", "A professional claim for a facility patient reports none of these codes.",
    ("AAPC-ED161452", "A58527"), "B",
)  # fmt: skip

RULES = (SETTINGS, PROFESSIONAL)


class Profile(NamedTuple):
    """What the caller chose: a policy, switches, and what to assume where the events are silent."""

    policy: str | None = None
    overrides: tuple[tuple[str, str], ...] = ()
    setting: str | None = None
    payer: str | None = None


class Span(NamedTuple):
    """A stretch of one administration's flow in epoch minutes: billed under a code, or not and why."""

    administration_id: str
    start: int
    stop: int
    code: str | None
    why: str


class Coding(NamedTuple):
    """A charge set, the policy it was coded under, and which minutes stand behind it."""

    charge_set: ChargeSet
    policy: Policy | None
    sheet: Worksheet | None
    intake: Intake | None

    @property
    def spans(self) -> tuple[Span, ...]:
        """Every accepted stretch of flow, in order: billed under a code, or not billed and why."""
        if self.sheet is None or self.intake is None:
            return ()
        return _spans(self.sheet, self.intake)


def first_date(encounter: Encounter, calendar: Calendar) -> date:
    """Return the first date of service, by which rules, policies and classes are chosen."""
    moments = [at for given in encounter.administrations for at in _moments(given.given_at, given.flows)]
    moments = moments or [p.started_at for p in encounter.procedures if p.started_at is not None]
    known = moments or [
        at
        for at in (encounter.arrived_at, encounter.departed_at, encounter.last_recorded_at)
        if at is not None
    ]
    return calendar.date_of(min(known, default=0) // 60)


def _moments(given_at: int | None, flows: tuple[tuple[int, int | None], ...]) -> list[int]:
    if given_at is not None:
        return [given_at]
    return [flow[0] for flow in flows[:1]]


def charge_set_id(encounter_id: str, revision: int) -> str:
    """Return the id of an encounter's charge set at a revision; a replay gives the same one."""
    return stable_id(f"{encounter_id}\x1f{revision}")


def code_encounter(encounter: Encounter, profile: Profile = Profile(), *, revision: int = 1) -> Coding:  # noqa: B008 a named tuple is immutable
    """
    Return the charge set of one encounter, with its reasons, flags and refusals.

    An open stay gives a ``preview``, a cancelled or merged one an empty ``cancelled`` set, a stay with a
    blocking flag a ``held`` one. A date before the first cited value is never coded: the set is held behind
    ``F-NOT_IN_FORCE``.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    calendar = Calendar(encounter)
    on = first_date(encounter, calendar)
    payer = encounter.payer or profile.payer
    asked = encounter.setting or profile.setting or "facility"
    if encounter.standing in {"cancelled", "merged"}:
        return Coding(_cancelled(encounter, asked, payer, revision), None, None, None)
    try:
        policy = policy_for(
            asked, payer, encounter.facility, encounter.department, on, profile.policy, profile.overrides
        )
        limits = thresholds(on)
        sheet = Worksheet(policy, policy.setting)
        context = Context(
            encounter, sheet, calendar, limits, 30 if policy.rounding == "nearest_minute" else 0, on
        )
        if policy.setting == "professional_in_facility":
            intake = Intake()
            for given in encounter.administrations:
                sheet.refused.append(PROFESSIONAL.refuses(given.administration_id))
        else:
            intake = _code(context)
    except NotInForceError as error:
        return Coding(_not_in_force(encounter, asked, payer, revision, str(error)), None, None, None)
    charge_set = _charge_set(context, payer, revision)
    return Coding(charge_set, policy, sheet, intake)


def _code(context: Context) -> Intake:
    encounter, sheet = context.encounter, context.sheet
    intake = take_in(context, decided_administrations(encounter) if encounter.decisions else frozenset())
    if intake.patient_controlled:
        intake.infusions += code_patient_controlled(context, intake.patient_controlled)
    if intake.infusions or intake.pushes or intake.fluids:
        code_intravenous(context, intake)
    setups = [p for p in encounter.procedures if p.kind == "subcutaneous_pump_setup"]
    injections = [[course] for course in intake.injections]
    if intake.under_skin:
        injections += code_subcutaneous(context, intake.under_skin, setups)
    if injections:
        code_injections(context, injections)
    if intake.arterial_infusions or intake.arterial_pushes:
        short = code_arterial_infusions(context, doses_of(intake.arterial_infusions, sheet.policy))
        pushes = [(course.at, [course]) for course in intake.arterial_pushes]
        code_arterial_pushes(context, [*pushes, *((dose.start, dose.courses) for dose in short)])
    if intake.prolonged:
        code_prolonged(context, intake.prolonged)
    if intake.cavities:
        code_cavities(context, intake.cavities, Accesses(encounter, []))
    if encounter.decisions:
        code_decisions(context, {course.id: course for course in intake.courses()})
    if encounter.procedures:
        code_devices(context, [p for p in encounter.procedures if p.kind in CODED_PROCEDURES])
    attach(encounter, sheet)
    return intake


def _stay_flags(context: Context) -> list[Flag]:
    """Return the flags that concern the stay as a whole."""
    encounter = context.encounter
    flags = []
    everyone = tuple(given.administration_id for given in encounter.administrations)
    if encounter.inpatient_ordered_at is not None:
        flags.append(FLAGS["F-IP_CONVERSION"].on(everyone))
    if any(procedure.kind == "evaluation" for procedure in encounter.procedures):
        flags.append(FLAGS["F-EM_SAME_DAY"].on(()))
    if encounter.conflicts:
        flags.append(FLAGS["F-EVENT_CONFLICT"].on((), events=len(encounter.conflicts)))
    window = context.sheet.policy.confirm_window_after_departure_before_final * 3600
    left, stored = encounter.departed_at, encounter.last_recorded_at
    if left is not None and stored is not None and stored > left + window:
        flags.append(FLAGS["F-RECODE_AFTER_CLOSE"].on(()))
    return flags


def _charge_set(context: Context, payer: str | None, revision: int) -> ChargeSet:
    encounter, sheet = context.encounter, context.sheet
    lines = charge_lines(encounter.encounter_id, sheet)
    flags = sheet.flags + _stay_flags(context)
    if lines:
        flags += check_lines(lines, sheet.policy)
    flags = with_what_waits(flags, lines)
    status: Status = "preview" if encounter.standing == "open" else "final"
    if status == "final" and any(flag.severity == "block" for flag in flags):
        status = "held"
    setting: Setting = sheet.policy.setting
    return ChargeSet(
        charge_set_id(encounter.encounter_id, revision),
        encounter.encounter_id,
        revision,
        charge_set_id(encounter.encounter_id, revision - 1) if revision > 1 else None,
        status,
        RULEBOOK_VERSION,
        sheet.policy.name,
        setting,
        payer,
        lines,
        tuple(sorted(flags, key=lambda flag: (flag.flag, flag.administration_ids, flag.says))),
        tuple(sorted(sheet.refused, key=lambda refusal: (refusal.administration_id, refusal.rule))),
        editions(context.on, setting),
    )


def _bare(
    encounter: Encounter, status: Status, setting: str, payer: str | None, revision: int,
    flags: tuple[Flag, ...], refused: tuple[NotBilled, ...],
) -> ChargeSet:  # fmt: skip
    earlier = charge_set_id(encounter.encounter_id, revision - 1) if revision > 1 else None
    name = charge_set_id(encounter.encounter_id, revision)
    return ChargeSet(
        name, encounter.encounter_id, revision, earlier, status, RULEBOOK_VERSION, "none", setting, payer, (), flags,
        refused, {},
    )  # fmt: skip


def _cancelled(encounter: Encounter, setting: str, payer: str | None, revision: int) -> ChargeSet:
    says = f"The stay was {encounter.standing}."
    ids = sorted({given.administration_id for given in encounter.administrations} | set(encounter.voided))
    refused = tuple(NOT_GIVEN.refuses(name, says) for name in ids)
    return _bare(encounter, "cancelled", setting, payer, revision, (), refused)


def _not_in_force(
    encounter: Encounter, setting: str, payer: str | None, revision: int, says: str
) -> ChargeSet:
    everyone = tuple(given.administration_id for given in encounter.administrations)
    flags = (FLAGS["F-NOT_IN_FORCE"].on(everyone, says),)
    refused = tuple(NOT_GIVEN.refuses(name) for name in encounter.voided)
    status: Status = "preview" if encounter.standing == "open" else "held"
    return _bare(encounter, status, setting, payer, revision, flags, refused)


def _spans(sheet: Worksheet, intake: Intake) -> tuple[Span, ...]:
    refused = {refusal.administration_id: refusal.says for refusal in sheet.refused}
    flagged = {
        name: flag.says
        for flag in sheet.flags
        for name in flag.administration_ids
        if flag.severity == "block"
    }
    billed: dict[str, list[Span]] = {}
    for courses, stretches, code in sheet.marks:
        used = Coverage(stretches)
        for course in courses:
            billed.setdefault(course.id, []).extend(
                Span(course.id, start, stop, code, "") for start, stop in used.within(course.flows)
            )
    found: list[Span] = []
    for course in intake.courses():
        mine = billed.get(course.id, [])
        why = refused.get(course.id) or flagged.get(course.id) or "beside another service, or not counted"
        rest = Coverage((span.start, span.stop) for span in mine).outside(course.flows)
        found += mine
        found += [Span(course.id, start, stop, None, why) for start, stop in rest]
    return tuple(sorted(set(found), key=lambda span: (span.administration_id, span.start)))
