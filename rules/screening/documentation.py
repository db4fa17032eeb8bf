"""Which times count: nurse before pump before calculation, and what cannot have happened (R-DOC)."""

from decimal import Decimal

from models.charge import Evidence
from models.encounter import Administration, Encounter, Flow
from models.interval import Stretch, length, union
from rules.rule import Rule
from rules.worksheet.codable import Course
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


def constant_rate(given: Administration) -> Decimal | None:
    """Return the one rate in mL/h an administration ran at, or None when it changed or is not charted."""
    if not given.rates:
        return given.rate_ml_per_h
    first = given.rates[0][1]
    return first if all(rate == first for _, rate in given.rates) else None


def _calculated_stop(given: Administration, flows: tuple[Flow, ...]) -> int | None:
    """Return the instant at which the charted volume had run at its one charted rate."""
    rate = constant_rate(given)
    if not rate or given.volume_ml is None:
        return None
    seconds = int(given.volume_ml * 60 / rate) * 60
    ran = sum(flow.stop - flow.start for flow in flows if flow.stop is not None)
    return flows[-1].start + seconds - ran if seconds > ran else None


def _hold_without_stop(course: Course, sheet: Worksheet) -> None:
    policy = sheet.policy.missing_stop
    if policy == "none":
        sheet.refuse([course], MISSING_STOP, "No stop is charted; this policy bills nothing without one.")
    elif policy == "push" and course.pushable == "yes" and course.family == "therapeutic":
        course.way = "push"
        course.evidence = "assumed"
        course.flows = []
    else:
        sheet.flag("F-MISSING_STOP", [course])


def _close(
    course: Course, flows: tuple[Flow, ...], encounter: Encounter, sheet: Worksheet
) -> tuple[Flow, ...] | None:
    """Return the nurse's flows with the open last one ended, or None when it cannot be."""
    given = course.given
    last = flows[-1]
    stop: int | None = None
    pump = given.pump_flows[-1].stop if given.pump_flows else None
    if pump is not None and pump > last.start:
        stop = pump
        sheet.flag(
            "F-STOP_CALCULATED", [course], "The stop is the pump's; no nurse charted one.", source="pump"
        )
    elif encounter.standing == "open":
        sheet.refuse([course], STILL_RUNNING, "Still running: billed when it has stopped.")
        return None
    elif (
        encounter.inpatient_ordered_at is not None
        and given.touched
        and given.touched[-1] >= encounter.inpatient_ordered_at
    ):
        stop = encounter.inpatient_ordered_at
    else:
        stop = (
            _calculated_stop(given, flows) if sheet.policy.missing_stop == "hold_calculate_fallback" else None
        )
        if stop is not None:
            sheet.flag(
                "F-STOP_CALCULATED",
                [course],
                "The stop is calculated from charted volume and rate.",
                source="volume and rate",
            )
    if stop is None:
        _hold_without_stop(course, sheet)
        return None
    course.evidence = "calculated"
    return (*flows[:-1], Flow(last.start, stop))


def settle_times(course: Course, encounter: Encounter, sheet: Worksheet, limits: Thresholds) -> bool:
    """
    Put the minutes that count on the course; flag or refuse it when they cannot be known.

    Returns whether the course may go on to the window and the codes. Sources: R-DOC-2 to R-DOC-7.
    """
    given = course.given
    nearest = sheet.policy.rounding == "nearest_minute"
    for fault in given.faults:
        flag, says = FAULT_FLAGS[fault]
        sheet.flag(flag, [course], says)
        return False
    flows = given.flows
    if not flows:
        flows = given.pump_flows
        if not flows:
            sheet.flag("F-MISSING_START", [course])
            return False
        course.evidence = "calculated"
        sheet.flag(
            "F-STOP_CALCULATED", [course], "All times are the pump's; no nurse validated them.", source="pump"
        )
    elif given.stop_reason == "bag_removed":
        course.evidence = "calculated"
        sheet.flag("F-STOP_PROXY", [course])
    if flows[-1].stop is None:
        closed = _close(course, flows, encounter, sheet)
        if closed is None:
            return course.way == "push"
        flows = closed
    course.flows = minutes_of(flows, nearest=nearest)
    course.minutes = length(course.flows)
    if not course.flows:
        sheet.flag("F-NEGATIVE_DURATION", [course], "Less than one minute of flow is charted.")
        return False
    if (
        given.pump_flows
        and given.flows
        and given.pump_flows[-1].stop is not None
        and given.flows[-1].stop is not None
    ):
        _compare_with_pump(course, sheet, limits, nearest=nearest)
    return True


def _units(course: Course, minutes: int, limits: Thresholds) -> tuple[bool, int]:
    if course.family == "hydration":
        return (minutes >= limits.hydration, limits.hydration_units(minutes))
    return (minutes >= limits.infusion, limits.added_hours(minutes))


def _compare_with_pump(course: Course, sheet: Worksheet, limits: Thresholds, *, nearest: bool) -> None:
    pump = length(minutes_of(course.given.pump_flows, nearest=nearest))
    apart = abs(pump - course.minutes)
    changes = _units(course, pump, limits) != _units(course, course.minutes, limits)
    if changes or apart > sheet.policy.pump_tolerance:
        says = f"The nurse charted {course.minutes} minutes, the pump {pump}."
        raise_flag = sheet.block if changes else sheet.flag
        raise_flag("F-PUMP_MAR_MISMATCH", [course], says, nurse_minutes=course.minutes, pump_minutes=pump)
    else:
        evidence: Evidence = "pump_validated"
        course.evidence = evidence


def plausible(course: Course, sheet: Worksheet, limits: Thresholds, *, clipped: bool) -> bool:
    """
    Tell whether the duration and the volume can be; flag the course when not (R-DOC-5).

    Judged on the minutes inside the window; a volume says nothing of ``clipped`` minutes.
    """
    given, minutes = course.given, course.minutes
    longest = sheet.policy.sanity_limits * 60
    if minutes > longest:
        sheet.flag(
            "F-TOO_LONG",
            [course],
            f"{minutes} minutes is more than {longest}.",
            minutes=minutes,
            limit=longest,
        )
        return False
    if given.planned_minutes and minutes > 2 * given.planned_minutes:
        says = f"{minutes} minutes is more than twice the {given.planned_minutes} ordered."
        sheet.flag("F-TOO_LONG", [course], says, minutes=minutes, limit=2 * given.planned_minutes)
        return False
    if (
        not clipped
        and given.volume_ml
        and not given.bag_changes
        and given.stop_reason not in (*EARLY_STOPS, "handed_over")
    ):
        rate = constant_rate(given)
        if rate and course.evidence != "calculated":
            off = abs(rate * minutes / 60 - given.volume_ml) * 100
            if off > limits.volume_tolerance_percent * given.volume_ml:
                says = f"{minutes} minutes at {rate:f} mL/h do not give {given.volume_ml:f} mL."
                sheet.flag("F-VOLUME_MISMATCH", [course], says, minutes=minutes)
                return False
    return True
