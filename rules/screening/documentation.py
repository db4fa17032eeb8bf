"""The times that count, the nurse's before the pump's before calculated ones; the impossible is refused (R-DOC)."""

from decimal import Decimal

from models.charge import Evidence
from models.encounter import Administration, Encounter, Flow
from models.interval import Stretch, length, union
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.sheet import Worksheet
from rules.worksheet.timing import Thresholds

MINIMUM_RECORD = Rule(
    "R-DOC-1", "Coding needs an authenticated order, the substance, route, site, times and, for fluid, a reason.",
    ("NAMAS", "HCPRO-STARTSTOP", "ML-HYDDOC", "WMIB"), "C",
)  # fmt: skip
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
MISSING_START = Rule("R-DOC-4", "Without a start there is no timed code.", (), "K")
IMPOSSIBLE = Rule("R-DOC-5", "What cannot have happened is not coded.", (), "K")
CONTINUOUS = Rule(
    "R-DOC-6", "Bags of a continuous order chain; only the last stop is needed.", ("RCA-CONT",), "C"
)
NURSE_BILLS = Rule(
    "R-DOC-7", "The nurse's record is billed; the pump supports it.", ("ML-PUMP", "SUESS"), "C"
)
RUN_AGAIN = Rule("R-DOC-8", "Any late change codes the whole encounter again.", (), "K")
STILL_RUNNING = Rule("R-INIT-6", "Charges before the encounter closes are provisional.", ("WMC",), "C")

RULES = (
    MINIMUM_RECORD, MISSING_STOP, STOP_SUBSTITUTE, MISSING_START, IMPOSSIBLE, CONTINUOUS, NURSE_BILLS, RUN_AGAIN,
    STILL_RUNNING,
)  # fmt: skip

FAULT_FLAGS = {
    "stop_before_start": ("F-NEGATIVE_DURATION", "The stop is charted before the start."),
    "no_duration": ("F-NEGATIVE_DURATION", "Start and stop are charted at the same minute."),
    "overlapping_intervals": ("F-OVERLAP_SELF", "The charted intervals overlap one another."),
    "started_twice": ("F-OVERLAP_SELF", "A second start is charted with no stop between."),
    "stop_without_start": ("F-MISSING_START", "A stop is charted without a start."),
}

EARLY_STOPS = frozenset({"discontinued", "reaction"})


