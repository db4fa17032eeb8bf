"""Modifiers an automatic coder may attach, each from a fact in the events (R-MOD)."""

from datetime import date

from models.charge import Reason
from models.field import Setting
from rules.coding.site_reasons import quoted
from rules.coding.sites import REASONED
from rules.rule import Rule
from rules.site_folder import cached_by_site
from rules.tables.lookup import ptp
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
from rules.worksheet.sheet import Earned, Worksheet

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
NO_REPEATS = Rule(
    "R-MOD-5",
    "Repeats are units or add-ons; a payer who asks has its modifier on further injections.",
    ("AAPC-SPLIT",),
    "B",
)
NEVER = Rule("R-MOD-7", "22, 51, 50, LT, RT, 26 and TC do not apply.", (), "K")
DEPARTMENT = Rule(
    "R-MOD-8",
    "PO, PN and ER come from the master data of the department in which a service started.",
    ("OPPS26", "RHIS"),
    "A",
)
WASTE = Rule(
    "R-MOD-9",
    "JW and JZ belong to drug lines: what was thrown away of a single-dose container, or that nothing was.",
    ("JW-CGS", "JW-FCSO", "JW-NGS", "JZ-NORIDIAN", "JW-PACKAGED"),
    "A",
)
DISCOUNTED = Rule("R-MOD-10", "TB belongs to drug lines.", ("MMPLUS-340B",), "K")
COVERAGE = Rule("R-MOD-11", "GA, GX, GY, GZ and KX need coverage facts.", (), "K")
REGISTRATION = Rule("R-MOD-12", "Other modifiers come from orders and registration.", (), "K")

RULES = (
    SECOND_SITE, SECOND_STAY, PROVEN_PAIR, NOT_OURS, NO_REPEATS, NEVER, DEPARTMENT, WASTE, DISCOUNTED, COVERAGE,
    REGISTRATION,
)  # fmt: skip

INITIALS = frozenset({"96360", "96365", "96374", "96409", "96413"})
INJECTED = frozenset({"96372", "96377", "96401", "96402", "96380", "96381"})
"""Codes of injections; each injection is a drug, a needle and a moment of its own."""

_ELSEWHERE = {
    "artery": ("96373", "96420", "96422", "96423", "96425"),
    "under the skin": ("96369", "96370", "96371"),
    "cavity": ("96440", "96446", "96450", "96542"),
    "lesion": ("96405", "96406"),
    "muscle or skin": tuple(INJECTED),
    "device": ("96521", "96522", "96523"),
}
ROUTE_OF_CODE = {code: route for route, codes in _ELSEWHERE.items() for code in codes}
"""Where a code's drug went in; the drug of a code that is not listed went into a vein."""


def proven_apart(column1: str, column2: str) -> bool:
    """Tell whether two codes' own routes prove separate work (R-MOD-3); a device proves nothing."""
    routes = (ROUTE_OF_CODE.get(column1, "vein"), ROUTE_OF_CODE.get(column2, "vein"))
    return "device" not in routes and (routes[0] != routes[1] or column2 in INJECTED)


_PLACES = {
    "artery": "into an artery",
    "under the skin": "under the skin",
    "cavity": "into a cavity",
    "lesion": "into a lesion",
    "vein": "into a vein",
}


def _why_apart(column1: list[str], column2: str) -> str:
    """Return what proves a code separate from those of column 1: a needle of its own, or another route."""
    beside = ", ".join(column1)
    if column2 in INJECTED:
        return f"An injection has a needle and a moment of its own, apart from {beside}."
    route = ROUTE_OF_CODE.get(column2, "vein")
    return f"Given {_PLACES[route]}: another route than {beside}."


BYPASSING = frozenset({"59", "XE", "XS", "XP", "XU"})


def second_site(
    sheet: Worksheet, administrations: list[CodableAdministration], code: str, reason: str
) -> tuple[str, tuple[Reason, ...]]:
    """Return the modifier of a second site's initial and why it stands; name its charted reason in F-SECOND_SITE."""
    modifier = sheet.policy.distinct_site_modifier
    says = f"{code}-{modifier} stands on the reason charted for a second access: “{quoted(reason)}”."
    sheet.inform("F-SECOND_SITE", administrations, says, "Nothing to do; auditors list these modifiers.")
    why = sheet.policy.because("distinct_site_modifier")
    return modifier, (REASONED.because(), SECOND_SITE.because(), why)


