"""Pushes: the initial, each new drug, and a repeat only when enough time has passed (R-PUSH)."""

from models.charge import Reason
from models.interval import Stretch
from rules.coding.answers_on_minutes import note_push_gap
from rules.coding.doses import Dose
from rules.coding.initial import BEST_RANKED, FACILITY_RANK, KEY_REASON, SUBSEQUENT
from rules.coding.modifiers import second_site
from rules.coding.site_group import CODES, Push, SiteGroup
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
from rules.worksheet.sheet import Earned
from rules.worksheet.timing import PUSH_OR_INFUSION

FIRST_PUSH = Rule(
    "R-PUSH-1",
    "Without an infusion at the site the initial is a push: chemotherapy's first.",
    ("LEGAL-96375", "SEED-4"),
    "B",
)
NEW_DRUG = Rule(
    "R-PUSH-2", "Each new drug pushed is one more push, at any distance.", ("LEGAL-96375", "SEED-4"), "B"
)
AGAIN = Rule(
    "R-PUSH-3", "The same drug counts again in a facility only more than 30 minutes after its last reported push.",
    ("AAPC-2013", "SUPER", "AHIMA"), "B",
)  # fmt: skip
OFFICE_REPEAT = Rule(
    "R-PUSH-4", "In the office a repeated push of one drug is not reported.", ("AAPC-OFFICEPUSH",), "C"
)
NEW_CHEMO = Rule("R-PUSH-5", "Each new chemotherapy drug pushed after an initial is 96411.", (), "K")
CHEMO_AGAIN = Rule(
    "R-PUSH-6",
    "A chemotherapy drug that was also infused or pushed in the stay has no code for the push.",
    (),
    "K",
)
BOLUS_AND_DRIP = Rule(
    "R-PUSH-7", "A push of a drug that is also infused counts as the same drug.",
    ("AAPC-INFPUSH", "AHIMA"), "B",
)  # fmt: skip
SHORT_BAG = Rule("R-PUSH-8", "A piggyback of up to 15 minutes is a push.", ("ML-OBS",), "C")
ONE_SYRINGE = Rule(
    "R-CONC-12", "Pushes are never concurrent; two drugs in one syringe are one push.", ("ML-CONC",), "C"
)
DISCONTINUED = Rule(
    "R-MOD-6",
    "An infusion stopped early is billed as its time says, unless policy plans otherwise.",
    ("AAPC-53A",),
    "C",
)

RULES = (
    FIRST_PUSH, NEW_DRUG, AGAIN, OFFICE_REPEAT, NEW_CHEMO, CHEMO_AGAIN, BOLUS_AND_DRIP, SHORT_BAG, ONE_SYRINGE,
    DISCONTINUED,
)  # fmt: skip

Scoped = tuple[object, str]
"""A date and a substance; the date is None unless the policy resets by date."""


def push_of(administration: CodableAdministration) -> Push:
    """Return an administration charted as a push."""
    return Push(
        [administration],
        administration.substance,
        administration.family,
        administration.site,
        administration.at,
        administration.flows,
        administration.minutes,
        administration.evidence,
    )


def short_infusion(dose: Dose) -> Push:
    """Return a dose of at most 15 minutes as the push it is billed as (R-TIME-1)."""
    says = f"An infusion of {dose.minutes} minutes is a push."
    return Push(
        dose.administrations,
        dose.substance,
        dose.family,
        dose.site,
        dose.start,
        dose.flows,
        dose.minutes,
        dose.evidence,
        says,
    )


def _distance(at: int, flows: list[Stretch]) -> int:
    """Return the whole minutes between a push and the nearest infusion of its drug; 0 during one."""
    return (
        min(0 if start <= at < stop else (start - at if at < start else at - stop) for start, stop in flows)
        // 60
    )


