"""
Every flag a person is asked to look at, with its weight, its meaning and what to do about it.

A ``block`` flag holds the set: its lines are shown and none is released. Ids and weights come from sections 9 and 16 of
the rulebook; those marked ``house`` are ours, where real charting needs a flag that the rulebook does not have. What
clears each flag that can hold a set stands in ``rules.clearing``.
"""

from dataclasses import dataclass

from models.charge import Flag, Severity
from rules.clearing import clears


@dataclass(frozen=True, slots=True)
class FlagKind:
    """One kind of flag: what raises it and what the person who sees it should do."""

    id: str
    severity: Severity
    rule: str
    means: str
    suggestion: str
    house: bool = False

    def on(self, administration_ids: tuple[str, ...], says: str | None = None, **facts: str | int) -> Flag:
        """Return the flag for these administrations, with this case's words and figures."""
        return self._made(self.severity, administration_ids, says or self.means, self.suggestion, facts)

    def informing(self, administration_ids: tuple[str, ...], says: str, suggestion: str) -> Flag:
        """Return the flag at no weight, where a reader of many claims wants to find the case."""
        return Flag(self.id, "info", administration_ids, says, suggestion, {})

    def advising(self, administration_ids: tuple[str, ...], says: str, suggestion: str) -> Flag:
        """Return the flag with advice for this case in place of the general one."""
        return self._made(self.severity, administration_ids, says, suggestion, {})

    def blocking(self, administration_ids: tuple[str, ...], says: str, **facts: str | int) -> Flag:
        """Return the flag at its full weight, for the cases in which a warning is not enough."""
        return self._made("block", administration_ids, says, self.suggestion, facts)

    def warning(self, administration_ids: tuple[str, ...], says: str, **facts: str | int) -> Flag:
        """Return the flag as a warning, for the cases in which holding the set is too much."""
        return Flag(self.id, "warn", administration_ids, says, self.suggestion, facts)

    def _made(
        self,
        severity: Severity,
        ids: tuple[str, ...],
        says: str,
        suggestion: str,
        facts: dict[str, str | int],
    ) -> Flag:
        ways = clears(self.id, facts) if severity == "block" else ()
        return Flag(self.id, severity, ids, says, suggestion, facts, ways)


