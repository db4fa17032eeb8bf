"""Services included in others: carriers, keep-open rates, flushes, drugs of a procedure (R-BUN)."""

from datetime import date
from typing import Literal

from models.encounter import Administration, Encounter
from models.interval import Stretch
from rules.formulary.charted_terms import means
from rules.formulary.listed_diagnoses import unproven
from rules.formulary.lookup import lookup
from rules.formulary.volume_reasons import offered_reasons, reason_for_volume
from rules.policy.resolve import Policy
from rules.rule import Rule
from rules.screening.classes import INCLUDED, INTEGRAL
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.timing import Rounding, read_instant

CARRIER = Rule("R-BUN-1", "Carrier fluid is part of the drug's infusion.", ("NCCI11",), "A")
KEEP_OPEN = Rule("R-BUN-2", "Keeping a vein open is never billed.", ("NCCI11", "RAC137"), "A")
VENIPUNCTURE = Rule(
    "R-BUN-5",
    "Starting the line is included; clearing a clotted one is another procedure.",
    ("SEL", "HAU-QA1"),
    "C",
)
VISIT = Rule(
    "R-BUN-8", "A visit on the same day needs modifier 25 and work of its own.", ("SEL", "WMIB", "UHC"), "A"
)
WATCHING = Rule("R-BUN-9", "Watching and teaching after an infusion are included.", ("SEL",), "C")
KEEP_OPEN_MEANT = Rule(
    "R-DEF-9", "Flow only to keep the line open is never billed.", ("RAC137", "NCCI11", "CGS12"), "A"
)
CARRIER_MEANT = Rule("R-DEF-10", "Fluid that dilutes or drives a drug is incidental.", ("NCCI11",), "A")
NO_REASON = Rule(
    "R-HYD-7", "Hydration needs an order for fluid as treatment and a reason for volume that is on the list.",
    ("RAC137", "A52732", "HCPRO-HYD", "ML-HYDDOC", "NOR-WY", "HIGHMARK-Y5009", "ICD10CM-IVH"), "A",
)  # fmt: skip
SLOW_OR_SMALL = Rule(
    "R-HYD-8",
    "A slow rate only keeps the line open; some payers ask for a minimum volume.",
    ("HCPRO-VOL", "HAU-QA2"),
    "A",
)
PRIMARY_LINE = Rule(
    "R-HYD-9",
    "Fluid with a piggyback inside it is carrier for its whole length unless ordered as hydration or given for volume.",
    (),
    "K",
)

RULES = (
    CARRIER, KEEP_OPEN, INCLUDED, VENIPUNCTURE, VISIT, WATCHING, KEEP_OPEN_MEANT, CARRIER_MEANT, NO_REASON, SLOW_OR_SMALL,
    PRIMARY_LINE,
)  # fmt: skip

CODED_PROCEDURES = {
    "portable_pump_refill": "96521",
    "implantable_pump_refill": "96522",
    "port_irrigation": "96523",
}
"""The code of each kind of procedure that is a line of its own."""

NOT_A_WINDOW = frozenset({*CODED_PROCEDURES, "subcutaneous_pump_setup", "evaluation"})
"""Kinds of procedure that drugs given meanwhile are no part of."""


def included_by_intent(charted: Administration) -> tuple[Rule, str] | None:
    """Return the rule and the sentence by which the charted intent keeps an administration off the claim, else None."""
    match charted.intent:
        case "carrier":
            return CARRIER, "Charted as carrier: part of the drug's infusion."
        case "flush":
            return INCLUDED, "Charted as a flush: included."
        case "kvo":
            return KEEP_OPEN, "Charted as keep-open: never billed."
        case "procedure":
            return INTEGRAL, "Charted as part of another procedure."
    return None


def procedure_windows(encounter: Encounter) -> list[tuple[int, int | None]]:
    """Return when other procedures ran, in epoch seconds; None as the end stands for the end of the stay."""
    return [
        (procedure.started_at, procedure.ended_at)
        for procedure in encounter.procedures
        if procedure.kind not in NOT_A_WINDOW and procedure.started_at is not None
    ]


def keep_open_stretches(
    administration: CodableAdministration, ceiling: int, rounding: Rounding
) -> list[Stretch]:
    """
    Return the parts of a fluid's flow that ran at a rate that only keeps the line open, in epoch seconds.

    ``rounding`` is how the policy reads an instant (P-24).
    """
    rates = administration.charted.rates
    if not rates:
        rate = administration.charted.rate_ml_per_h
        return list(administration.flows) if rate is not None and rate <= ceiling else []
    slow: list[Stretch] = []
    for index, (since, rate) in enumerate(rates):
        if rate > ceiling:
            continue
        first = read_instant(since, rounding)
        if not index:
            first = min(first, administration.flows[0][0])
        last = (
            read_instant(rates[index + 1][0], rounding)
            if index + 1 < len(rates)
            else administration.flows[-1][1]
        )
        slow.extend(
            (max(first, start), min(last, stop))
            for start, stop in administration.flows
            if start < last and first < stop
        )
    return [stretch for stretch in slow if stretch[0] < stretch[1]]


FluidProblem = Literal["keep_open", "routine", "missing", "unlisted"]
"""Why a fluid cannot be hydration as charted; "unlisted" is a charted reason that is none for volume."""


def reason_decides(charted: Administration, policy: Policy, on: date) -> bool:
    """Tell whether the two answers on what is a reason for fluid part over the charted one (H-18)."""
    return _problem(charted, policy, on, any_reason=True) != _problem(charted, policy, on, any_reason=False)


def problem_of_fluid(charted: Administration, policy: Policy, on: date) -> FluidProblem | None:
    """Return why a fluid cannot be hydration as charted, or None if it can (R-HYD-7, R-HYD-8)."""
    return _problem(charted, policy, on, any_reason=policy.hydration_reason == "any")


def _problem(charted: Administration, policy: Policy, on: date, *, any_reason: bool) -> FluidProblem | None:
    if charted.indication is None or not charted.indication.strip():
        return "missing"
    if reason_for_volume(charted.indication, on) is not None or _lacks_electrolyte(charted, policy, on):
        return None
    if means(charted.indication, "keep_open"):
        return "keep_open"
    maintenance = means(charted.indication, "maintenance")
    if any_reason:
        return "routine" if maintenance or means(charted.indication, "routine") else None
    return "routine" if means(charted.indication, "routine") and not maintenance else "unlisted"


def _lacks_electrolyte(charted: Administration, policy: Policy, on: date) -> bool:
    """Tell whether a deficiency is reason enough, because the policy calls every electrolyte bag hydration (P-14)."""
    if policy.electrolyte_bag_class != "always_hydration" or charted.drug is None:
        return False
    entry = lookup(charted.drug, on)
    electrolyte = entry is not None and entry.billing_class == "electrolyte"
    return electrolyte and means(charted.indication, "deficiency")


def ask_for_reason(problem: FluidProblem, on: date, indication: str | None = None) -> str:
    """Return the words that ask for a reason for fluid: what is wrong, with each code that proves none, and what counts."""
    wrong = (
        "No reason for the fluid is charted."
        if problem == "missing"
        else "The charted reason is none for volume."
    )
    wrong += unproven(indication, "a reason for volume", on)
    return f"{wrong} {NO_REASON.id}: {NO_REASON.says} Reasons that count: {offered_reasons(on)}."
