"""Chooses the initial service of each justified site of an encounter (R-HIER, R-INIT)."""

from typing import Final

from rules.coding.doses import Dose, doses_of
from rules.coding.site_group import CODES, Push, SiteGroup
from rules.policy.resolve import Policy
from rules.policy.switches import switch
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.reviews import stands
from rules.worksheet.sheet import Worksheet
from rules.worksheet.timing import Thresholds

FACILITY_RANK = Rule(
    "R-HIER-1", "The facility's initial service is the best ranked, whatever the clock says.",
    ("AAPC-84877", "NAMAS", "CODAP-HYD", "SEED-4"), "B",
)  # fmt: skip
INJECTIONS_BESIDE = Rule(
    "R-HIER-2", "Injections never take the initial's place; they stand beside it.", ("NAMAS", "MC123"), "C"
)
OTHER_LISTS = Rule("R-HIER-3", "Lists that rank fluid over injections change nothing.", (), "K")
ONE_INITIAL = Rule(
    "R-INIT-1", "One initial service per encounter and justified site; a pump started with another drug stands beside it.",
    ("NCCI11", "IOM12", "RAC71", "AAPC-159707", "MCN-FOLFOX4"), "A",
)  # fmt: skip
EQUAL_RANK = Rule("R-INIT-2", "Among equals the longest is the initial, then the earliest.", ("ML-OVL",), "C")
KEY_REASON = Rule(
    "R-INIT-3", "In the office the initial is the key reason for the visit, unless chemotherapy beside it lacks its primary.",
    ("IOM12", "NOR-CN", "AAPC-PRIMARY", "AAPC-SEQ", "AAPC-ADOPT4"), "A",
)  # fmt: skip
UNSUPPORTED_KEY = Rule("R-INIT-4", "A key reason that earns no code gives way to the next by rank.", (), "K")
OVER_MIDNIGHT = Rule(
    "R-INIT-5", "Midnight does not reset the initial.", ("IOM4", "HCPRO-MID", "AAPC-2013", "SUPER"), "A"
)
SUBSEQUENT = Rule(
    "R-DEF-6", "What is not the initial takes the subsequent code, even if it came first.", ("IOM12",), "A"
)

HYDRATION_RANK = 7

BEST_RANKED = "The best ranked service of the stay at this site."
"""Why a service leads by rank, in a facility as in an office without a key reason."""

RULES = (
    FACILITY_RANK, INJECTIONS_BESIDE, OTHER_LISTS, ONE_INITIAL, EQUAL_RANK, KEY_REASON, UNSUPPORTED_KEY,
    OVER_MIDNIGHT, SUBSEQUENT,
)  # fmt: skip


TIES: Final = switch("equal_rank_initial").values
"""How ties of rank may be broken (P-03)."""

Precedence = tuple[int, int, int, int, str]


def precedence(dose: Dose, policy: Policy, limits: Thresholds) -> Precedence:
    """Return the precedence of an infusion, lower first: by rank, then as the policy breaks ties (P-03)."""
    return _precedence(dose, policy.equal_rank_initial, limits)


def _precedence(dose: Dose, tie: str, limits: Thresholds) -> Precedence:
    rank = CODES[dose.family].infusion_rank
    match tie:
        case "first_started":
            return (rank, dose.start, -dose.minutes, 0, dose.id)
        case "highest_paid":
            # Among equals the first hour pays the same, so the added hours decide.
            return (rank, -limits.added_hours(dose.minutes), dose.start, 0, dose.id)
        case _:
            return (rank, -dose.minutes, dose.start, 0, dose.id)


def best_service(
    administrations: list[CodableAdministration], policy: Policy, limits: Thresholds, tie: str | None = None
) -> Precedence:
    """
    Return the precedence of the best service among the administrations of one access, before sites are pooled.

    Ties of rank are broken as ``tie`` says, else as the policy does (P-03).
    """
    fluids = [given for given in administrations if given.family == "hydration"]
    drugs = [given for given in administrations if given.family != "hydration"]
    ranks: list[Precedence] = [
        (CODES[given.family].push_rank, 0, given.at, 0, given.id)
        for given in drugs
        if given.technique != "infusion"
    ]
    for dose in doses_of([given for given in drugs if given.technique == "infusion"], policy):
        if dose.minutes >= limits.infusion:
            ranks.append(_precedence(dose, tie or policy.equal_rank_initial, limits))
        else:
            ranks.append((CODES[dose.family].push_rank, 0, dose.start, 0, dose.id))
    if sum(given.minutes for given in fluids) >= limits.hydration:
        ranks += [(HYDRATION_RANK, 0, given.at, 0, given.id) for given in fluids]
    return min(ranks, default=(HYDRATION_RANK + 1, 0, 0, 0, ""))


def in_rank_order(doses: list[Dose], policy: Policy, limits: Thresholds) -> list[Dose]:
    """Return infusions best first."""
    return sorted(doses, key=lambda dose: precedence(dose, policy, limits)) if len(doses) > 1 else doses


