"""
Codes one encounter: from its facts to its charge set, in the steps of the rulebook (section 11.3).

Pure: the same facts, rulebook and policy give the same bytes. No clock, no random, no environment.
"""

from datetime import date
from typing import NamedTuple

from models.charge import ChargeSet, Flag, NotBilled, Status
from models.encounter import Encounter
from models.field import Setting
from rules.claim.charge_lines import charge_lines
from rules.claim.claim_edits import check_lines
from rules.claim.decided_by import flags_decided, lines_decided, refusals_decided
from rules.claim.set_identity import at_revision
from rules.coding.arterial import code_arterial_infusions, code_arterial_pushes
from rules.coding.decisions import code_decisions, decided_administrations
from rules.coding.doses import timed_doses
from rules.coding.injections import code_cavities, code_injections
from rules.coding.intravenous import code_intravenous
from rules.coding.modifiers import attach
from rules.coding.pumps import code_devices, code_patient_controlled, code_prolonged
from rules.coding.sites import Accesses
from rules.coding.spans import Span, spans_of
from rules.coding.subcutaneous import code_subcutaneous
from rules.flags import FLAGS
from rules.parameter import NotInForceError
from rules.policy.resolve import Policy, policy_for
from rules.rule import Rule
from rules.screening.bundles import CODED_PROCEDURES
from rules.screening.refused_events import refused_event_flags
from rules.screening.screen import screen_all
from rules.screening.screened import Screened
from rules.screening.unknown_drug import with_what_waits
from rules.screening.window import NOT_GIVEN
from rules.tables.lookup import editions
from rules.worksheet.context import Context
from rules.worksheet.service_dates import Calendar, first_date
from rules.worksheet.sheet import Worksheet
from rules.worksheet.timing import thresholds

