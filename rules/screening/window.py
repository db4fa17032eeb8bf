"""Which minutes are the hospital's: from take-over to departure or the inpatient order (R-ENC, R-WIN)."""

from models.encounter import Encounter
from models.interval import clip, length
from rules.rule import Rule
from rules.worksheet.codable import Course
from rules.worksheet.sheet import Worksheet

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
DEPARTURE = Rule("R-WIN-2", "What still runs at departure ends there.", ("A55134", "NAHRI"), "K")
INPATIENT = Rule("R-WIN-3", "Time counts up to the inpatient order.", ("MIAMI",), "A")
NOT_GIVEN = Rule("R-WIN-4", "What was not given, refused or entered in error is taken off.", (), "K")

RULES = (ONE_STAY, RETURN_VISIT, OUTPATIENT_ONLY, TAKE_OVER, DEPARTURE, INPATIENT, NOT_GIVEN)


def _before_arrival(course: Course, encounter: Encounter, shift: int) -> bool:
    given = course.given
    if given.prehospital is not None:
        return given.prehospital
    if encounter.arrived_at is None or given.given_at is None:
        return False
    return (given.given_at + shift) // 60 < (encounter.arrived_at + shift) // 60


def _taken_over_at(course: Course, encounter: Encounter, shift: int) -> int | None:
    """Return the first epoch minute at which hospital staff charted the running infusion."""
    touched = [(at + shift) // 60 for at in course.given.touched]
    if encounter.arrived_at is None:
        return touched[0] if touched else None
    arrived = (encounter.arrived_at + shift) // 60
    return next((minute for minute in touched if minute >= arrived), None)


def _take_over(course: Course, encounter: Encounter, sheet: Worksheet, shift: int) -> bool:
    """Apply P-16 to what began before arrival; tell whether anything is left to code."""
    choice = sheet.policy.pre_arrival_infusions
    if choice == "ignore" or course.way in {"push", "injection"}:
        sheet.refuse([course], TAKE_OVER, "Given before the hospital took over.")
        return False
    sheet.flag("F-PREARRIVAL", [course])
    if choice == "review_all":
        sheet.refuse([course], TAKE_OVER, "Began before arrival: left to a person by policy.")
        return False
    taken = _taken_over_at(course, encounter, shift)
    flows = clip(course.flows, taken, None) if taken is not None else []
    if not flows:
        sheet.refuse([course], TAKE_OVER, "Began before arrival and no take-over is charted: no timed code.")
        return False
    course.flows = flows
    return True


def inside_window(course: Course, start: int, encounter: Encounter, sheet: Worksheet) -> bool:
    """
    Tell whether what starts at this epoch minute starts inside the stay; refuse or flag it when not.

    A push or a pump's start in the very minute of the departure or the order still counts.
    """
    shift = 30 if sheet.policy.rounding == "nearest_minute" else 0
    late = 0 if course.way in {"infusion", "pca"} else 1
    admitted, left = encounter.inpatient_ordered_at, encounter.departed_at
    if admitted is not None and start >= (admitted + shift) // 60 + late:
        sheet.refuse([course], OUTPATIENT_ONLY, "Given after the inpatient order.")
        return False
    if left is not None and start >= (left + shift) // 60 + late:
        sheet.flag("F-AFTER_DEPARTURE", [course])
        return False
    return True


def keep_window(course: Course, encounter: Encounter, sheet: Worksheet) -> bool:
    """
    Cut a course to the hospital's minutes; flag or refuse what lies outside.

    Returns whether anything is left to code. A stay nobody was discharged from has no end yet.
    """
    shift = 30 if sheet.policy.rounding == "nearest_minute" else 0
    if _before_arrival(course, encounter, shift) and not _take_over(course, encounter, sheet, shift):
        return False
    ends = [at for at in (encounter.departed_at, encounter.inpatient_ordered_at) if at is not None]
    if ends:
        if not inside_window(course, course.flows[0][0] if course.flows else course.at, encounter, sheet):
            return False
        if course.way in {"infusion", "pca"}:
            _cut_at_end(course, encounter, sheet, (min(ends) + shift) // 60)
    return _recount(course)


def _cut_at_end(course: Course, encounter: Encounter, sheet: Worksheet, end: int) -> None:
    """End at the departure or the inpatient order what ran past it (R-WIN-2, R-WIN-3)."""
    cut = course.flows[-1][1] > end
    if cut:
        course.flows = clip(course.flows, None, end)
    left, admitted = encounter.departed_at, encounter.inpatient_ordered_at
    if cut and left is not None and (admitted is None or left < admitted):
        sheet.flag("F-RUNNING_AT_DEPARTURE", [course])
    elif course.given.stop_reason == "handed_over":
        sheet.flag("F-RUNNING_AT_DEPARTURE", [course], "Handed over while still running.")


def _recount(course: Course) -> bool:
    if course.flows:
        course.minutes = length(course.flows)
        course.at = course.flows[0][0]
    return True
