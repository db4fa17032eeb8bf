"""Before anything is read: which administrations are one, and where the next bag says that the last one ended."""

from datetime import UTC, datetime

from models.encounter import Administration, Encounter, Flow
from rules.formulary.lookup import substance
from rules.policy.resolve import Policy

FLOWING = {"infusion", "pca"}
DRIPS = {"diltiazem", "heparin", "insulin", "norepinephrine", "propofol"}
"""Drugs whose bags follow one another, of those that are drawn or in examples."""


def as_one_record(encounter: Encounter, policy: Policy) -> Encounter:
    """Return the stay with a pump's record put to its nurse's (A-9) and bags chained (A-14)."""
    together = joined_with_pumps(encounter.administrations, policy)
    return encounter._replace(administrations=tuple(chained(one, together) for one in together))


def joined_with_pumps(given: tuple[Administration, ...], policy: Policy) -> list[Administration]:
    """Return the administrations, what only a pump tells of put to what the nurse charted of the same (A-9)."""
    kept = [one for one in given if not (one.pump_flows and not one.flows)]
    for pumped in given:
        if not pumped.pump_flows or pumped.flows:
            continue
        twins = [one for one in kept if are_one(one, pumped)]
        tolerated = policy.merge_gap_inside_one_dose_without_id
        twins = [one for one in twins if wait(one, pumped) // 60 <= tolerated]
        twins.sort(key=lambda one: (wait(one, pumped), one.flows[0].start, one.administration_id))
        beside = [one for one in twins if not wait(one, pumped)] or twins[:1]
        if not beside:
            kept.append(pumped)
        for number, nurse in enumerate(beside):
            since = nurse.flows[0].start if number else None
            until = beside[number + 1].flows[0].start if number + 1 < len(beside) else None
            kept[kept.index(nurse)] = with_pump(nurse, pumped, part(pumped.pump_flows, since, until))
    places = {one.administration_id: number for number, one in enumerate(given)}
    return sorted(kept, key=lambda one: places[one.administration_id])


def part(flows: tuple[Flow, ...], since: int | None, until: int | None) -> tuple[Flow, ...]:
    """Return what of a pump's flow lies between two of the nurse's starts."""
    cut = []
    for start, stop in flows:
        begun = start if since is None else max(start, since)
        ended = stop if until is None else until if stop is None else min(stop, until)
        if (until is None or begun < until) and (ended is None or begun < ended):
            cut.append(Flow(begun, ended))
    return tuple(cut)


def with_pump(nurse: Administration, pump: Administration, flows: tuple[Flow, ...]) -> Administration:
    """Return the nurse's record with what the pump adds."""
    seen = [at for at in (nurse.last_seen_at, pump.last_seen_at) if at is not None]
    return nurse._replace(
        pump_flows=tuple(sorted({*nurse.pump_flows, *flows}, key=lambda flow: flow.start)),
        stop_reason=nurse.stop_reason or pump.stop_reason,
        rates=nurse.rates or pump.rates,
        bag_changes=nurse.bag_changes or pump.bag_changes,
        touched=tuple(sorted({*nurse.touched, *pump.touched})),
        device_id=nurse.device_id or pump.device_id,
        last_seen_at=max(seen, default=None),
    )


def are_one(nurse: Administration, pump: Administration) -> bool:
    """Whether two records share an order or a dose, the drug, and the route where both tell it."""
    if not nurse.flows or nurse.technique not in FLOWING or pump.technique not in FLOWING:
        return False
    if None not in (nurse.route, pump.route) and nurse.route != pump.route:
        return False
    same_dose = nurse.dose_id is not None and nurse.dose_id == pump.dose_id
    same_order = nurse.order_id is not None and nurse.order_id == pump.order_id
    return (same_dose or same_order) and drug_of(nurse) == drug_of(pump) != ""


def wait(one: Administration, other: Administration) -> int:
    """Return the seconds between two records from first to last, none where they overlap; an open flow is its start."""
    first, last = one.flows[0].start, max(flow.stop or flow.start for flow in one.flows)
    begun, ended = other.pump_flows[0].start, max(flow.stop or flow.start for flow in other.pump_flows)
    return max(0, begun - last, first - ended)


def drug_of(one: Administration) -> str:
    """Return the identity of what was given."""
    if one.drug is None:
        return ""
    flows = one.flows or one.pump_flows
    begun = flows[0].start if flows else one.given_at or 0
    return substance(one.drug, datetime.fromtimestamp(begun, tz=UTC).date())


def chained(one: Administration, everyone: list[Administration]) -> Administration:
    """Return a bag without a stop as ended when the next of its order or dose was hung (R-DOC-6, A-14)."""
    if one.technique != "infusion" or not one.flows or one.flows[-1].stop is not None:
        return one
    opened = one.flows[-1].start
    if one.pump_flows and (one.pump_flows[-1].stop or 0) > opened:
        return one
    starts = [
        other.given_at
        for other in everyone
        if other.given_at is not None and other.given_at > opened and is_next_bag(one, other)
    ]
    if not starts:
        return one
    return one._replace(flows=(*one.flows[:-1], Flow(opened, min(starts))))


def is_next_bag(one: Administration, other: Administration) -> bool:
    """Whether two bags at one access are of one dose id, or of one order that is continuous; and of one drug."""
    if other.technique != "infusion" or drug_of(one) != drug_of(other) or one.site_id != other.site_id:
        return False
    if one.dose_id is not None and one.dose_id == other.dose_id:
        return True
    in_one_order = one.order_id is not None and one.order_id == other.order_id
    return in_one_order and is_continuous(one, other)


def is_continuous(one: Administration, other: Administration) -> bool:
    """Whether bag follows bag: a drip, a titrated rate, a bag changed, or a volume that lasted until the next."""
    if drug_of(one) in DRIPS or len({rate for _, rate in one.rates}) > 1 or one.bag_changes:
        return True
    volume, rate = one.volume_ml, one.rates[0][1] if one.rates else one.rate_ml_per_h
    if not volume or not rate or other.given_at is None:
        return False
    lasted = rate * (other.given_at - one.flows[-1].start) / 3600
    return abs(lasted - volume) * 5 <= volume