RULEBOOK_VERSION = "26.11.1"

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
    """The caller's choices: a policy, switches, and the setting and payer of stays whose events name none."""

    policy: str | None = None
    overrides: tuple[tuple[str, str], ...] = ()
    setting: str | None = None
    payer: str | None = None

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
    """
    calendar = Calendar(encounter)
    on = first_date(encounter, calendar)
    setting, payer = profile.setting_of(encounter), profile.payer_of(encounter)
    if encounter.standing in {"cancelled", "merged"}:
        return Coding(_cancelled(encounter, setting, payer, revision), None, None, None)
    try:
        policy = policy_of(encounter, profile, on)
        limits = thresholds(on)
        sheet = Worksheet(policy, policy.setting)
        context = Context(encounter, sheet, calendar, limits, on)
        if policy.setting == "professional_in_facility":
            screened = Screened()
            for administration in encounter.administrations:
                sheet.refused.append(PROFESSIONAL.refuses(administration.administration_id))
        else:
            screened = _code(context)
    except NotInForceError as error:
        return Coding(_not_in_force(encounter, setting, payer, revision, str(error)), None, None, None)
    charge_set = _charge_set(context, payer, revision)
    return Coding(charge_set, policy, sheet, screened)


def _code(context: Context) -> Screened:
    encounter, sheet = context.encounter, context.sheet
    screened = screen_all(context, decided_administrations(encounter) if encounter.decisions else frozenset())
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
    if encounter.decisions:
        code_decisions(
            context, {administration.id: administration for administration in screened.administrations()}
        )
    if encounter.procedures or screened.port_flushes:
        devices = [p for p in encounter.procedures if p.kind in CODED_PROCEDURES]
        code_devices(context, devices, screened.port_flushes)
    attach(context)
    return screened


def _stay_flags(context: Context) -> list[Flag]:
    """Return the flags that concern the stay as a whole."""
    encounter = context.encounter
    flags = []
    everyone = tuple(administration.administration_id for administration in encounter.administrations)
    if encounter.inpatient_ordered_at is not None:
        flags.append(FLAGS["F-IP_CONVERSION"].on(everyone))
    if any(procedure.kind == "evaluation" for procedure in encounter.procedures):
        flags.append(FLAGS["F-EM_SAME_DAY"].on(()))
    if encounter.conflicts:
        flags.append(FLAGS["F-EVENT_CONFLICT"].on((), events=len(encounter.conflicts)))
    flags += refused_event_flags(encounter)
    if context.sheet.policy.passed_over:
        flags.append(FLAGS["F-POLICY_SCOPE"].on((), context.sheet.policy.passed_over))
    window = context.sheet.policy.confirm_window_after_departure_before_final * 3600
    left, stored = encounter.departed_at, encounter.last_recorded_at
    if left is not None and stored is not None and stored > left + window:
        flags.append(FLAGS["F-RECODE_AFTER_CLOSE"].on(()))
        context.sheet.decided_by("confirm_window_after_departure_before_final", [""])
    return flags


def _charge_set(context: Context, payer: str | None, revision: int) -> ChargeSet:
    encounter, sheet = context.encounter, context.sheet
    lines = lines_decided(charge_lines(encounter.encounter_id, sheet), sheet)
    flags = sheet.flags + _stay_flags(context)
    if lines:
        flags += check_lines(lines, sheet.policy, sheet.earned)
    flags = with_what_waits(flags, lines)
    status: Status = "preview" if encounter.standing == "open" else "final"
    if status == "final" and any(flag.severity == "block" for flag in flags):
        status = "held"
    setting: Setting = sheet.policy.setting
    return at_revision(
        ChargeSet(
            "",
            encounter.encounter_id,
            1,
            None,
            status,
            RULEBOOK_VERSION,
            sheet.policy.name,
            setting,
            payer,
            lines,
            tuple(
                sorted(
                    flags_decided(flags, lines, sheet),
                    key=lambda flag: (flag.flag, flag.administration_ids, flag.says),
                )
            ),
            tuple(
                sorted(refusals_decided(sheet), key=lambda refusal: (refusal.administration_id, refusal.rule))
            ),
            editions(context.on, setting),
            sheet.policy.layers,
            dict(sheet.policy.overrides),
        ),
        revision,
    )


def _bare(
    encounter: Encounter, status: Status, setting: str, payer: str | None, revision: int,
    flags: tuple[Flag, ...], refused: tuple[NotBilled, ...],
) -> ChargeSet:  # fmt: skip
    bare = ChargeSet(
        "",
        encounter.encounter_id,
        1,
        None,
        status,
        RULEBOOK_VERSION,
        "none",
        setting,
        payer,
        (),
        flags,
        refused,
        {},
    )
    return at_revision(bare, revision)


def _cancelled(encounter: Encounter, setting: str, payer: str | None, revision: int) -> ChargeSet:
    says = f"The stay was {encounter.standing}."
    if encounter.standing == "merged" and encounter.merged_into is not None:
        says = f"The stay was merged into {encounter.merged_into}, which bills it."
    ids = sorted(
        {administration.administration_id for administration in encounter.administrations}
        | set(encounter.voided)
    )
    refused = tuple(NOT_GIVEN.refuses(name, says) for name in ids)
    return _bare(encounter, "cancelled", setting, payer, revision, _overruled_flags(encounter), refused)


def _overruled_flags(encounter: Encounter) -> tuple[Flag, ...]:
    """Return the flag that names the discharges stored after a cancellation: only a reopening revives a stay."""
    if not encounter.overruled:
        return ()
    says = "A discharge was stored after the cancellation; the stay stays cancelled until it is reopened."
    return (FLAGS["F-EVENT_CONFLICT"].on((), says, event_ids=", ".join(encounter.overruled)),)


def _not_in_force(
    encounter: Encounter, setting: str, payer: str | None, revision: int, says: str
) -> ChargeSet:
    everyone = tuple(administration.administration_id for administration in encounter.administrations)
    flags = (FLAGS["F-NOT_IN_FORCE"].on(everyone, says), *refused_event_flags(encounter))
    refused = tuple(NOT_GIVEN.refuses(name) for name in encounter.voided)
    status: Status = "preview" if encounter.standing == "open" else "held"
    return _bare(encounter, status, setting, payer, revision, flags, refused)
