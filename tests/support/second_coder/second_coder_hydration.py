"""Hydration: the minutes nothing else explains, and what they earn."""

from datetime import date
from decimal import Decimal

from second_coder_class import root_of
from second_coder_desk import POOLED, UNKNOWN_SITE, Desk, Given, Service, Unit, added_hours, runs

Stretch = list[tuple[int, int]]
"""Minutes counted together, each with the first minute of the fragment it lies in."""


def settle_fluids(desk: Desk, givens: list[Given]) -> None:
    """Take out of hydration what nobody gave a reason for, what only keeps the line open, what is too little."""
    for given in givens:
        if given.billing != "HYD" or given.outcome != "to code":
            continue
        if not given.administration.indication:
            settle_without_reason(desk, given, givens)
            continue
        if given.group == UNKNOWN_SITE:
            continue
        given.minutes = {minute for minute in given.minutes if not keeps_vein_open(desk, given, minute)}
        if not given.minutes:
            given.outcome = "not billed: R-BUN-2"
        elif is_small(desk, given):
            given.outcome = "not billed: R-HYD-8"


def settle_without_reason(desk: Desk, given: Given, givens: list[Given]) -> None:
    """Hold a fluid without a reason, unless it is the primary line of a drug at the same access (R-HYD-9)."""
    drugs: set[int] = set()
    for one in givens:
        if same_access(desk, one, given):
            drugs |= drug_minutes([one], [], one.group)
    if given.administration.intent != "hydrate" and given.minutes & drugs:
        given.outcome = "not billed: R-HYD-9"
    else:
        desk.hold(given, "F-HYD_NECESSITY")


def same_access(desk: Desk, one: Given, other: Given) -> bool:
    """Whether two administrations went through the same access."""
    first, second = one.administration.site_id, other.administration.site_id
    return first == second or (
        first is not None and second is not None and root_of(desk, first) == root_of(desk, second)
    )


def keeps_vein_open(desk: Desk, given: Given, minute: int) -> bool:
    """Whether the rate of a minute only kept the line open (R-HYD-8)."""
    rate: Decimal | None = given.administration.rate_ml_per_h
    for since, told in given.administration.rates:
        if desk.minute(since) <= minute:
            rate = told
    return rate is not None and rate <= desk.policy.kvo_rate_ceiling


def is_small(desk: Desk, given: Given) -> bool:
    """Flag a small volume; return whether the payer does not pay for it (P-29)."""
    volume = given.administration.volume_ml
    if volume is None or volume > 500:
        return False
    desk.raise_flag("F-HYD_VOLUME")
    floor = desk.policy.hydration_minimum_volume
    return floor is not None and volume <= floor


def hydration_services(
    desk: Desk, givens: list[Given], drug_services: list[Service]
) -> tuple[list[Service], dict[int, list[Stretch]]]:
    """Return the hydration of each group that earns something, and the stretches each is paid for, by id()."""
    fluids = [one for one in givens if one.billing == "HYD" and one.outcome == "to code"]
    keys: list[tuple[str, date | None]] = []
    for fluid in fluids:
        key = (fluid.group, day_of(desk, fluid))
        if key not in keys:
            keys.append(key)
    services, paid = [], {}
    for group, day in keys:
        members = [one for one in fluids if (one.group, day_of(desk, one)) == (group, day)]
        flowing = {minute for one in members for minute in one.minutes}
        flowing -= drug_minutes(givens, drug_services, group)
        pushed = push_minutes(desk, givens, drug_services, group)
        stretches = worth_paying(desk, runs(flowing), pushed)
        if stretches:
            minutes = {minute for stretch in stretches for minute, _ in stretch}
            contributing = [one for one in members if one.minutes & minutes]
            service = Service("hydration", "HYD", "", min(minutes), minutes, contributing, group, day)
            services.append(service)
            paid[id(service)] = stretches
    return services, paid


def day_of(desk: Desk, fluid: Given) -> date | None:
    """Return the date a fluid counts on where P-04 starts anew every day."""
    return desk.date_of(min(fluid.minutes)) if desk.policy.initial_reset == "calendar_day" else None


def drug_minutes(givens: list[Given], drug_services: list[Service], group: str) -> set[int]:
    """
    Return every minute a drug or blood ran at the group, billed or not (R-HYD-4).

    What is held because nobody knows where it ran stops no hydration; the set is held anyway.
    """
    minutes: set[int] = set()
    as_push = {id(one) for service in drug_services if service.kind == "push" for one in service.members}
    for one in givens:
        settled = one.group == UNKNOWN_SITE and one.outcome != "behind F-SITE_UNKNOWN"
        where = POOLED if settled else one.group
        at_site = where == group and one.kind in {"infusion", "pump", "pca"}
        is_drug = one.billing not in {"HYD", "flush"} and one.administration.intent not in {
            "kvo",
            "carrier",
            "flush",
        }
        if at_site and is_drug:
            minutes |= one.flowed - one.minutes if id(one) in as_push else one.flowed
    return minutes


def push_minutes(desk: Desk, givens: list[Given], drug_services: list[Service], group: str) -> set[int]:
    """Return the minutes pushes took, as P-13 counts them."""
    school = desk.policy.deduct_push_time_from_hydration
    minutes: set[int] = set()
    if school == "none":
        return minutes
    spans = [(one.start, one.minutes) for one in drug_services if one.kind == "push" and one.group == group]
    spans += [
        (one.start, one.minutes)
        for one in givens
        if one.kind == "push" and one.group == group and one.outcome == "behind F-IMPLAUSIBLE_PUSH"
    ]
    for begun, documented in spans:
        if school == "nominal":
            minutes |= set(range(begun, begun + desk.policy.nominal_push_minutes))
        else:
            minutes |= documented
    return minutes


def worth_paying(desk: Desk, fragments: list[list[int]], pushed: set[int]) -> list[Stretch]:
    """
    Return the stretches that are counted together as one list each (R-HYD-5).

    A drug infusion ends a fragment; a push goes into the running fluid, so it takes minutes without ending one.
    """
    school = desk.policy.hydration_fragments
    stretches = [
        [(minute, fragment[0]) for minute in fragment if minute not in pushed] for fragment in fragments
    ]
    if school == "per_interval":
        return [stretch for stretch in stretches if len(stretch) >= 31]
    together = [pair for stretch in stretches for pair in stretch]
    if len(together) < 31:
        return []
    if school == "cumulative_anchor" and not any(len(stretch) >= 31 for stretch in stretches):
        desk.raise_flag("F-HYD_FRAGMENTED")
        return []
    return [together]


def code_hydration(desk: Desk, service: Service, stretches: list[Stretch], *, initial: bool) -> list[Unit]:
    """
    Write hydration down; return the initial unit when it is the initial (R-HYD-2, R-HYD-3).

    A unit belongs to the date its fragment began, the fragment in which it was earned (R-DOS-1, R-DOS-2).
    """
    firsts = []
    for number, stretch in enumerate(stretches):
        for hour in range(1 + added_hours(len(stretch))):
            _, began = stretch[30 + 60 * hour]
            if initial and number == 0 and hour == 0:
                firsts.append(desk.write("96360", began, service.members))
            else:
                desk.write("96361", began, service.members, stretch[60 * hour][0])
    return firsts