@cached_by_site(maxsize=8192)
def clashing_pairs(codes: frozenset[str], setting: Setting, on: date) -> tuple[tuple[str, str, int], ...]:
    """
    Return the NCCI pairs among codes on one date: column 1, column 2, modifier indicator; in order.

    Raises:
        NotInForceError: no edition covers the date.
    """
    pairs = ptp(setting, on)
    return tuple(
        sorted(
            (column1, column2, pairs[column1, column2])
            for column1 in codes
            for column2 in codes
            if (column1, column2) in pairs
        )
    )


def _with(earned: Earned, modifier: str, rule: Rule, says: str) -> Earned:
    return earned._replace(
        modifiers=(*earned.modifiers, modifier), reasons=(*earned.reasons, rule.because(says))
    )


def attach(context: Context) -> None:
    """
    Put modifiers on what was earned: second stay, proven pairs, then the department's.

    The second site's is already there, put on by the step that chose the initial. Where the stay moved, a line has
    the modifier of the department in which its service started.
    """
    encounter, sheet = context.encounter, context.sheet
    policy = sheet.policy
    entries = sheet.earned
    if encounter.follows_encounter_id is not None:
        token = "59" if policy.distinct_site_modifier == "59" else "XE"
        for index, earned in enumerate(entries):
            if earned.code in INITIALS and not BYPASSING.intersection(earned.modifiers):
                marked = _with(earned, token, SECOND_STAY, "The patient had left and came back the same day.")
                why = policy.because("distinct_site_modifier")
                entries[index] = marked._replace(reasons=(*marked.reasons, why))
    if len(entries) > 1:
        _prove_pairs(sheet)
    if sheet.facility and encounter.departments:
        sheet.earned = [_with_its_department(context, earned) for earned in sheet.earned]
    elif sheet.facility and encounter.department_modifier is not None:
        says = f"The department's master data say {encounter.department_modifier}."
        sheet.earned = [_with(earned, encounter.department_modifier, DEPARTMENT, says) for earned in entries]


def _with_its_department(context: Context, earned: Earned) -> Earned:
    started = earned.started
    if started is None:
        started = min(administration.at for administration in earned.administrations)
    modifier = context.encounter.departments[context.department_at(started)].department_modifier
    if modifier is None:
        return earned
    return _with(
        earned, modifier, DEPARTMENT, f"The department it started in has {modifier} in its master data."
    )


def _is_plain(earned: Earned) -> bool:
    return BYPASSING.isdisjoint(earned.modifiers)


def _prove_pairs(sheet: Worksheet) -> None:
    by_date: dict[date, set[str]] = {}
    for earned in sheet.earned:
        by_date.setdefault(earned.service_date, set()).add(earned.code)
    for on, codes in by_date.items():
        pairs = clashing_pairs(frozenset(codes), sheet.policy.setting, on)
        if not pairs:
            continue
        plain = {one.code for one in sheet.earned if one.service_date == on and _is_plain(one)}
        open_pairs = [
            (column1, column2) for column1, column2, indicator in pairs if indicator == 1 and column2 in plain
        ]
        # One modifier answers every pair of its line, so each that the other side leaves open has to be proven.
        unproven = {
            column2
            for column1, column2 in open_pairs
            if column1 in plain and not proven_apart(column1, column2)
        }
        provable = {column2 for column1, column2 in open_pairs if proven_apart(column1, column2)} - unproven
        if not provable:
            continue
        for index, earned in enumerate(sheet.earned):
            if (
                earned.service_date == on
                and earned.code in provable
                and not BYPASSING.intersection(earned.modifiers)
            ):
                beside = sorted(column1 for column1, column2 in open_pairs if column2 == earned.code)
                says = _why_apart(beside, earned.code)
                sheet.earned[index] = _with(earned, "59", PROVEN_PAIR, says)