def moved_by_the_tie(doses: list[Dose], limits: Thresholds) -> list[Dose]:
    """Return the infusions whose place among all of them depends on how ties of rank are broken (P-03)."""
    if len(doses) <= 1 or len({CODES[dose.family].infusion_rank for dose in doses}) == len(doses):
        return []
    orders = [sorted(doses, key=lambda dose: _precedence(dose, tie, limits)) for tie in TIES]
    places = zip(*orders, strict=True)
    return list(
        {id(dose): dose for place in places if len(set(map(id, place))) > 1 for dose in place}.values()
    )


def group_precedence(group: SiteGroup, tie: str, limits: Thresholds) -> Precedence:
    """Return the precedence of a group's best service; the best group's initial needs no modifier (R-SITE-2)."""
    ranks = [_precedence(dose, tie, limits) for dose in group.doses]
    ranks += [(CODES[push.family].push_rank, 0, push.at, 0, push.id) for push in group.pushes]
    ranks += [(HYDRATION_RANK, 0, fluid.at, 0, fluid.id) for fluid in group.counted_fluids]
    return min(ranks)


def leading_push(order: list[Dose], pushes: list[Push]) -> Push | None:
    """
    Return the push that is the initial service, else None: chemotherapy first, then the earliest (R-PUSH-1).

    ``order`` holds the group's infusions, best first. A chemotherapy push outranks a therapeutic infusion;
    the answer is None where an infusion outranks every push.
    """
    if not pushes:
        return None
    best = min(pushes, key=lambda p: (CODES[p.family].push_rank, p.at, p.id))
    if order and CODES[order[0].family].infusion_rank < CODES[best.family].push_rank:
        return None
    return best


def _is_key(administrations: list[CodableAdministration], order_id: str) -> bool:
    return any(administration.charted.order_id == order_id for administration in administrations)


def _key_services(group: SiteGroup, order_id: str, order: list[Dose]) -> list[Dose | Push | None]:
    """Return the different services of a group given under the key order; None stands for its fluid."""
    services: dict[str, Dose | Push] = {}
    for dose in order:
        if _is_key(dose.administrations, order_id):
            services.setdefault(dose.substance, dose)
    for push in group.pushes:
        if _is_key(push.administrations, order_id) and push.substance not in services:
            same = [other for other in group.pushes if other.substance == push.substance]
            services[push.substance] = min(same, key=lambda other: (other.at, other.id))
    fluid = [None] if _is_key(group.counted_fluids, order_id) else []
    return [*services.values(), *fluid]


def _without_primary(group: SiteGroup, service: Dose | Push | None) -> list[Dose | Push]:
    """Return the chemotherapy whose add-on code has no primary where ``service`` leads: 96417 needs 96413."""
    if isinstance(service, Dose) and service.family == "chemotherapy":
        return []
    added: list[Dose | Push] = [dose for dose in group.doses if dose.family == "chemotherapy"]
    if service is None or service.family != "chemotherapy":
        added += [push for push in group.pushes if push.family == "chemotherapy"]
    return added


def choose_office_initial(
    groups: list[SiteGroup], key_order: str | None, sheet: Worksheet, limits: Thresholds, *, known: bool
) -> bool:
    """
    Put the key reason first in its group; raise ``F-KEY_REASON`` where it is needed and not known.

    ``known`` tells that something was given under the key order, coded or not. Returns False when the policy holds
    such encounters (P-02) and no intravenous line may be made.
    """
    if key_order is not None:
        key_services = [
            (group, service)
            for group in groups
            for service in _key_services(group, key_order, in_rank_order(group.doses, sheet.policy, limits))
        ]
        if len(key_services) == 1:
            group, service = key_services[0]
            orphans = _without_primary(group, service)
            if orphans:
                says = "Chemotherapy beside this key reason has no primary code: the lines stand by rank."
                given = service.administrations if service is not None else group.counted_fluids
                chemotherapy = [one for orphan in orphans for one in orphan.administrations]
                sheet.flag("F-KEY_REASON", [*given, *chemotherapy], says)
                return True
            group.initial = service
            group.by_key_reason = True
            group.fluid_first = service is None
            return True
        if not key_services and known:
            return True  # the key reason is known and earns no code: the next by rank leads (R-INIT-4)
    candidates = 0
    for group in groups:
        services = {dose.substance for dose in group.doses} | {push.substance for push in group.pushes}
        candidates = max(candidates, len(services) + bool(group.counted_fluids))
    if candidates <= 1:
        return True
    choices = [service for group in groups for part in (group.doses, group.pushes) for service in part]
    administrations = [administration for service in choices for administration in service.administrations]
    administrations += [administration for group in groups for administration in group.fluids]
    review = sheet.flag("F-KEY_REASON", administrations, candidates=candidates)
    if stands(review):
        return True
    sheet.decided_by("office_initial_when_no_key_reason", [one.id for one in administrations])
    return sheet.policy.office_initial_when_no_key_reason != "hold"
