"""
Codes one encounter: from its facts to its charge set, in the steps of the rulebook (section 11.3).

Pure: the same facts, rulebook and policy give the same bytes. No clock, no random, no environment.
"""

from datetime import date
from typing import NamedTuple

from models.charge import ChargeSet, Flag, Status
from models.encounter import Encounter
from models.field import Setting
from rules.claim.charge_lines import RANK_ORDER
from rules.claim.cited_sources import sources_of
from rules.claim.decided_by import flags_decided, lines_decided, refusals_decided
from rules.claim.set_identity import id_decided_by
from rules.claim.settled_lines import settled_lines
from rules.coding.arterial import code_arterial_infusions, code_arterial_pushes
from rules.coding.decisions import code_answers, code_decisions, decided_administrations
from rules.coding.doses import timed_doses
from rules.coding.injections import code_cavities, code_injections
from rules.coding.intravenous import code_intravenous
from rules.coding.modifiers import attach
from rules.coding.order_modifiers import attach_order_modifiers
from rules.coding.pumps import code_devices, code_patient_controlled, code_prolonged
from rules.coding.sites import Accesses
from rules.coding.spans import Span, spans_of
from rules.coding.subcutaneous import code_subcutaneous
from rules.coding.supplied_drugs import tell_supplier
from rules.drug_lines.beside import drugs_beside
from rules.flags import FLAGS
from rules.ground import Ground, ground_for
from rules.parameter import NotInForceError
from rules.policy.resolve import Policy, policy_for
from rules.rule import Rule
from rules.screening.bundles import CODED_PROCEDURES
from rules.screening.open_pauses import deciding_pauses
from rules.screening.other_accounts import with_other_accounts
from rules.screening.refused_events import refused_event_flags
from rules.screening.screen import screen_all
from rules.screening.screened import Screened
from rules.screening.unknown_drug import with_what_waits
from rules.site_folder import SiteFolder, site_in_force, under_site
from rules.steps import Steps, at_once
from rules.tables.code_dates import stood_then
from rules.uncoded_stays import cancelled, not_in_force, status_of
from rules.version import RULEBOOK_VERSION
from rules.worksheet.context import Context
from rules.worksheet.reviews import Reviews
from rules.worksheet.service_dates import Calendar, first_date
from rules.worksheet.sheet import Worksheet

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
    """The caller's choices: policy, switches, setting and payer of stays that name none, a site laid over what ships."""

    policy: str | None = None
    overrides: tuple[tuple[str, str], ...] = ()
    setting: str | None = None
    payer: str | None = None
    site: SiteFolder | None = None

    def setting_of(self, encounter: Encounter) -> str:
        """Return the setting of an encounter: its own, else the caller's, else a facility (R-SET-1)."""
        return encounter.setting or self.setting or "facility"

    def payer_of(self, encounter: Encounter) -> str | None:
        """Return the payer of an encounter: its own, else the caller's."""
        return encounter.payer or self.payer


class Coding(NamedTuple):
    """A charge set, the policy it was coded under, and which minutes stand behind it."""

    charge_set: ChargeSet
    policy: Policy | None
    sheet: Worksheet | None
    screened: Screened | None

    @property
    def spans(self) -> tuple[Span, ...]:
        """Every accepted stretch of flow, in order: its code, or why it is not billed."""
        if self.sheet is None or self.screened is None:
            return ()
        return spans_of(self.sheet, self.screened)


