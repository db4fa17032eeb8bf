"""The times that count, the nurse's before the pump's before calculated ones; contradictions are flagged (R-DOC)."""

from typing import Final, get_args

from models.charge import Evidence
from models.encounter import Administration, Encounter, Flow
from models.interval import Stretch, union, whole_minutes
from rules.rule import Rule
from rules.screening.missing_stops import close_flow
from rules.screening.plausibility import FAULT_FLAGS
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.reviews import stands
from rules.worksheet.sheet import Worksheet
from rules.worksheet.timing import Rounding, Thresholds, read_instant

MINIMUM_RECORD = Rule(
    "R-DOC-1", "Coding needs an authenticated order, the substance, route, site, times and, for fluid, a reason.",
    ("NAMAS", "HCPRO-STARTSTOP", "ML-HYDDOC", "WMIB"), "C",
)  # fmt: skip
MISSING_START = Rule("R-DOC-4", "Without a start there is no timed code.", (), "K")
NURSE_BILLS = Rule(
    "R-DOC-7", "The nurse's record is billed; the pump supports it.", ("ML-PUMP", "SUESS"), "C"
)
CONTRADICTED = Rule(
    "R-DOC-10",
    "A pause never resumed before a completed stop is asked about; so is an infusion charted into muscle or skin.",
    (),
    "K",
)
RUN_AGAIN = Rule("R-DOC-8", "Any late change codes the whole encounter again.", (), "K")

RULES = (MINIMUM_RECORD, MISSING_START, NURSE_BILLS, RUN_AGAIN, CONTRADICTED)


_TOLERATED_AT_MOST: Final = 60
"""Minutes; apart by more, nurse and pump disagree under every answer (P-28)."""

RAN_THROUGH = frozenset({"completed", "kvo"})
"""Reasons of a stop that say that all of the drug had flowed."""

NOTHING_BEGAN = "No start and no drug came for this stop, pause or rate: the start or the order is missing, or was refused."
"""What is said of an administration that is only known to have gone on (R-DOC-4)."""


def stretches_of(flows: tuple[Flow, ...], rounding: Rounding) -> list[Stretch]:
    """Return closed flows as disjoint stretches of epoch seconds, their ends as the policy reads them (P-24)."""
    if len(flows) == 1:
        start, stop = flows[0]
        if stop is None:
            return []
        if rounding != "flow_seconds":
            start, stop = read_instant(start, rounding), read_instant(stop, rounding)
        return [(start, stop)] if stop > start else []
    return union(
        (read_instant(flow.start, rounding), read_instant(flow.stop, rounding))
        for flow in flows
        if flow.stop is not None
    )


def contradicted(administration: CodableAdministration, sheet: Worksheet) -> bool:
    """Flag what cannot be as charted; tell whether it may not be coded, for nobody let it stand (R-DOC-5)."""
    for fault in administration.charted.faults:
        if fault == "no_duration" and administration.technique not in {"infusion", "pca"}:
            continue  # a moment has none
        flag, says = FAULT_FLAGS[fault]
        if not stands(sheet.flag(flag, [administration], says)):
            return True
    return False


def _note_rounding(name: str, flows: tuple[Flow, ...], sheet: Worksheet) -> None:
    """Note an administration whose minutes depend on how instants with seconds are read (P-24)."""
    # Most charts are kept by the minute, and read alike in every way.
    for start, stop in flows:
        if start % 60 or (stop or 0) % 60:
            break
    else:
        return
    readings = {whole_minutes(stretches_of(flows, rounding)) for rounding in get_args(Rounding)}
    if len(readings) > 1:
        sheet.decided_by("rounding", [name])


