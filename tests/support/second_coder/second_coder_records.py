"""Before anything is read: which administrations are one, and where the next bag says that the last one ended."""

from datetime import UTC, datetime

from models.encounter import Administration, Encounter, Flow
from rules.formulary.lookup import substance
from rules.policy.resolve import Policy


def as_one_record(encounter: Encounter, policy: Policy) -> Encounter:
    """Return the stay with a pump's record put to its nurse's (A-9) and bags chained (A-14)."""
    together = joined_with_pumps(encounter.administrations, policy)
    return encounter._replace(administrations=tuple(chained(one, together) for one in together))


def joined_with_pumps(given: tuple[Administration, ...], policy: Policy) -> list[Administration]:
    """Return the administrations, what only a pump tells of put to what the nurse charted of the same (A-9)."""
    kept = [one for one in given if not (one.pump_flows and not one.flows)]
    for pumped in given:
        if pumped in kept:
            continue
        tolerance = 60 * policy.merge_gap_inside_one_dose_without_id
        twins = [one for one in kept if are_one(one, pumped) and wait(one, pumped) // 60 * 60 <= tolerance]
        if not twins:
            kept.append(pumped)
            continue
        nearest = min(twins, key=lambda one: (wait(one, pumped), one.flows[0].start, one.administration_id))
        kept[kept.index(nearest)] = nearest._replace(pump_flows=pumped.pump_flows)
    places = {one.administration_id: number for number, one in enumerate(given)}
    return sorted(kept, key=lambda one: places[one.administration_id])


def are_one(nurse: Administration, pump: Administration) -> bool:
    """Whether two records share an order or a dose, and the drug."""
    if not nurse.flows or nurse.pump_flows or nurse.technique != pump.technique:
        return False
    same_dose = nurse.dose_id is not None and nurse.dose_id == pump.dose_id
    same_order = nurse.order_id is not None and nurse.order_id == pump.order_id
    return (same_dose or same_order) and drug_of(nurse) == drug_of(pump) != ""


def wait(one: Administration, other: Administration) -> int:
    """Return the seconds between two records; less than none where they overlap. An open flow is its start."""
    return min(
        max(a.start - (b.stop or b.start), b.start - (a.stop or a.start))
        for a in one.flows
        for b in other.pump_flows
    )


def drug_of(one: Administration) -> str:
    """Return the identity of what was given."""
    if one.drug is None:
        return ""
    begun = (one.flows or one.pump_flows)[0].start
    return substance(one.drug, datetime.fromtimestamp(begun, tz=UTC).date())


def chained(one: Administration, everyone: list[Administration]) -> Administration:
    """Return a bag without a stop as ended when the next of its order or dose was hung (R-DOC-6, A-14)."""
    if one.technique != "infusion" or one.faults or not one.flows or one.flows[-1].stop is not None:
        return one
    opened = one.flows[-1].start
    starts = [
        other.flows[0].start
        for other in everyone
        if other.flows and other.flows[0].start > opened and is_next_bag(one, other)
    ]
    if not starts:
        return one
    return one._replace(flows=(*one.flows[:-1], Flow(opened, min(starts))))


def is_next_bag(one: Administration, other: Administration) -> bool:
    """Whether two bags are of one dose id, or of one order that is continuous; and of one drug."""
    if other.technique != "infusion" or drug_of(one) != drug_of(other):
        return False
    if one.dose_id is not None and one.dose_id == other.dose_id:
        return True
    return is_continuous(one) and one.order_id is not None and one.order_id == other.order_id


def is_continuous(one: Administration) -> bool:
    """Whether the order says that bag follows bag; the facts do not carry it yet."""
    return bool(getattr(one, "continuous", False))


def stopped_after_pause(one: Administration) -> int | None:
    """
    Return when an infusion that was paused, never resumed, was charted as completed; None for any other (A-8).

    The last flow then ends at the pause, and the stop is the last instant at which anything was said.
    """
    flows = one.flows or one.pump_flows
    if one.stop_reason != "completed" or not flows or not one.touched or one.faults:
        return None
    paused, said = flows[-1].stop, one.touched[-1]
    by_pump = {flow.stop for flow in one.pump_flows} if one.flows else set()
    return said if paused is not None and said > paused and said not in by_pump else None


def run_on(one: Administration) -> Administration:
    """Return the same infusion as if it had been resumed at once."""
    stop, flows = stopped_after_pause(one), one.flows or one.pump_flows
    longer = (*flows[:-1], Flow(flows[-1].start, stop))
    return one._replace(flows=longer) if one.flows else one._replace(pump_flows=longer)