class Pushes:
    """Codes every push of the encounter in time order; a drug reported at one site counts as reported at all (R-SITE-2)."""

    def __init__(self, context: Context, groups: list[SiteGroup]) -> None:
        self._context = context
        self._reported: dict[Scoped, int] = {}
        self._charted: dict[Scoped, int | None] = {}  # the same moments with their seconds
        self._infused: dict[Scoped, list[Stretch]] = {}  # start to stop: a pause is inside the dose
        for group in groups:
            for dose in group.doses:
                self._infused.setdefault((group.day, dose.substance), []).append(
                    (dose.start, dose.flows[-1][1])
                )

    def code(self, groups: list[SiteGroup]) -> None:
        """Enter each push, or refuse it with its reason."""
        queue = [
            (push.at, push is not group.initial, push.id, push, group)
            for group in groups
            for push in group.pushes
        ]
        for _, _, _, push, group in sorted(queue, key=lambda item: item[:3]):
            if push is group.initial and not self._leads_in_vain(push, group):
                self._initial(push, group)
            elif push.family == "chemotherapy":
                self._next_chemo(push, group)
            else:
                self._next(push, group)

    def _earn(self, push: Push, group: SiteGroup, code: str, rule: Rule, says: str, why: Reason) -> None:
        context = self._context
        reasons: tuple[Reason, ...] = (rule.because(says), why)
        if push.note:
            reasons = (*reasons, PUSH_OR_INFUSION.because(push.note), SHORT_BAG.because())
        if push.planned_as_infusion:
            code = CODES[push.family].infusion if push is group.initial else CODES[push.family].sequential
        modifiers: tuple[str, ...] = ()
        if push is group.initial and group.needs_site_modifier:
            modifier, stands = second_site(context.sheet, push.administrations, code, group.site_reason)
            modifiers = (modifier,)
            reasons = (*reasons, *stands)
        if push.planned_as_infusion:
            reasons = (*reasons, DISCONTINUED.because())
            modifiers = (*modifiers, context.sheet.policy.discontinued_15_min_infusion[-2:])
        context.sheet.claim(push.administrations, rule)
        on = context.calendar.date_of(push.at)
        minutes = push.minutes or None
        context.sheet.earn(
            Earned(code, 1, on, tuple(push.administrations), minutes, push.evidence, reasons, modifiers)
        )
        context.sheet.billed(push.administrations, push.flows, code)
        self._reported[(group.day, push.substance)] = push.at
        self._charted[(group.day, push.substance)] = push.administrations[0].charted.given_at

    def _initial(self, push: Push, group: SiteGroup) -> None:
        why = KEY_REASON.because() if group.by_key_reason else FACILITY_RANK.because(BEST_RANKED)
        self._earn(push, group, CODES[push.family].push, FIRST_PUSH, "The push all others hang on.", why)

    def _given_elsewhere(self, push: Push, group: SiteGroup) -> bool:
        scoped = (group.day, push.substance)
        return scoped in self._reported or scoped in self._infused

    def _leads_in_vain(self, push: Push, group: SiteGroup) -> bool:
        """Tell whether chemotherapy that leads a second site was given at the first one already (R-PUSH-6)."""
        second = push.family == "chemotherapy" and group.needs_site_modifier and not group.by_key_reason
        return second and self._given_elsewhere(push, group)

    def _next_chemo(self, push: Push, group: SiteGroup) -> None:
        if self._given_elsewhere(push, group):
            self._context.sheet.flag("F-CHEMO_REPEAT", push.administrations)
            self._refuse(push, CHEMO_AGAIN, "This chemotherapy drug was already given: no code for the push.")
            return
        self._earn(
            push,
            group,
            CODES["chemotherapy"].next_push,
            NEW_CHEMO,
            "Another chemotherapy drug pushed.",
            SUBSEQUENT.because(),
        )

    def _refuse(self, push: Push, rule: Rule, says: str) -> None:
        self._context.sheet.claim(push.administrations, rule)
        self._context.sheet.refuse(push.administrations, rule, says)

    def _next(self, push: Push, group: SiteGroup) -> None:
        scoped = (group.day, push.substance)
        infused = self._infused.get(scoped)
        last = self._reported.get(scoped)
        note_push_gap(self._context, push, self._charted.get(scoped))
        if infused is None and last is None:
            self._earn(
                push,
                group,
                CODES["therapeutic"].next_push,
                NEW_DRUG,
                "A new drug pushed.",
                SUBSEQUENT.because(),
            )
        elif not self._context.sheet.facility:
            self._refuse(push, OFFICE_REPEAT, "The same drug again: not reported in the office.")
        elif last is not None and (push.at - last) // 60 <= self._context.limits.push_again_after:
            says = f"{(push.at - last) // 60} minutes after the last reported push of the drug: not reported again."
            self._refuse(push, AGAIN, says)
        elif infused is None:
            assert last is not None  # noqa: S101 the first branch took the pushes of a new drug
            says = f"The same drug {(push.at - last) // 60} minutes after its last reported push."
            self._earn(push, group, "96376", AGAIN, says, SUBSEQUENT.because())
        else:
            self._bolus(push, group, infused)

    def _bolus(self, push: Push, group: SiteGroup, infused: list[Stretch]) -> None:
        """Code a push of a drug that is also infused: far from the infusion it counts, near it the policy decides."""
        policy = self._context.sheet.policy
        apart = _distance(push.at, infused)
        if apart <= self._context.limits.push_again_after:
            choice = policy.same_drug_push_30_min_from_during_infusion
            self._context.sheet.decided_by("same_drug_push_30_min_from_during_infusion", push.ids)
            where = "During" if apart == 0 else f"{apart} minutes from"
            if choice != "code":
                if choice == "review":
                    says = f"{where} the infusion of the same drug."
                    self._context.sheet.flag(
                        "F-BOLUS_SAME_DRUG", push.administrations, says, minutes_apart=apart
                    )
                self._refuse(push, BOLUS_AND_DRIP, f"{where} the infusion of the same drug: not reported.")
                return
        code = policy.push_code_when_the_drug_was_is_infused
        self._context.sheet.decided_by("push_code_when_the_drug_was_is_infused", push.ids)
        if code == "none":
            self._refuse(
                push, BOLUS_AND_DRIP, "The drug is infused too: by policy its pushes are not reported."
            )
            return
        if code == "96375" and (group.day, push.substance) in self._reported:
            code = "96376"
        self._earn(
            push,
            group,
            code,
            BOLUS_AND_DRIP,
            f"{apart} minutes from the infusion of the same drug.",
            SUBSEQUENT.because(),
        )
