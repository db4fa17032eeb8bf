"""Modifiers an automatic coder may attach, each from a fact in the events (R-MOD)."""

from datetime import date
from functools import lru_cache

from models.encounter import Encounter
from models.event import Setting
from rules.rule import Rule
from rules.tables import ptp
from rules.worksheet import Earned, Worksheet

SECOND_SITE = Rule(
    "R-MOD-1",
    "A justified second site's initial carries the distinct-site modifier.",
    ("NCCI11", "IOM12"),
    "A",
)
SECOND_STAY = Rule(
    "R-MOD-2",
    "The initial of a second stay the same day carries a distinct-encounter modifier.",
    ("AAPC-2TRIPS", "RAC71"),
    "A",
)
PROVEN_PAIR = Rule(
    "R-MOD-3",
    "A pair's modifier is attached only where drug, route or time prove separate work.",
    ("NCCI11", "OIG-WK"),
    "A",
)
NOT_OURS = Rule("R-MOD-4", "Modifiers 25 and 57 belong to the visit.", (), "K")
NO_REPEATS = Rule("R-MOD-5", "Repeats are units or add-ons, not modifier 76.", (), "K")
NEVER = Rule("R-MOD-7", "22, 51, 50, LT, RT, 26 and TC do not apply.", (), "K")
DEPARTMENT = Rule("R-MOD-8", "PO, PN and ER come from the department's master data.", ("OPPS26", "RHIS"), "A")
WASTE = Rule("R-MOD-9", "JW and JZ belong to drug lines.", (), "K")
DISCOUNTED = Rule("R-MOD-10", "TB belongs to drug lines.", (), "K")
COVERAGE = Rule("R-MOD-11", "GA, GX, GY, GZ and KX need coverage facts.", (), "K")
REGISTRATION = Rule("R-MOD-12", "Other modifiers come from orders and registration.", (), "K")

RULES = (
    SECOND_SITE, SECOND_STAY, PROVEN_PAIR, NOT_OURS, NO_REPEATS, NEVER, DEPARTMENT, WASTE, DISCOUNTED, COVERAGE,
    REGISTRATION,
)  # fmt: skip

INITIALS = frozenset({"96360", "96365", "96374", "96409", "96413"})
OTHER_ROUTE = frozenset({"96372", "96377", "96401", "96402"})
"""Column 2 codes whose own route proves separate work beside anything given into a vein."""

BYPASSING = frozenset({"59", "XE", "XS", "XP", "XU"})


@lru_cache(maxsize=8192)
def clashing_pairs(codes: frozenset[str], setting: Setting, on: date) -> tuple[tuple[str, str, int], ...]:
    """
    Return the NCCI pairs among codes on one date: column 1, column 2, modifier indicator; in order.

    Raises:
        NotInForceError: no edition covers the date.
    """
    pairs = ptp(setting, on)
    return tuple(sorted((one, two, pairs[one, two]) for one in codes for two in codes if (one, two) in pairs))


def _with(earned: Earned, modifier: str, rule: Rule, says: str) -> Earned:
    return earned._replace(
        modifiers=(*earned.modifiers, modifier), reasons=(*earned.reasons, rule.because(says))
    )


def attach(encounter: Encounter, sheet: Worksheet) -> None:
    """
    Put modifiers on what was earned: second stay, proven pairs, then the department's.

    The second site's is already there, put on by the step that chose the initial.
    """
    policy = sheet.policy
    entries = sheet.earned
    if encounter.follows_encounter_id is not None:
        token = "59" if policy.distinct_site_modifier == "59" else "XE"
        for index, earned in enumerate(entries):
            if earned.code in INITIALS and not BYPASSING.intersection(earned.modifiers):
                entries[index] = _with(
                    earned, token, SECOND_STAY, "The patient had left and came back the same day."
                )
    if len(entries) > 1:
        _prove_pairs(sheet)
    if encounter.department_modifier is not None and sheet.facility:
        says = f"The department's master data say {encounter.department_modifier}."
        sheet.earned = [_with(earned, encounter.department_modifier, DEPARTMENT, says) for earned in entries]


def _prove_pairs(sheet: Worksheet) -> None:
    by_date: dict[date, set[str]] = {}
    for earned in sheet.earned:
        by_date.setdefault(earned.service_date, set()).add(earned.code)
    for on, codes in by_date.items():
        provable = {
            two
            for _, two, indicator in clashing_pairs(frozenset(codes), sheet.policy.setting, on)
            if indicator == 1 and two in OTHER_ROUTE
        }
        if not provable:
            continue
        for index, earned in enumerate(sheet.earned):
            if (
                earned.service_date == on
                and earned.code in provable
                and not BYPASSING.intersection(earned.modifiers)
            ):
                sheet.earned[index] = _with(
                    earned, "59", PROVEN_PAIR, "Another route than the infusions and pushes beside it."
                )
