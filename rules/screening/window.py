"""The minutes that are the hospital's: from take-over to departure or the inpatient order (R-ENC, R-WIN)."""

from models.encounter import Encounter
from models.interval import clip, whole_minutes
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
from rules.worksheet.reviews import stands
from rules.worksheet.sheet import Worksheet
from rules.worksheet.timing import read_instant

ONE_STAY = Rule(
    "R-ENC-1",
    "One continuous outpatient stay is one encounter, over midnight and between units.",
    ("IOM4", "HCPRO-MID", "ML-OBS"),
    "A",
)
RETURN_VISIT = Rule(
    "R-ENC-2",
    "A return the same day for another service is an encounter of its own.",
    ("AAPC-2TRIPS", "HCPRO-MULTI", "IOM12"),
    "A",
)
OUTPATIENT_ONLY = Rule("R-SET-3", "Inpatient services do not take these codes.", ("AHIMA", "MIAMI"), "A")
TAKE_OVER = Rule("R-WIN-1", "Minutes before the hospital took over are not the hospital's.", (), "K")
DEPARTURE = Rule("R-WIN-2", "What still runs at departure ends there.", ("A55134", "SE1609", "NAHRI"), "K")
INPATIENT = Rule("R-WIN-3", "Time counts up to the inpatient order.", ("MIAMI",), "A")
NOT_GIVEN = Rule("R-WIN-4", "What was not given, refused or entered in error is taken off.", (), "K")

RULES = (ONE_STAY, RETURN_VISIT, OUTPATIENT_ONLY, TAKE_OVER, DEPARTURE, INPATIENT, NOT_GIVEN)

_SOON = 300
"""Seconds; more than any way to read an instant moves it."""


def _minute(second: int, sheet: Worksheet) -> int:
    """Return the epoch minute of an instant: registration is kept by the minute, so before and after are too."""
    return read_instant(second, sheet.policy.rounding) // 60


def _before_arrival(administration: CodableAdministration, encounter: Encounter, sheet: Worksheet) -> bool:
    charted = administration.charted
    if charted.prehospital is not None:
        return charted.prehospital
    if encounter.arrived_at is None or charted.given_at is None or charted.given_at >= encounter.arrived_at:
        return False
    return _minute(charted.given_at, sheet) < _minute(encounter.arrived_at, sheet)


def _taken_over_at(
    administration: CodableAdministration, encounter: Encounter, sheet: Worksheet
) -> int | None:
    """Return the first epoch second at which hospital staff charted the running infusion."""
    touched = administration.charted.touched
    if encounter.arrived_at is not None:
        arrived = _minute(encounter.arrived_at, sheet)
        touched = tuple(at for at in touched if _minute(at, sheet) >= arrived)
    return read_instant(touched[0], sheet.policy.rounding) if touched else None


def _first_hospital_minute(encounter: Encounter, sheet: Worksheet) -> int | None:
    """Return the minute of the first thing at the bedside that was not charted as somebody else's, None without any."""
    moments = [
        charted.given_at if charted.given_at is not None else charted.flows[0].start
        for charted in encounter.administrations
        if charted.prehospital is not True and (charted.given_at is not None or charted.flows)
    ]
    return _minute(min(moments), sheet) if moments else None


def _registered_late(context: Context) -> bool:
    """Tell whether the arrival was stored as later than the bedside began, by no more than late registration explains."""
    arrived_at = context.encounter.arrived_at
    first = _first_hospital_minute(context.encounter, context.sheet)
    if first is None or arrived_at is None:
        return False
    return 0 < _minute(arrived_at, context.sheet) - first <= context.limits.late_registration


