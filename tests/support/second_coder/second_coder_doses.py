"""Administrations to doses, doses to services, services to the initial of each site group."""

from datetime import date

from second_coder_desk import Desk, Given, Service
from second_coder_seconds import first, gap, whole

RANKS = {
    ("infusion", "CHEMO"): 1,
    ("push", "CHEMO"): 2,
    ("infusion", "THER"): 4,
    ("push", "THER"): 5,
    ("hydration", "HYD"): 7,
}


NO_GAP = 1
"""Minutes between two riders that are still run back to back (A-10)."""


def same_dose(desk: Desk, one: Given, other: Given) -> bool:
    """Whether two infusions of one drug at one site group are one dose (R-SAME-2, A-10, A-11)."""
    if one.substance != other.substance or one.group != other.group or one.billing != other.billing:
        return False
    ids = {one.administration.dose_id, other.administration.dose_id}
    if len(ids) == 1 and None not in ids:
        return True
    if one.counted & other.counted:
        if len(ids - {None}) > 1:
            desk.raise_flag("F-OVERLAP_AMBIGUOUS")
        return True
    wait = gap(one.counted, other.counted)
    order = one.administration.order_id
    of_one_order = order is not None and order == other.administration.order_id
    tolerated = wait <= desk.policy.merge_gap_inside_one_dose_without_id
    return wait <= NO_GAP or (tolerated and (of_one_order or ids == {None}))


def doses(desk: Desk, givens: list[Given]) -> list[list[Given]]:
    """Return the administrations joined into doses, in time order."""
    found: list[list[Given]] = []
    for given in sorted(givens, key=lambda one: (one.start, one.identifier)):
        alike = [dose for dose in found if any(same_dose(desk, given, member) for member in dose)]
        joined = [member for dose in alike for member in dose] + [given]
        found = [dose for dose in found if dose not in alike] + [joined]
    return found


def together(dose: list[Given]) -> int:
    """Return every second of a dose, counted once however many bags ran (R-CONC-9)."""
    seconds = 0
    for one in dose:
        seconds |= one.counted
    return seconds


def has_no_minute(desk: Desk, dose: list[Given]) -> bool:
    """Hold a dose that flowed for less than a minute in all (R-DOC-5); return whether it did."""
    if whole(together(dose)):
        return False
    for one in dose:
        desk.hold(one, "F-NEGATIVE_DURATION")
    return True


def drug_services(desk: Desk, givens: list[Given]) -> list[Service]:
    """Return the drug infusions and pushes of the IV sites; what is implausible goes behind its flag."""
    to_code = [one for one in givens if one.outcome == "to code" and one.billing in {"THER", "CHEMO"}]
    services = []
    for dose in doses(desk, [one for one in to_code if one.kind == "infusion"]):
        flowed = together(dose)
        if has_no_minute(desk, dose):
            continue
        kind = "infusion" if whole(flowed) >= 16 else "push"
        service = Service(
            kind, dose[0].billing, dose[0].substance, first(flowed), flowed, dose, dose[0].group
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
                Service("push", one.billing, one.substance, one.start, one.counted, [one], one.group)
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
            earlier[0].counted |= service.counted
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
    length = -service.minutes if long_first else 0
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
        if beside_chemotherapy(chosen, groups[key]):
            desk.raise_flag("F-KEY_REASON")
            return found
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


def beside_chemotherapy(key: Service, services: list[Service]) -> bool:
    """
    Whether the key reason as initial would leave chemotherapy at its site without a primary (A-24).

    96417 stands beside 96413 alone, so an infusion needs an infusion of chemotherapy that leads; a push needs one of
    either kind.
    """
    if key.billing == "CHEMO" and key.kind == "infusion":
        return False
    beside = [one for one in services if one.billing == "CHEMO" and one is not key]
    return any(one.kind == "infusion" or key.billing != "CHEMO" for one in beside)


def what(service: Service) -> tuple[str, str]:
    """Return what makes two services different for the choice: the class and, for drugs, the drug."""
    return (service.billing, "" if service.kind == "hydration" else service.substance)
