"""The one service all others hang on, per encounter and justified site (R-HIER, R-INIT)."""

from rules.course import Course
from rules.doses import Dose
from rules.group import CODES, Group, Push
from rules.policy import Policy
from rules.rule import Rule
from rules.timing import Thresholds
from rules.worksheet import Worksheet

FACILITY_RANK = Rule(
    "R-HIER-1", "The facility's initial service is the best ranked, whatever the clock says.",
    ("AAPC-84877", "NAMAS", "CODAP-HYD", "SEED-4"), "B",
)  # fmt: skip
INJECTIONS_BESIDE = Rule(
    "R-HIER-2", "Injections never take the initial's place; they stand beside it.", ("NAMAS", "MC123"), "C"
)
OTHER_LISTS = Rule("R-HIER-3", "Lists that rank fluid over injections change nothing.", (), "K")
ONE_INITIAL = Rule(
    "R-INIT-1", "One initial service per encounter and justified site.", ("NCCI11", "IOM12", "RAC71"), "A"
)
EQUAL_RANK = Rule("R-INIT-2", "Among equals the longest is the initial, then the earliest.", ("ML-OVL",), "C")
KEY_REASON = Rule(
    "R-INIT-3", "In the office the initial is the key reason for the visit.",
    ("IOM12", "NOR-CN", "AAPC-PRIMARY", "AAPC-SEQ", "AAPC-ADOPT4"), "A",
)  # fmt: skip
UNSUPPORTED_KEY = Rule("R-INIT-4", "A key reason that earns no code gives way to the next by rank.", (), "K")
OVER_MIDNIGHT = Rule(
    "R-INIT-5", "Midnight does not reset the initial.", ("IOM4", "HCPRO-MID", "AAPC-2013", "SUPER"), "A"
)
SUBSEQUENT = Rule(
    "R-DEF-6", "What is not the initial takes the subsequent code, even if it came first.", ("IOM12",), "A"
)

RULES = (
    FACILITY_RANK, INJECTIONS_BESIDE, OTHER_LISTS, ONE_INITIAL, EQUAL_RANK, KEY_REASON, UNSUPPORTED_KEY,
    OVER_MIDNIGHT, SUBSEQUENT,
)  # fmt: skip


def in_rank_order(doses: list[Dose], policy: Policy, limits: Thresholds) -> list[Dose]:
    """Return infusions best first: by rank, then as the policy breaks ties (P-03)."""
    tie = policy.equal_rank_initial
    if tie == "first_started":
        return sorted(doses, key=lambda d: (CODES[d.family].infusion_rank, d.start, -d.minutes, d.id))
    if tie == "highest_paid":
        # Among equals the first hour pays the same, so the added hours decide.
        return sorted(
            doses,
            key=lambda d: (CODES[d.family].infusion_rank, -limits.added_hours(d.minutes), d.start, d.id),
        )
    return sorted(doses, key=lambda d: (CODES[d.family].infusion_rank, -d.minutes, d.start, d.id))


def first_push(pushes: list[Push]) -> Push | None:
    """Return the push that is initial where nothing is infused: chemotherapy first, then the earliest (R-PUSH-1)."""
    return min(pushes, key=lambda p: (CODES[p.family].push_rank, p.at, p.id), default=None)


def _keyed(courses: list[Course], order_id: str) -> bool:
    return any(course.given.order_id == order_id for course in courses)


def choose_office_initial(groups: list[Group], key_order: str | None, sheet: Worksheet) -> bool:
    """
    Put the key reason first in its group; raise ``F-KEY_REASON`` where it is needed and not known.

    Returns False when the policy holds such encounters (P-02) and no intravenous line may be made.
    """
    keyed: list[tuple[Group, Dose | Push | None]] = []
    candidates = 0
    for group in groups:
        candidates += len({d.substance for d in group.doses} | {p.substance for p in group.pushes})
        candidates += group.fluid_counts
        if key_order is None:
            continue
        keyed += [(group, dose) for dose in group.doses if _keyed(dose.courses, key_order)][:1]
        keyed += [(group, push) for push in group.pushes if _keyed(push.courses, key_order)][:1]
        if group.fluid_counts and _keyed(group.fluids, key_order):
            keyed.append((group, None))
    if len(keyed) == 1:
        group, service = keyed[0]
        group.initial = service
        group.keyed = True
        group.fluid_first = service is None
        return True
    if candidates <= 1:
        return True
    courses = [
        course
        for group in groups
        for part in (group.doses, group.pushes)
        for dose in part
        for course in dose.courses
    ]
    courses += [course for group in groups for course in group.fluids]
    sheet.flag("F-KEY_REASON", courses, candidates=candidates)
    return sheet.policy.office_initial_when_no_key_reason != "hold"