def _take_over(administration: CodableAdministration, context: Context) -> bool:
    """
    Code what began before arrival as the policy says (P-16), and flag it; tell whether anything is left to code.

    What nobody charted as given elsewhere stands where the arrival was registered up to half an hour late. Earlier
    than that the flag blocks, unless an infusion's take-over is charted.
    """
    encounter, sheet = context.encounter, context.sheet
    if administration.charted.prehospital is None and _registered_late(context):
        sheet.flag("F-PREARRIVAL", [administration], "It began before the arrival that was registered late.")
        return True
    choice = sheet.policy.pre_arrival_infusions
    momentary = administration.technique in {"push", "injection"}
    taken = None if momentary else _taken_over_at(administration, encounter, sheet)
    flows = clip(administration.flows, taken, None) if taken is not None else []
    if administration.charted.prehospital is None and not flows:
        says = "It is charted more than half an hour before the arrival: one of the two times is wrong."
        review = sheet.block("F-PREARRIVAL", [administration], says)
    else:
        review = sheet.flag("F-PREARRIVAL", [administration])
    if review is not None:
        return stands(review)
    if flows:
        sheet.decided_by("pre_arrival_infusions", [administration.id])
    if choice == "ignore" or momentary:
        sheet.refuse([administration], TAKE_OVER, "Given before the hospital took over.")
        return False
    if choice == "review_all":
        sheet.refuse([administration], TAKE_OVER, "Began before arrival: left to a person by policy.")
        return False
    if not flows:
        sheet.refuse(
            [administration], TAKE_OVER, "Began before arrival and no take-over is charted: no timed code."
        )
        return False
    administration.flows = flows
    return True


def inside_window(
    administration: CodableAdministration, start: int, encounter: Encounter, sheet: Worksheet
) -> bool:
    """
    Tell whether an administration that starts at this epoch second starts inside the stay; refuse or flag it if not.

    A push or a pump's start in the very minute of the departure or the order still counts.
    """
    late = 0 if administration.technique in {"infusion", "pca"} else 1
    admitted, left = encounter.inpatient_ordered_at, encounter.departed_at
    if admitted is not None and start // 60 >= _minute(admitted, sheet) + late:
        sheet.refuse([administration], OUTPATIENT_ONLY, "Given after the inpatient order.")
        return False
    if left is not None and start // 60 >= _minute(left, sheet) + late:
        sheet.flag("F-AFTER_DEPARTURE", [administration])
        return False
    return True


def keep_window(administration: CodableAdministration, context: Context) -> bool:
    """
    Cut an administration to the hospital's minutes; flag or refuse what lies outside.

    Returns whether anything is left to code. A stay without a discharge has no end yet.
    """
    encounter, sheet = context.encounter, context.sheet
    if _before_arrival(administration, encounter, sheet) and not _take_over(administration, context):
        return False
    end, admitted = encounter.departed_at, encounter.inpatient_ordered_at
    if end is None or (admitted is not None and admitted < end):
        end = admitted
    flows = administration.flows
    last = flows[-1][1] if flows else administration.at
    # What began and ended minutes before the end is inside, however an instant with seconds is read.
    if end is not None and (last >= end - _SOON or administration.charted.stop_reason == "handed_over"):
        start = flows[0][0] if flows else administration.at
        if not inside_window(administration, start, encounter, sheet):
            return False
        if administration.technique in {"infusion", "pca"}:
            _cut_at_end(administration, encounter, sheet, end)
    return _recount(administration)


def _cut_at_end(
    administration: CodableAdministration, encounter: Encounter, sheet: Worksheet, end: int
) -> None:
    """Cut flow that ran past the departure or the inpatient order (R-WIN-2, R-WIN-3)."""
    cut = administration.flows[-1][1] // 60 > _minute(end, sheet)
    administration.flows = clip(administration.flows, None, read_instant(end, sheet.policy.rounding))
    left, admitted = encounter.departed_at, encounter.inpatient_ordered_at
    if cut and left is not None and (admitted is None or left < admitted):
        sheet.flag("F-RUNNING_AT_DEPARTURE", [administration])
    elif administration.charted.stop_reason == "handed_over":
        sheet.flag("F-RUNNING_AT_DEPARTURE", [administration], "Handed over while still running.")


def _recount(administration: CodableAdministration) -> bool:
    if administration.flows:
        administration.minutes = whole_minutes(administration.flows)
        administration.at = administration.flows[0][0]
    return True
