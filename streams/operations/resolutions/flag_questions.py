"""What is asked for each flag of the product, and by which facts it may be answered; decisions are the rules' own."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Asked(NamedTuple):
    """The question of a flag; ``{what}`` is what it is about. ``facts`` are keys of ``fact_answers.FACTS``."""

    text: str
    facts: tuple[str, ...] = ()


ASKED: Final[Mapping[str, Asked]] = {
    "F-MISSING_STOP": Asked("When did {what} stop?", ("stop", "volume", "times", "not_given")),
    "F-MISSING_START": Asked("When did {what} start?", ("began", "start", "times", "not_given")),
    "F-STOP_CALCULATED": Asked("What does the nurse say of the times of {what}?", ("times", "stretches")),
    "F-STOP_PROXY": Asked("Did the flow of {what} end when the bag came down?", ("stop_reason", "times", "stretches")),
    "F-NEGATIVE_DURATION": Asked("What are the right times of {what}?", ("times", "stretches", "not_given")),
    "F-TOO_LONG": Asked("Did {what} really run so long?", ("times", "stretches", "planned")),
    "F-FUTURE_TIME": Asked("Which entry of {what} has the wrong time?", ("void_event",)),
    "F-OVERLAP_SELF": Asked("What are the right times of {what}?", ("times", "stretches", "void_event")),
    "F-VOLUME_MISMATCH": Asked("Which is wrong of {what}: times, rate or volume?", ("times", "stretches", "volume")),
    "F-PUMP_MAR_MISMATCH": Asked("Who is right on {what}: the nurse or the pump?", ("times", "stretches")),
    "F-PAUSE_OPEN": Asked("When did {what} go on after its pause?", ("resumed", "times", "stretches")),
    "F-ROUTE_CONFLICT": Asked("Was {what} given by another route, or in another way?", ("route", "technique", "device", "setup")),
    "F-NEAR_THRESHOLD": Asked("Are the times of {what} right to the minute?", ("times", "stretches")),
    "F-REFUSED_EVENT": Asked("Is the stay complete without the event that could not be used?", ("void_refused",)),
    "F-PREARRIVAL": Asked("Was {what} given here, or before the hospital took over?", ("prehospital", "arrived")),
    "F-RUNNING_AT_DEPARTURE": Asked("When did {what} end, if not at the departure?", ("times", "stretches", "departed")),
    "F-IP_CONVERSION": Asked("Do the charges before the inpatient order belong on the inpatient claim?", ("not_given",)),
    "F-SITE_UNKNOWN": Asked("Through which access was {what} given?", ("site", "site_removed")),
    "F-SECOND_SITE": Asked("Why was a second access needed for {what}?", ("site_reason", "site")),
    "F-MULTI_INITIAL": Asked("Which initial services of {what} stand?", ("times", "stretches", "not_given")),
    "F-KEY_REASON": Asked("Which order was the reason for the visit?", ("key_reason",)),
    "F-SAME_DRUG_REPEAT": Asked("Is the later dose of {what} a dose of its own?", ("times", "not_given")),
    "F-CHEMO_REPEAT": Asked("Was the second dose of {what} ordered?", ("order", "times", "not_given")),
    "F-BOLUS_SAME_DRUG": Asked("Is the push of {what} separate work, or out of the bag?", ("times", "not_given")),
    "F-OVERLAP_AMBIGUOUS": Asked("What are the right times of {what}?", ("times", "stretches")),
    "F-CHEMO_CONCURRENT": Asked("How is {what}, which ran beside other chemotherapy, reported?", ("times", "stretches")),
    "F-HYD_NECESSITY": Asked("Why was {what} needed?", ("indication", "intent")),
    "F-HYD_FRAGMENTED": Asked("Are the times of {what} whole?", ("times", "stretches")),
    "F-HYD_VOLUME": Asked("Is the volume of {what} right?", ("volume",)),
    "F-CLASS_UNKNOWN": Asked("What kind of drug is {what}?", ("class", "drug", "indication", "intent")),
    "F-COMPLEXITY_DOC": Asked("Is complex administration documented for {what}?", ("complexity",)),
    "F-PROCEDURE_WINDOW": Asked("Was {what} part of the procedure?", ("procedure", "intent", "indication", "procedure_ended")),
    "F-DISCONTINUED": Asked("Was {what} really stopped early?", ("stop_reason", "times")),
    "F-SPLIT_DOSE": Asked("Were the injections of {what} one dose?", ("not_given",)),
    "F-PCA": Asked("Did a basal rate of {what} run?", ("technique",)),
    "F-UNLISTED": Asked("Which code describes {what}?", ("route", "planned", "lesions")),
    "F-MUE": Asked("Were so many units of {what} needed?", ("times", "stretches", "not_given")),
    "F-NCCI": Asked("Were the services of {what} separate?", ("times", "stretches", "not_given")),
    "F-ADDON_PRIMARY": Asked("What was the initial service of {what}?", ("times", "stretches", "not_given")),
    "F-ADDON_DATE": Asked("On which date was the initial service of {what}?", ("times", "stretches", "not_given")),
    "F-NO_ORDER": Asked("Is there an order for {what}?", ("order",)),
    "F-UNSIGNED_ORDER": Asked("Is the order for {what} signed?", ("order",)),
    "F-EM_SAME_DAY": Asked("Is the visit on this stay work of its own?"),
    "F-RECODE_AFTER_CLOSE": Asked("Was what was billed before taken back?"),
    "F-SAD": Asked("Is {what} self-administered by your contractor's list?", ("drug",)),
    "F-IMPLAUSIBLE_PUSH": Asked("How was {what} given?", ("times", "stretches", "route", "technique")),
    "F-EVENT_CONFLICT": Asked("Which event, sent with two contents, is wrong?", ("void_conflict",)),
    "F-AFTER_DEPARTURE": Asked("When was {what} given, or when did the patient leave?", ("times", "stretches", "departed", "void_event")),
    "F-NOT_IN_FORCE": Asked("Is the date of service right?", ("times", "stretches")),
    "F-UNVERIFIED": Asked("Is {what} the kind of drug it is taken for?", ("class",)),
    "F-THROMBOLYSIS": Asked("What was {what} given for?", ("indication", "intent")),
    "F-DECISION_STALE": Asked("The facts of {what} have changed: does the decision still stand?", ("withdraw",)),
    "F-DECISION_UNUSED": Asked("A decision answers nothing: is it to be taken back?", ("withdraw",)),
    "F-ASSUMED": Asked("What is missing of {what}?", ("route", "times", "planned")),
    "F-POLICY_SCOPE": Asked("Is the stay coded under the right policy?"),
    "F-SC_SETUP": Asked("Does the payer take so many set-ups for {what}?", ("not_given",)),
    "F-RESEARCH": Asked("Is {what} what the trial tests, or routine care?", ("modifiers", "research")),
    "F-ORDER_MODIFIER": Asked("Which modifiers does the order of {what} have?", ("modifiers",)),
    "F-OTHER_ACCOUNT": Asked("Is the patient's other account the same stay?", ("merged", "follows")),
    "F-DRUG_DOSE": Asked("What dose of {what} was given?", ("dose", "ordered", "measured")),
    "F-DRUG_CODE": Asked("Which product of {what} was given?", ("drug",)),
    "F-DOSE_UNUSUAL": Asked("Was so much of {what} given?", ("dose",)),
    "F-DRUG_WASTE": Asked("How much of {what} was thrown away?", ("wasted", "void_event")),
    "F-DRUG_UNGIVEN": Asked("Was a drug that left the pharmacy given?"),
}  # fmt: skip
"""By flag, in the order of ``rules.flags``. Those without facts inform, and their suggestion says who sees to it."""
