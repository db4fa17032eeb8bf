"""Hydration: the minutes nothing else explains, and what they earn."""

from datetime import date
from decimal import Decimal

from second_coder_desk import POOLED, UNKNOWN_SITE, Desk, Given, Service, Unit, added_hours
from second_coder_fragments import Fragment, fragments_of
from second_coder_seconds import Seconds, end, first, nth, span, whole
from second_coder_sites import same_access

from rules.formulary.charted_terms import means
from rules.formulary.lookup import lookup
from rules.formulary.volume_reasons import reason_for_volume


def settle_fluids(desk: Desk, givens: list[Given]) -> None:
    """Take out of hydration what nobody gave a reason for, what only keeps the line open, what is too little."""
    for given in givens:
        if given.billing != "HYD" or given.outcome != "to code":
            continue
        if not has_reason(desk, given):
            settle_without_reason(desk, given, givens)
            continue
        if given.group == UNKNOWN_SITE:
            continue
        given.counted &= ~kept_open(desk, given)
        if not given.counted:
            given.outcome = "not billed: R-BUN-2"
        elif is_small(desk, given):
            given.outcome = "not billed: R-HYD-8"


def has_reason(desk: Desk, given: Given) -> bool:
    """Whether a reason is charted that counts: one on the list of reasons for volume, or any (A-18)."""
    reason = given.administration.indication
    if desk.policy.hydration_reason == "any":
        return bool(reason)
    if desk.policy.electrolyte_bag_class == "always_hydration" and holds_electrolyte(desk, given):
        return means(reason, "deficiency") or reason_for_volume(reason, desk.date_of(given.start)) is not None
    return reason_for_volume(reason, desk.date_of(given.start)) is not None


def holds_electrolyte(desk: Desk, given: Given) -> bool:
    """Whether a bag is a fluid only because the policy calls every electrolyte one (P-14)."""
    drug = given.administration.drug
    entry = None if drug is None else lookup(drug, desk.date_of(given.start))
    return entry is not None and entry.billing_class == "electrolyte"


def settle_without_reason(desk: Desk, given: Given, givens: list[Given]) -> None:
    """Hold a fluid without a reason, unless it carries a piggyback at the same access (R-HYD-9, A-19); a portable pump is none."""
    drugs: Seconds = 0
    for one in givens:
        if one.kind != "pump" and same_access(desk, one, given):
            drugs |= drug_seconds([one], [], one.group)
    if given.administration.intent != "hydrate" and given.counted & drugs:
        given.outcome = "not billed: R-HYD-9"
    else:
        desk.hold(given, "F-HYD_NECESSITY")


def kept_open(desk: Desk, given: Given) -> Seconds:
    """Return the seconds whose rate only kept the line open (R-HYD-8)."""
    told: list[tuple[int, Decimal | None]] = [(0, given.administration.rate_ml_per_h)]
    told += [(desk.second(since), rate) for since, rate in given.administration.rates]
    seconds: Seconds = 0
    for number, (since, rate) in enumerate(told):
        until = told[number + 1][0] if number + 1 < len(told) else end(given.counted)
        if rate is not None and rate <= desk.policy.kvo_rate_ceiling:
            seconds |= span(since, until)
    return seconds


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
) -> tuple[list[Service], dict[int, list[list[Fragment]]]]:
    """Return the hydration of each group that earns something, and the fragments each is paid for, by id()."""
    fluids = [one for one in givens if one.billing == "HYD" and one.outcome == "to code"]
    keys: list[tuple[str, date | None]] = []
    for fluid in fluids:
        key = (fluid.group, day_of(desk, fluid))
        if key not in keys:
            keys.append(key)
    services, paid = [], {}
    for group, day in keys:
        members = [one for one in fluids if (one.group, day_of(desk, one)) == (group, day)]
        drugs = drug_seconds(givens, drug_services, group)
        pushed = push_seconds(desk, givens, drug_services, group)
        stretches = worth_paying(desk, fragments_of(desk, members, drugs), pushed)
        if stretches:
            seconds: Seconds = 0
            for fragment in (fragment for stretch in stretches for fragment in stretch):
                seconds |= fragment.seconds
            contributing = [one for one in members if one.counted & seconds]
            service = Service("hydration", "HYD", "", first(seconds), seconds, contributing, group, day)
            services.append(service)
            paid[id(service)] = stretches
    return services, paid