def policy_of(encounter: Encounter, profile: Profile, on: date) -> Policy:
    """
    Return the policy an encounter is coded under on its first date of service.

    Raises:
        NotInForceError: the date lies before the first cited value.
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    with under_site(profile.site):
        return policy_for(
            profile.setting_of(encounter),
            profile.payer_of(encounter),
            encounter.facility,
            encounter.department,
            on,
            profile.policy,
            profile.overrides,
        )


def code_encounter(encounter: Encounter, profile: Profile = Profile(), *, revision: int = 1) -> Coding:  # noqa: B008 a named tuple is immutable
    """
    Return the charge set of one encounter, with its reasons, flags and refusals.

    An open stay gives a ``preview``, a cancelled or merged one an empty ``cancelled`` set, a stay with a
    blocking flag a ``held`` one. A date before the first cited value is never coded: the set is held behind
    ``F-NOT_IN_FORCE``.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
        SiteFolderError: the site's folder changed since the profile was made.
    """
    if profile.site is site_in_force():  # mostly none, and none is
        return at_once(_coded(encounter, profile, revision))
    with under_site(profile.site):
        return at_once(_coded(encounter, profile, revision))


def coding_steps(encounter: Encounter, profile: Profile) -> Steps[Coding]:
    """Return the steps of ``code_encounter``, each of them under the site of the profile."""
    steps = _coded(encounter, profile, 1)
    return steps if profile.site is site_in_force() else _under(profile.site, steps)


def _under(site: SiteFolder | None, steps: Steps[Coding]) -> Steps[Coding]:
    while True:
        with under_site(site):
            try:
                next(steps)
            except StopIteration as done:
                coding: Coding = done.value
                return coding
        yield


def _coded(encounter: Encounter, profile: Profile, revision: int) -> Steps[Coding]:
    calendar = Calendar(encounter)
    on = first_date(encounter, calendar)
    setting, payer = profile.setting_of(encounter), profile.payer_of(encounter)
    if encounter.standing in {"cancelled", "merged"}:
        return Coding(cancelled(encounter, setting, payer, revision), None, None, None)
    try:
        place = (encounter.facility, encounter.department)
        ground = ground_for(setting, payer, place, on, profile.policy, profile.overrides)
        policy, limits = ground.policy, ground.limits
        sheet = Worksheet(policy, policy.setting, payer=payer, facility_name=encounter.facility)
        if encounter.reviews:
            sheet.reviews = Reviews(encounter)
        context = Context(encounter, sheet, calendar, limits, on)
        if policy.setting == "professional_in_facility":
            screened = Screened()
            for administration in encounter.administrations:
                sheet.refused.append(PROFESSIONAL.refuses(administration.administration_id))
        else:
            sheet.deciding_pauses = deciding_pauses(encounter, lambda read: _sheet_of(read, context))
            screened = yield from _code(context)
    except NotInForceError as error:
        bare = not_in_force(encounter, setting, payer, revision, f"{error}{stood_then(RANK_ORDER, on)}")
        return Coding(with_other_accounts(bare, encounter.other_accounts), None, None, None)
    charge_set = with_other_accounts(
        (yield from _charge_set(context, ground, payer, revision)), encounter.other_accounts
    )
    return Coding(charge_set, policy, sheet, screened)


def _sheet_of(encounter: Encounter, context: Context) -> Worksheet:
    """Return the sheet of a stay coded under the policy, on the calendar and within the limits of another reading."""
    sheet = Worksheet(context.sheet.policy, context.sheet.setting)
    at_once(_code(Context(encounter, sheet, context.calendar, context.limits, context.on)))
    return sheet


def _code(context: Context) -> Steps[Screened]:
    encounter, sheet = context.encounter, context.sheet
    yield
    screened = screen_all(context, decided_administrations(encounter) if encounter.decisions else frozenset())
    yield
    if screened.patient_controlled:
        screened.infusions += code_patient_controlled(context, screened.patient_controlled)
    if screened.infusions or screened.pushes or screened.fluids:
        code_intravenous(context, screened)
    setups = [p for p in encounter.procedures if p.kind == "subcutaneous_pump_setup"]
    injections = [[administration] for administration in screened.injections]
    if screened.under_skin:
        injections += code_subcutaneous(context, screened.under_skin, setups)
    if injections:
        code_injections(context, injections)
    if screened.arterial_infusions or screened.arterial_pushes:
        short = code_arterial_infusions(context, timed_doses(screened.arterial_infusions, sheet))
        pushes = [(administration.at, [administration]) for administration in screened.arterial_pushes]
        code_arterial_pushes(context, [*pushes, *((dose.start, dose.administrations) for dose in short)])
    if screened.prolonged:
        code_prolonged(context, screened.prolonged)
    if screened.cavities:
        code_cavities(context, screened.cavities, Accesses(encounter, []))
    if encounter.decisions or sheet.decided:
        codable = {administration.id: administration for administration in screened.administrations()}
        code_decisions(context, codable)
        code_answers(context, codable)
    if encounter.procedures or screened.port_flushes:
        devices = [p for p in encounter.procedures if p.kind in CODED_PROCEDURES]
        code_devices(context, devices, screened.port_flushes)
    yield
    attach(context)
    attach_order_modifiers(context)
    tell_supplier(context)
    return screened


def _stay_flags(context: Context) -> list[Flag]:
    """Return the flags that concern the stay as a whole."""
    encounter = context.encounter
    flags = []
    if encounter.inpatient_ordered_at is not None:
        everyone = tuple(administration.administration_id for administration in encounter.administrations)
        flags.append(FLAGS["F-IP_CONVERSION"].on(everyone))
    if encounter.procedures and any(procedure.kind == "evaluation" for procedure in encounter.procedures):
        flags.append(FLAGS["F-EM_SAME_DAY"].on(()))
    if encounter.conflicts:
        flags.append(FLAGS["F-EVENT_CONFLICT"].on((), events=len(encounter.conflicts)))
    if context.sheet.policy.passed_over:
        flags.append(FLAGS["F-POLICY_SCOPE"].on((), context.sheet.policy.passed_over))
    left, stored = encounter.departed_at, encounter.last_recorded_at
    window = context.sheet.policy.confirm_window_after_departure_before_final * 3600
    if left is not None and stored is not None and stored > left + window:
        flags.append(FLAGS["F-RECODE_AFTER_CLOSE"].on(()))
        context.sheet.decided_by("confirm_window_after_departure_before_final", [""])
    return flags


def _charge_set(context: Context, ground: Ground, payer: str | None, revision: int) -> Steps[ChargeSet]:
    encounter, sheet = context.encounter, context.sheet
    for flag in refused_event_flags(encounter) if encounter.refused_events else ():
        sheet.raise_flag(flag)
    earned, edits = settled_lines(encounter.encounter_id, sheet)
    yield
    lines = lines_decided(earned, sheet)
    yield
    lines, drugs = drugs_beside(context, lines)
    yield
    flags = [*sheet.flags, *_stay_flags(context), *edits]
    if sheet.reviews is not None:
        flags += sheet.reviews.left_over()
    if flags:
        flags = with_what_waits(flags, lines)
    status: Status = "preview" if encounter.standing == "open" else status_of(flags)
    setting: Setting = sheet.policy.setting
    policy, named = sheet.policy, ground.decided_by
    refused = refusals_decided(sheet)
    return ChargeSet(
        id_decided_by(encounter.encounter_id, revision, named),
        encounter.encounter_id,
        revision,
        id_decided_by(encounter.encounter_id, revision - 1, named) if revision > 1 else None,
        status,
        RULEBOOK_VERSION,
        policy.name,
        setting,
        payer,
        lines,
        flags_decided(flags, lines, sheet),
        refused,
        dict(ground.tables),
        facility=encounter.facility,
        sources=sources_of(lines, refused),
        policy_layers=policy.layers,
        overrides=dict(policy.overrides),
        drug_lines=drugs,
    )