def minutes_of(flows: tuple[Flow, ...], *, nearest: bool) -> list[Stretch]:
    """Return closed flows as disjoint minutes: cut to the minute, or to the nearest one (P-24)."""
    shift = 30 if nearest else 0
    if len(flows) == 1:
        start, stop = flows[0]
        if stop is None:
            return []
        first, last = (start + shift) // 60, (stop + shift) // 60
        return [(first, last)] if last > first else []
    return union(
        ((flow.start + shift) // 60, (flow.stop + shift) // 60) for flow in flows if flow.stop is not None
    )


def constant_rate(charted: Administration) -> Decimal | None:
    """Return the only rate in mL/h an administration ran at, or None when the rate changed or is not charted."""
    if not charted.rates:
        return charted.rate_ml_per_h
    first = charted.rates[0][1]
    return first if all(rate == first for _, rate in charted.rates) else None


def _calculated_stop(charted: Administration, flows: tuple[Flow, ...]) -> int | None:
    """Return the instant at which the charted volume had run at its one charted rate."""
    rate = constant_rate(charted)
    if not rate or charted.volume_ml is None:
        return None
    seconds = int(charted.volume_ml * 60 / rate) * 60
    ran = sum(flow.stop - flow.start for flow in flows if flow.stop is not None)
    return flows[-1].start + seconds - ran if seconds > ran else None


def hold_without_stop(administration: CodableAdministration, sheet: Worksheet) -> None:
    """Hold an infusion whose stop nobody charted, unless the policy takes it for a push or refuses it (P-15)."""
    policy = sheet.policy.missing_stop
    if policy == "none":
        sheet.refuse(
            [administration], MISSING_STOP, "No stop is charted; this policy bills nothing without one."
        )
    elif policy == "push" and administration.pushable == "yes" and administration.family == "therapeutic":
        administration.technique = "push"
        administration.evidence = "assumed"
        administration.flows = []
    else:
        sheet.flag("F-MISSING_STOP", [administration])


def _close(
    administration: CodableAdministration, flows: tuple[Flow, ...], encounter: Encounter, sheet: Worksheet
) -> tuple[Flow, ...] | None:
    """Return the nurse's flows with the open last one ended, or None when it cannot be."""
    charted = administration.charted
    last = flows[-1]
    stop: int | None = None
    pump = charted.pump_flows[-1].stop if charted.pump_flows else None
    if pump is not None and pump > last.start:
        stop = pump
        sheet.flag(
            "F-STOP_CALCULATED",
            [administration],
            "The stop is the pump's; no nurse charted one.",
            source="pump",
        )
    elif encounter.standing == "open":
        sheet.refuse([administration], STILL_RUNNING, "Still running: billed when it has stopped.")
        return None
    elif (
        encounter.inpatient_ordered_at is not None
        and charted.touched
        and charted.touched[-1] >= encounter.inpatient_ordered_at
    ):
        stop = encounter.inpatient_ordered_at
    else:
        stop = (
            _calculated_stop(charted, flows)
            if sheet.policy.missing_stop == "hold_calculate_fallback"
            else None
        )
        if stop is not None:
            sheet.flag(
                "F-STOP_CALCULATED",
                [administration],
                "The stop is calculated from charted volume and rate.",
                source="volume and rate",
            )
    if stop is None:
        hold_without_stop(administration, sheet)
        return None
    administration.evidence = "calculated"
    return (*flows[:-1], Flow(last.start, stop))


def resolve_times(
    administration: CodableAdministration, encounter: Encounter, sheet: Worksheet, limits: Thresholds
) -> bool:
    """
    Put the minutes that count on the administration; flag or refuse it when no source gives them.

    Returns whether the administration may go on to the window and the codes. Sources: R-DOC-2 to R-DOC-7.
    """
    charted = administration.charted
    nearest = sheet.policy.rounding == "nearest_minute"
    for fault in charted.faults:
        flag, says = FAULT_FLAGS[fault]
        sheet.flag(flag, [administration], says)
        return False
    flows = charted.flows
    if not flows:
        flows = charted.pump_flows
        if not flows:
            sheet.flag("F-MISSING_START", [administration])
            return False
        administration.evidence = "calculated"
        sheet.flag(
            "F-STOP_CALCULATED",
            [administration],
            "All times are the pump's; no nurse validated them.",
            source="pump",
        )
    elif charted.stop_reason == "bag_removed":
        administration.evidence = "calculated"
        sheet.flag("F-STOP_PROXY", [administration])
    if flows[-1].stop is None:
        closed = _close(administration, flows, encounter, sheet)
        if closed is None:
            return administration.technique == "push"
        flows = closed
    administration.flows = minutes_of(flows, nearest=nearest)
    administration.minutes = length(administration.flows)
    if not administration.flows:
        sheet.flag("F-NEGATIVE_DURATION", [administration], "Less than one minute of flow is charted.")
        return False
    if (
        charted.pump_flows
        and charted.flows
        and charted.pump_flows[-1].stop is not None
        and charted.flows[-1].stop is not None
    ):
        _compare_with_pump(administration, sheet, limits, nearest=nearest)
    return True


def _units(administration: CodableAdministration, minutes: int, limits: Thresholds) -> tuple[bool, int]:
    if administration.family == "hydration":
        return (minutes >= limits.hydration, limits.hydration_units(minutes))
    return (minutes >= limits.infusion, limits.added_hours(minutes))


def _compare_with_pump(
    administration: CodableAdministration, sheet: Worksheet, limits: Thresholds, *, nearest: bool
) -> None:
    pump = length(minutes_of(administration.charted.pump_flows, nearest=nearest))
    apart = abs(pump - administration.minutes)
    changes = _units(administration, pump, limits) != _units(administration, administration.minutes, limits)
    if changes or apart > sheet.policy.pump_tolerance:
        says = f"The nurse charted {administration.minutes} minutes, the pump {pump}."
        raise_flag = sheet.block if changes else sheet.flag
        raise_flag(
            "F-PUMP_MAR_MISMATCH",
            [administration],
            says,
            nurse_minutes=administration.minutes,
            pump_minutes=pump,
        )
    else:
        evidence: Evidence = "pump_validated"
        administration.evidence = evidence


def plausible(
    administration: CodableAdministration, sheet: Worksheet, limits: Thresholds, *, clipped: bool
) -> bool:
    """
    Tell whether the duration and the volume can be; flag the administration when not (R-DOC-5).

    The minutes inside the window are judged. A charted volume is not compared with ``clipped`` minutes.
    """
    charted, minutes = administration.charted, administration.minutes
    longest = sheet.policy.sanity_limits * 60
    if minutes > longest:
        sheet.flag(
            "F-TOO_LONG",
            [administration],
            f"{minutes} minutes is more than {longest}.",
            minutes=minutes,
            limit=longest,
        )
        return False
    if charted.planned_minutes and minutes > 2 * charted.planned_minutes:
        says = f"{minutes} minutes is more than twice the {charted.planned_minutes} ordered."
        sheet.flag("F-TOO_LONG", [administration], says, minutes=minutes, limit=2 * charted.planned_minutes)
        return False
    if (
        not clipped
        and charted.volume_ml
        and not charted.bag_changes
        and charted.stop_reason not in (*EARLY_STOPS, "handed_over")
    ):
        rate = constant_rate(charted)
        if rate and administration.evidence != "calculated":
            off = abs(rate * minutes / 60 - charted.volume_ml) * 100
            if off > limits.volume_tolerance_percent * charted.volume_ml:
                says = f"{minutes} minutes at {rate:f} mL/h do not give {charted.volume_ml:f} mL."
                sheet.flag("F-VOLUME_MISMATCH", [administration], says, minutes=minutes)
                return False
    return True