def day_of(desk: Desk, fluid: Given) -> date | None:
    """Return the date a fluid counts on where P-04 starts anew every day."""
    return desk.date_of(first(fluid.counted)) if desk.policy.initial_reset == "calendar_day" else None


def drug_seconds(givens: list[Given], drug_services: list[Service], group: str) -> Seconds:
    """
    Return every second a drug or blood ran at the group, billed or not (R-HYD-4).

    What is held because nobody knows where it ran stops no hydration; the set is held anyway.
    """
    seconds: Seconds = 0
    as_push = {id(one) for service in drug_services if service.kind == "push" for one in service.members}
    for one in givens:
        settled = one.group == UNKNOWN_SITE and one.outcome != "behind F-SITE_UNKNOWN"
        where = POOLED if settled else one.group
        in_vein = one.kind in {"infusion", "pca"} or (one.kind == "pump" and one.route in {"IV", None})
        at_site = where == group and in_vein
        is_drug = one.billing not in {"HYD", "flush"} and one.administration.intent not in {
            "kvo",
            "carrier",
            "flush",
        }
        if at_site and is_drug:
            seconds |= one.flowed & ~one.counted if id(one) in as_push else one.flowed
    return seconds


def push_seconds(desk: Desk, givens: list[Given], drug_services: list[Service], group: str) -> Seconds:
    """Return the seconds pushes took, as P-13 counts them."""
    school = desk.policy.deduct_push_time_from_hydration
    seconds: Seconds = 0
    if school == "none":
        return seconds
    spans = [(one.start, one.counted) for one in drug_services if one.kind == "push" and one.group == group]
    spans += [
        (one.start, one.counted)
        for one in givens
        if one.kind == "push" and one.group == group and one.outcome == "behind F-IMPLAUSIBLE_PUSH"
    ]
    for begun, documented in spans:
        if school == "nominal":
            seconds |= span(begun, begun + 60 * desk.policy.nominal_push_minutes)
        else:
            seconds |= documented
    return seconds


def worth_paying(desk: Desk, fragments: list[Fragment], pushed: Seconds) -> list[list[Fragment]]:
    """
    Return the fragments that are counted together as one list each (R-HYD-5).

    A push goes into the running fluid, so it takes its seconds without ending a fragment (A-16).
    """
    school = desk.policy.hydration_fragments
    left = [fragment._replace(seconds=fragment.seconds & ~pushed) for fragment in fragments]
    if school == "per_interval":
        return [[fragment] for fragment in left if whole(fragment.seconds) >= 31]
    if minutes_of(left) < 31:
        return []
    if school == "cumulative_anchor" and not any(whole(fragment.seconds) >= 31 for fragment in left):
        desk.raise_flag("F-HYD_FRAGMENTED")
        return []
    return [left]


def minutes_of(stretch: list[Fragment]) -> int:
    """Return the whole minutes of some fragments, their seconds summed first (A-1)."""
    return sum(fragment.seconds.bit_count() for fragment in stretch) // 60


def code_hydration(
    desk: Desk, service: Service, stretches: list[list[Fragment]], *, initial: bool
) -> list[Unit]:
    """
    Write hydration down; return the initial unit when it is the initial (R-HYD-2, R-HYD-3).

    A unit belongs to the date its fragment began, the fragment in which it was earned (R-DOS-1, R-DOS-2).
    """
    firsts = []
    for number, stretch in enumerate(stretches):
        for hour in range(1 + added_hours(minutes_of(stretch))):
            began, _ = place_of(stretch, 60 * (31 + 60 * hour) - 1)
            if initial and number == 0 and hour == 0:
                firsts.append(desk.write("96360", began, service.members))
            else:
                desk.write("96361", began, service.members, place_of(stretch, 3600 * hour)[1])
    return firsts


def place_of(stretch: list[Fragment], number: int) -> tuple[int, int]:
    """Return when the fragment began that holds a stretch's second of this number, and that second."""
    for fragment in stretch:
        if number < fragment.seconds.bit_count():
            return fragment.began, nth(fragment.seconds, number)
        number -= fragment.seconds.bit_count()
    message = "the stretch is shorter"
    raise IndexError(message)
