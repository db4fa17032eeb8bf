"""Where an infusion ended that no nurse stopped: at the pump's stop, the departure, by calculation, or not known."""

from decimal import Decimal

from models.encounter import Administration, Encounter, Flow
from rules.rule import Rule
from rules.screening.window import DEPARTURE
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.sheet import Worksheet

MISSING_STOP = Rule(
    "R-DOC-2",
    "Without a stop there is no timed code.",
    ("HAU-QA1", "MIAMI", "RCA-STOP", "ML-STOP2", "QHR"),
    "C",
)
STOP_SUBSTITUTE = Rule(
    "R-DOC-3", "A stop may be taken from the pump's log or from charted volume and rate, never from the order.",
    ("ICD10M", "QHR", "ML-STOP"), "C",
)  # fmt: skip
STILL_RUNNING = Rule("R-INIT-6", "Charges before the encounter closes are provisional.", ("WMC",), "C")

RULES = (MISSING_STOP, STOP_SUBSTITUTE, STILL_RUNNING)


def constant_rate(charted: Administration) -> Decimal | None:
    """Return the only rate in mL/h an administration ran at, or None when the rate changed or is not charted."""
    rates = charted.rates
    if not rates:
        return charted.rate_ml_per_h
    first = rates[0][1]
    if len(rates) == 1:
        return first
    return first if all(rate == first for _, rate in charted.rates) else None


def _calculated_stop(charted: Administration, flows: tuple[Flow, ...]) -> int | None:
    """Return the instant at which the charted volume had run at its one charted rate."""
    rate = constant_rate(charted)
    if not rate or charted.volume_ml is None:
        return None
    seconds = int(charted.volume_ml * 60 / rate) * 60
    ran = sum(flow.stop - flow.start for flow in flows if flow.stop is not None)
    return flows[-1].start + seconds - ran if seconds > ran else None


def _ran_at_departure(charted: Administration, left: int) -> bool:
    """
    Tell whether anything shows that an open infusion still ran at the departure (R-WIN-2).

    Evidence is a hand-over as the reason, something nurse or pump told of its flow at or after the departure, or a
    chart entry in its minute. That nobody charted a stop is none.
    """
    if charted.stop_reason == "handed_over":
        return True
    told = charted.last_seen_at
    if told is not None and told // 60 >= left // 60:
        return True
    return any(at // 60 == left // 60 for at in charted.touched)


def hold_without_stop(
    administration: CodableAdministration, sheet: Worksheet, says: str | None = None
) -> None:
    """Hold an infusion whose stop nobody charted, unless the policy takes it for a push or refuses it (P-15)."""
    policy = sheet.policy.missing_stop
    sheet.decided_by("missing_stop", [administration.id])
    if policy == "none":
        sheet.refuse(
            [administration], MISSING_STOP, "No stop is charted; this policy bills nothing without one."
        )
    elif policy == "push" and administration.pushable == "yes" and administration.family == "therapeutic":
        administration.technique = "push"
        administration.evidence = "assumed"
        sheet.flag("F-ASSUMED", [administration], "No stop is charted: taken for a push by policy.")
        administration.flows = []
    else:
        sheet.flag("F-MISSING_STOP", [administration], says)


def _found_stop(
    administration: CodableAdministration, flows: tuple[Flow, ...], encounter: Encounter, sheet: Worksheet
) -> tuple[int | None, str | None]:
    """Return where the open last flow of a closed stay ended, or None and what to say of it."""
    charted, left, admitted = administration.charted, encounter.departed_at, encounter.inpatient_ordered_at
    if admitted is not None and charted.touched and charted.touched[-1] >= admitted:
        return admitted, None
    if left is not None and flows[-1].start < left and _ran_at_departure(charted, left):
        if charted.stop_reason != "handed_over":  # the window says so of a hand-over
            sheet.flag("F-RUNNING_AT_DEPARTURE", [administration], DEPARTURE.says)
        return left, None
    sheet.decided_by("missing_stop", [administration.id])
    if sheet.policy.missing_stop != "hold_calculate_fallback":
        return None, None
    stop = _calculated_stop(charted, flows)
    if stop is None:
        return None, None
    if left is not None and stop // 60 > left // 60:
        return None, (
            "The stop calculated from volume and rate lies after the departure, and nothing shows that it still ran."
        )
    says = "The stop is calculated from charted volume and rate."
    sheet.flag("F-STOP_CALCULATED", [administration], says, source="volume and rate")
    return stop, None


def close_flow(
    administration: CodableAdministration, flows: tuple[Flow, ...], encounter: Encounter, sheet: Worksheet
) -> tuple[Flow, ...] | None:
    """
    Return flows with the open last one ended, or None when it cannot be; then it is flagged, refused or a push.

    The pump's stop counts first, then the departure or the inpatient order where it is known to have run so long,
    then volume and rate. Sources: R-DOC-2, R-DOC-3, R-WIN-2, R-WIN-3.
    """
    charted = administration.charted
    last = flows[-1]
    stop: int | None = None
    pump = charted.pump_flows[-1].stop if charted.pump_flows else None
    if pump is not None and pump > last.start:
        stop = pump
        says = "The stop is the pump's; no nurse charted one."
        sheet.flag("F-STOP_CALCULATED", [administration], says, source="pump")
    elif encounter.standing == "open":
        sheet.refuse([administration], STILL_RUNNING, "Still running: billed when it has stopped.")
        return None
    else:
        stop, says_why = _found_stop(administration, flows, encounter, sheet)
        if stop is None:
            hold_without_stop(administration, sheet, says_why)
            return None
    administration.evidence = "calculated"
    return (*flows[:-1], Flow(last.start, stop))
