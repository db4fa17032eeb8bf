"""Administrations to doses, doses to services, services to the initial of each site group."""

from datetime import date

from second_coder_desk import Desk, Given, Service

RANKS = {
    ("infusion", "CHEMO"): 1,
    ("push", "CHEMO"): 2,
    ("infusion", "THER"): 4,
    ("push", "THER"): 5,
    ("hydration", "HYD"): 7,
}


def same_dose(desk: Desk, one: Given, other: Given) -> bool:
    """Whether two administrations of one drug at one site group are one dose (R-SAME-2, R-CONC-9)."""
    if one.substance != other.substance or one.group != other.group or one.billing != other.billing:
        return False
    first, second = one.administration.dose_id, other.administration.dose_id
    if first is not None and first == second:
        return True
    if one.minutes & other.minutes:
        return True
    return (
        first is None
        and second is None
        and gap(one, other) <= desk.policy.merge_gap_inside_one_dose_without_id
    )


def gap(one: Given, other: Given) -> int:
    """Return the shortest wait from a minute of one to a minute of the other; touching is none."""
    return min(abs(a - b) for a in ends(one.minutes) for b in ends(other.minutes)) - 1


def ends(minutes: set[int]) -> list[int]:
    """Return the minutes with nothing before or nothing after them."""
    return [minute for minute in minutes if minute - 1 not in minutes or minute + 1 not in minutes]


def doses(desk: Desk, givens: list[Given]) -> list[list[Given]]:
    """Return the administrations joined into doses, in time order."""
    found: list[list[Given]] = []
    for given in sorted(givens, key=lambda one: (one.start, one.identifier)):
        alike = [dose for dose in found if any(same_dose(desk, given, member) for member in dose)]
        joined = [member for dose in alike for member in dose] + [given]
        found = [dose for dose in found if dose not in alike] + [joined]
    return found


def drug_services(desk: Desk, givens: list[Given]) -> list[Service]:
    """Return the drug infusions and pushes of the IV sites; what is implausible goes behind its flag."""
    to_code = [one for one in givens if one.outcome == "to code" and one.billing in {"THER", "CHEMO"}]
    services = []
    for dose in doses(desk, [one for one in to_code if one.kind == "infusion"]):
        minutes = {minute for one in dose for minute in one.minutes}
        kind = "infusion" if len(minutes) >= 16 else "push"
        service = Service(
            kind, dose[0].billing, dose[0].substance, min(minutes), minutes, dose, dose[0].group
        )
        broken_off = any(one.administration.stop_reason in {"discontinued", "reaction"} for one in dose)
        if kind == "push" and broken_off:
            desk.raise_flag("F-DISCONTINUED")
        if kind == "push" and not broken_off and any(one.pushable == "never" for one in dose):
            for one in dose:
                desk.hold(one, "F-IMPLAUSIBLE_PUSH")
            continue
        services.append(service)
    for one in to_code:
        if one.kind != "push":
            continue
        if one.pushable == "never":
            desk.hold(one, "F-IMPLAUSIBLE_PUSH")
        else:
            services.append(
                Service("push", one.billing, one.substance, one.start, one.minutes, [one], one.group)
            )
    return services


def summed(desk: Desk, services: list[Service]) -> list[Service]:
    """Add up later doses of a drug where P-05 says so; pushes stay as they are."""
    school = desk.policy.same_drug_later_dose
    if school == "each_dose":
        return services
    kept: list[Service] = []
    for service in sorted(services, key=lambda one: (one.start, one.identifier)):
        earlier = [
            one
            for one in kept
            if service.kind == "infusion"
            and (one.kind, one.substance, one.group) == ("infusion", service.substance, service.group)
            and one.billing == service.billing
            and (school == "sum_per_encounter" or desk.date_of(one.start) == desk.date_of(service.start))
        ]
        if earlier:
            earlier[0].minutes = earlier[0].minutes | service.minutes
            earlier[0].members = earlier[0].members + service.members
        else:
            kept.append(service)
    return kept


def by_group(desk: Desk, services: list[Service]) -> dict[tuple[str, date | None], list[Service]]:
    """Return the services of each site group, and of each date where P-04 starts anew."""
    found: dict[tuple[str, date | None], list[Service]] = {}
    for service in services:
        if desk.policy.initial_reset == "calendar_day":
            service.day = desk.date_of(service.start)
        found.setdefault((service.group, service.day), []).append(service)
    return found


def order(desk: Desk, service: Service) -> tuple[int, int, int, str]:
    """Return the place of a service in the hierarchy (R-HIER-1, R-INIT-2)."""
    long_first = service.kind == "infusion" and desk.policy.equal_rank_initial != "first_started"
    length = -len(service.minutes) if long_first else 0
    return (RANKS[service.kind, service.billing], length, service.start, service.identifier)


def initials(
    desk: Desk, groups: dict[tuple[str, date | None], list[Service]]
) -> dict[tuple[str, date | None], Service]:
    """Return the initial service of each group: the key reason in an office, else by rank."""
    found = {key: min(services, key=lambda one: order(desk, one)) for key, services in groups.items()}
    if not desk.office:
        return found
    reason = desk.encounter.key_reason_order_id
    key_services = [
        service
        for services in groups.values()
        for service in services
        if reason is not None and reason in service.orders
    ]
    named = any(one.order_id == reason for one in desk.encounter.administrations) if reason else False
    if len({(service.group, what(service)) for service in key_services}) == 1:
        key = (key_services[0].group, key_services[0].day)
        chosen = min(key_services, key=lambda one: order(desk, one))
        # Of a drug pushed twice the first push is the service: the other is only the same drug again.
        alike = [one for one in groups[key] if one.kind == "push" and what(one) == what(chosen)]
        found[key] = min(alike if chosen.kind == "push" else [chosen], key=lambda one: order(desk, one))
    elif (key_services or not named) and any(
        len({what(service) for service in services}) > 1 for services in groups.values()
    ):
        desk.raise_flag("F-KEY_REASON")
        if desk.policy.office_initial_when_no_key_reason == "hold":
            return {}
    return found


def what(service: Service) -> tuple[str, str]:
    """Return what makes two services different for the choice: the class and, for drugs, the drug."""
    return (service.billing, "" if service.kind == "hydration" else service.substance)