def resolve_times(
    administration: CodableAdministration, encounter: Encounter, sheet: Worksheet, limits: Thresholds
) -> bool:
    """
    Put the minutes that count on the administration; flag or refuse it when no source gives them.

    Returns whether the administration may go on to the window and the codes. Sources: R-DOC-2 to R-DOC-7.
    """
    charted = administration.charted
    if charted.faults and contradicted(administration, sheet):
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
        closed = close_flow(administration, flows, encounter, sheet)
        if closed is None:
            return administration.technique == "push"
        flows = closed
    administration.flows = stretches_of(flows, sheet.policy.rounding)
    administration.minutes = whole_minutes(administration.flows)
    _note_rounding(administration.id, flows, sheet)
    if not administration.flows:
        sheet.flag("F-NEGATIVE_DURATION", [administration], "Less than one minute of flow is charted.")
        return False
    if (
        charted.pump_flows
        and charted.flows
        and charted.pump_flows[-1].stop is not None
        and charted.flows[-1].stop is not None
    ):
        _compare_with_pump(administration, sheet, limits)
    if charted.open_pause is not None and charted.stop_reason in RAN_THROUGH:
        _ask_for_the_resume(administration, flows, charted.open_pause, sheet)
    return True


def _units(administration: CodableAdministration, minutes: int, limits: Thresholds) -> tuple[bool, int]:
    if administration.family == "hydration":
        return (minutes >= limits.hydration, limits.hydration_units(minutes))
    return (minutes >= limits.infusion, limits.added_hours(minutes))


def _ask_for_the_resume(
    administration: CodableAdministration,
    flows: tuple[Flow, ...],
    pause: Flow,
    sheet: Worksheet,
) -> None:
    """Flag a pause that ends in a completed stop: it blocks where its minutes would change a line of the stay."""
    to_the_pause = administration.minutes
    to_the_stop = whole_minutes(stretches_of((*flows, pause), sheet.policy.rounding))
    says = f"Paused and not resumed before the stop: {to_the_pause} minutes to the pause, {to_the_stop} if it flowed on."
    raise_flag = sheet.block if administration.id in sheet.deciding_pauses else sheet.flag
    raise_flag("F-PAUSE_OPEN", [administration], says, to_the_pause=to_the_pause, to_the_stop=to_the_stop)


def infused_into_muscle(
    charted: Administration, route: str | None, sheet: Worksheet, limits: Thresholds
) -> bool:
    """Tell whether a flow long enough to be an infusion is charted into muscle, where nothing is infused (R-DOC-10)."""
    if charted.technique != "infusion" or route != "IM":
        return False
    flowed = whole_minutes(stretches_of(charted.flows or charted.pump_flows, sheet.policy.rounding))
    return flowed >= limits.infusion


def _ends_apart(nurse: list[Stretch], pump: list[Stretch]) -> int:
    """Return by how many whole minutes the starts or the stops of nurse and pump differ, whichever is more."""
    if not pump:
        return 0
    return max(abs(pump[0][0] - nurse[0][0]), abs(pump[-1][1] - nurse[-1][1])) // 60


def _compare_with_pump(administration: CodableAdministration, sheet: Worksheet, limits: Thresholds) -> None:
    flowed, minutes = (
        stretches_of(administration.charted.pump_flows, sheet.policy.rounding),
        administration.minutes,
    )
    pump = whole_minutes(flowed)
    apart = abs(pump - minutes)
    ends_apart = _ends_apart(administration.flows, flowed)
    changes = apart != 0 and _units(administration, pump, limits) != _units(administration, minutes, limits)
    most = max(apart, ends_apart)
    if not changes and 0 < most <= _TOLERATED_AT_MOST:
        sheet.decided_by("pump_tolerance", [administration.id])
    if changes or most > sheet.policy.pump_tolerance:
        says = f"The nurse charted {minutes} minutes, the pump {pump}."
        if ends_apart > apart:
            says = f"{says[:-1]}; a start or a stop is {ends_apart} minutes apart."
        raise_flag = sheet.block if changes else sheet.flag
        raise_flag(
            "F-PUMP_MAR_MISMATCH",
            [administration],
            says,
            nurse_minutes=minutes,
            pump_minutes=pump,
        )
    else:
        evidence: Evidence = "pump_validated"
        administration.evidence = evidence