def _kinds() -> dict[str, FlagKind]:
    rows: tuple[tuple[str, Severity, str, str, str], ...] = (
        ("F-MISSING_STOP", "block", "R-DOC-2", "No stop is charted and none can be calculated.",
         "Ask the nurse for the stop, or chart volume and rate so that it can be calculated."),
        ("F-MISSING_START", "block", "R-DOC-4", "No start is charted.",
         "Ask the nurse for the start; a drug proven given without one has no timed code."),
        ("F-STOP_CALCULATED", "warn", "R-DOC-3", "A time was taken from the pump or calculated.",
         "Have the nurse validate the time."),
        ("F-STOP_PROXY", "warn", "R-TIME-10", "The stop is the removal of the bag, not the end of flow.",
         "Confirm that flow ended when the bag came down."),
        ("F-NEGATIVE_DURATION", "block", "R-DOC-5", "The stop is not after the start.",
         "Correct the start or the stop in the chart."),
        ("F-TOO_LONG", "block", "R-DOC-5", "The infusion ran longer than is plausible.",
         "Check the stop; chart pauses, or correct the order's duration."),
        ("F-FUTURE_TIME", "block", "R-DOC-5", "An event lies more than an hour after it was stored.",
         "Correct the time in the chart, or the clock of the source."),
        ("F-OVERLAP_SELF", "block", "R-DOC-5", "One administration overlaps itself.",
         "Correct the intervals, or chart the second start as an administration of its own."),
        ("F-VOLUME_MISMATCH", "block", "R-DOC-5", "Rate times time does not give the charted volume.",
         "Check times, rate and volume."),
        ("F-PUMP_MAR_MISMATCH", "warn", "R-DOC-7", "Pump and nurse disagree on the time.",
         "The nurse's record is billed; have it validated against the pump's log."),
        ("F-PAUSE_OPEN", "warn", "R-DOC-10", "A pause was never resumed before the stop.",
         "Chart when the infusion went on, or that it ended at the pause."),
        ("F-ROUTE_CONFLICT", "block", "R-DOC-10", "The technique contradicts the route.",
         "Correct the route or the technique; for an infusion under the skin chart the pump and its set-up."),
        ("F-NEAR_THRESHOLD", "info", "R-TIME-1", "The minutes are next to a unit boundary.",
         "Nothing to do; expect an auditor to read the times."),
        ("F-REFUSED_EVENT", "block", "R-DOC-9", "An event of the stay could not be used.",
         "Send the event again in a form that can be used, or void it."),
        ("F-PREARRIVAL", "warn", "R-WIN-1", "The administration began before the hospital took over.",
         "Chart when staff assumed the infusion and under which order."),
        ("F-RUNNING_AT_DEPARTURE", "warn", "R-WIN-2", "It was still running when the patient left.",
         "Confirm the hand-over time."),
        ("F-IP_CONVERSION", "warn", "R-WIN-3", "The stay became an inpatient one.",
         "Check the payer's window: the charges may belong on the inpatient claim."),
        ("F-SITE_UNKNOWN", "block", "R-SITE-5", "Two accesses were open and none is named.",
         "Chart the access site."),
        ("F-SECOND_SITE", "warn", "R-SITE-4", "A second access was used without a reason on file that counts.",
         "Chart why a second access was needed; without a reason its services join the first."),
        ("F-MULTI_INITIAL", "block", "R-INIT-1", "More than one initial service without a fact to support it.",
         "Check sites, encounters and drugs; one initial service an access is paid."),
        ("F-KEY_REASON", "block", "R-INIT-3", "The key reason for the visit is not known.",
         "Name the order that was the reason for the visit."),
        ("F-SAME_DRUG_REPEAT", "info", "R-SAME-1", "A later dose of a drug already infused.",
         "Nothing to do; payers differ on repeated doses."),
        ("F-CHEMO_REPEAT", "warn", "R-SAME-4", "A later dose of a chemotherapy drug already given.",
         "Check that the second dose was ordered; no source settles its code."),
        ("F-BOLUS_SAME_DRUG", "warn", "R-PUSH-7", "A push of a drug during or near its own infusion.",
         "Decide whether the push is separate work."),
        ("F-OVERLAP_AMBIGUOUS", "warn", "R-CONC-4", "Neither the shared nor the sole minutes make an infusion.",
         "Check the times of both drugs."),
        ("F-CHEMO_CONCURRENT", "block", "R-CONC-5", "Two chemotherapy drugs ran at once; no code says so.",
         "Decide between the unlisted code and no code."),
        ("F-HYD_NECESSITY", "block", "R-HYD-7", "Fluid without a charted reason.",
         "Chart why the fluid was needed, or its intent: carrier, keep-open, or treat for a drug."),
        ("F-HYD_FRAGMENTED", "warn", "R-HYD-5", "The fluid ran in pieces, none of them long enough.",
         "Nothing is billed unless the payer adds pieces up."),
        ("F-HYD_VOLUME", "warn", "R-HYD-8", "The volume is small for hydration.",
         "Check the payer's minimum volume."),
        ("F-CLASS_UNKNOWN", "block", "R-CLS-7", "The drug is not in the formulary.",
         "Add the drug to the formulary, or state its billing_class on the event."),
        ("F-COMPLEXITY_DOC", "warn", "R-CLS-3", "Complex administration is billed, its documentation not seen.",
         "Make sure monitoring, training and supervision are documented."),
        ("F-PROCEDURE_WINDOW", "warn", "R-BUN-6", "Given during another procedure.",
         "Say what the drug was part of: procedure_id of the procedure, or none; or chart its intent as procedure."),
        ("F-DISCONTINUED", "warn", "R-MOD-6", "The infusion was stopped early.",
         "Facility: bill the actual time. Office: consider the planned code with modifier 53."),
        ("F-SPLIT_DOSE", "warn", "R-INJ-2", "One dose was given in several injections.",
         "Make sure the reason for splitting is documented."),
        ("F-PCA", "block", "R-PUSH-9", "Patient-controlled analgesia.",
         "Decide whether the basal rate is an infusion; post-operative use is part of the operation."),
        ("F-UNLISTED", "block", "R-UNL-1", "No listed code describes the service.",
         "Decide on an unlisted code, with a reason and a comparable code."),
        ("F-MUE", "block", "R-EDIT", "More units on one date than the medically unlikely edit allows.",
         "Check the units; a date over its limit is denied whole."),
        ("F-NCCI", "block", "R-MOD-3", "A pair of codes that may not stand together as it is.",
         "Check whether the services were separate; drop the column 2 code if not."),
        ("F-ADDON_PRIMARY", "block", "R-EDIT", "An add-on code without one of its primary codes.",
         "Check what the initial service should be."),
        ("F-ADDON_DATE", "block", "R-DOS-2", "An add-on code on a date without its primary code.",
         "A professional claim needs both on one date; split or re-date by hand."),
        ("F-NO_ORDER", "block", "R-DOC-1", "No order stands behind the administration.",
         "Get the order before billing."),
        ("F-UNSIGNED_ORDER", "block", "R-DOC-1", "The order is not authenticated.",
         "Get the order signed before billing."),
        ("F-EM_SAME_DAY", "info", "R-MOD-4", "A visit was charged on the same stay.",
         "The visit needs modifier 25 and work of its own."),
        ("F-RECODE_AFTER_CLOSE", "warn", "R-DOC-8", "An event was stored after the confirm window.",
         "Void and replace what was billed before it."),
        ("F-SAD", "info", "R-INJ-6", "A drug Medicare takes for self-administered.",
         "Show it as a non-covered charge, or report it with GY; check your contractor's own list."),
    )  # fmt: skip
    ours: tuple[tuple[str, Severity, str, str, str], ...] = (
        ("F-IMPLAUSIBLE_PUSH", "block", "R-DOC-2", "A drug that is never pushed is charted as a push.",
         "Chart the start and stop of the infusion."),
        ("F-EVENT_CONFLICT", "warn", "R-DOC-8", "One event id came with two different contents.",
         "Ask the publisher which one is right; a correction needs an id of its own."),
        ("F-AFTER_DEPARTURE", "block", "R-DOC-5", "Charted after the patient had left.",
         "Correct the administration's time or the departure."),
        ("F-NOT_IN_FORCE", "block", "R-EDIT", "The date of service lies outside the dates this release knows.",
         "Code by hand, or add the tables in force on that date."),
        ("F-UNVERIFIED", "info", "R-CLS-1", "The drug's class rests on a source nobody has verified.",
         "Have a pharmacist and a coder confirm the class."),
        ("F-THROMBOLYSIS", "warn", "R-BUN-6", "A thrombolytic whose giving is coded elsewhere.",
         "Chart what it was for, and see that the procedure (37195, 92977, 36593, 37211 to 37214) is charged."),
        ("F-DECISION_STALE", "warn", "R-REV-1", "The facts a decision was made on have changed.",
         "Decide again on the facts as they are now."),
        ("F-DECISION_UNUSED", "warn", "R-REV-1", "A decision answers no question of the stay.",
         "Take the flag, its administrations and one of the decisions it admits from the flag itself, and decide again."),
        ("F-ASSUMED", "warn", "R-DOC-1", "A fact behind the line is assumed, for nobody charted it.",
         "Chart what is missing: the route, the stop, or how long the pump runs."),
        ("F-POLICY_SCOPE", "warn", "R-SET-1", "The policy that was named is another facility's or department's.",
         "Name the folder of your policies in place of the file, so that each stay takes those of its own facility."),
        ("F-SC_SETUP", "warn", "R-INF-9", "A subcutaneous infusion with several further pump set-ups.",
         "Check how many set-ups with new sites the payer takes."),
        ("F-RESEARCH", "block", "R-MOD-12", "Given in a clinical trial, and no order says Q0 or Q1.",
         "Send order_modifiers with Q0 for what the trial tests or Q1 for routine care, or research as false."),
        ("F-ORDER_MODIFIER", "warn", "R-MOD-12", "A modifier of the order is not on the line.",
         "Correct the order, or set the modifier by hand where the payer wants it."),
        ("F-OTHER_ACCOUNT", "warn", "R-ENC-2", "The patient has another account on a day of this stay.",
         "Merge the two where they are one stay; where the patient left and came back, name the earlier one in follows_encounter_id."),
        ("F-DRUG_DOSE", "block", "R-DRUG-2", "The drug's billing units cannot be counted from its charted dose.",
         "Chart the dose that was given in mg, g, mcg, units or mEq, or in mL of a strength that the name has."),
        ("F-DRUG_CODE", "block", "R-DRUG-1", "The chart does not decide the drug's code.",
         "Chart the package's NDC, the brand or the HCPCS code; a site may end the codes it does not stock."),
        ("F-DOSE_UNUSUAL", "warn", "R-DRUG-5", "More of a drug on one date than is given.",
         "Check the dose and its unit, a decimal point and mg against mcg first."),
        ("F-DRUG_WASTE", "warn", "R-MOD-9", "What was thrown away of a drug does not come to a line.",
         "Send drug_wasted with amount and unit, 0 where nothing was thrown away; void one that is wrong."),
        ("F-DRUG_UNGIVEN", "warn", "R-DRUG-6", "A drug left the pharmacy and nobody is charted to have given it.",
         "Chart its giving, or void the dispense and take its charge back."),
    )  # fmt: skip
    kinds = {row[0]: FlagKind(*row) for row in rows}
    kinds.update({row[0]: FlagKind(*row, house=True) for row in ours})
    return kinds


FLAGS = _kinds()
"""Every flag this product can raise, by id, in the rulebook's order and then ours."""
