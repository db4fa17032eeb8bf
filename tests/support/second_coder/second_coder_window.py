"""The stay's edges: what came before arrival, what ran on at departure, what an order to admit ends."""

from second_coder_desk import Desk, Given
from second_coder_seconds import end, span

NEVER = 10**12
"""Later than any second."""

MINUTE_S = 60

MOMENTS = {"push", "injection", "on_body", "arterial push"}

LATE_REGISTRATION = 30
"""Minutes by which registration may lag behind the bedside (A-4)."""


def minutes_late(desk: Desk) -> int:
    """Return the whole minutes by which the arrival was registered after the first bedside event of ours (A-4)."""
    arrived = desk.encounter.arrived_at
    if arrived is None:
        return 0
    begun = [one.started_at for one in desk.encounter.procedures]
    for one in desk.encounter.administrations:
        if one.prehospital is not True:
            begun += [one.given_at, *(flow.start for flow in one.flows + one.pump_flows)]
    known = [desk.second(instant) for instant in begun if instant is not None]
    return max(0, (desk.second(arrived) - min(known, default=desk.second(arrived))) // MINUTE_S)


def before_arrival(desk: Desk, given: Given) -> str:
    """
    Return who began something: ``ours``, ``others`` (R-WIN-1), or ``unclear``; flag what came before arrival.

    Registered up to half an hour late the bedside event stands; later, a person must decide (A-4).
    """
    told, arrived = given.administration.prehospital, desk.encounter.arrived_at
    if told is True:
        desk.raise_flag("F-PREARRIVAL")
        return "others"
    if arrived is None or given.start >= desk.second(arrived):
        return "ours"
    late = minutes_late(desk) > LATE_REGISTRATION
    desk.raise_flag("F-PREARRIVAL", holds=late)
    return "unclear" if late and told is None else "ours"


def leave_to_others(desk: Desk, given: Given, whose: str) -> None:
    """Settle what others began, or what nobody can say the beginner of."""
    if whose == "unclear":
        desk.hold(given, "F-PREARRIVAL")
    else:
        given.outcome = "not billed: R-WIN-1"


def taken_over(desk: Desk, given: Given) -> int:
    """Return the first second that is ours of what others began: the first thing charted after arrival (P-16)."""
    arrived = desk.encounter.arrived_at
    if desk.policy.pre_arrival_infusions != "count_from_takeover" or arrived is None:
        return NEVER
    told = given.administration.touched + given.administration.bag_changes
    charted = [desk.second(instant) for instant in told]
    return min([second for second in charted if second >= desk.second(arrived)], default=NEVER)


def admitted_first(desk: Desk) -> bool:
    """Whether the order to admit ended the stay, not the departure."""
    departed, ordered = desk.encounter.departed_at, desk.encounter.inpatient_ordered_at
    return ordered is not None and (departed is None or desk.second(ordered) <= desk.second(departed))


def is_after_departure(desk: Desk, given: Given) -> bool:
    """Whether it began when the patient had gone."""
    return not admitted_first(desk) and begins_after(desk, given, desk.encounter.departed_at)


def is_after_order(desk: Desk, given: Given) -> bool:
    """Whether it began when the patient was an inpatient (R-WIN-3)."""
    return begins_after(desk, given, desk.encounter.inpatient_ordered_at)


def begins_after(desk: Desk, given: Given, instant: int | None) -> bool:
    """Whether no whole minute of it lies before the end; a moment, or a pump connected, may share the last one."""
    if instant is None:
        return False
    if given.kind in MOMENTS or given.kind == "pump":
        return given.start // MINUTE_S > desk.second(instant) // MINUTE_S
    return desk.second(instant) - given.start < MINUTE_S


def ended_before(desk: Desk, given: Given) -> bool:
    """Settle what began when the stay had ended."""
    if is_after_departure(desk, given):
        desk.hold(given, "F-AFTER_DEPARTURE")
    elif is_after_order(desk, given):
        desk.raise_flag("F-IP_CONVERSION")
        given.outcome = "not billed: R-WIN-3"
    return given.outcome != "to code"


def clip(desk: Desk, given: Given) -> None:
    """Keep the seconds before the end of the stay."""
    for instant, flag in (
        (desk.encounter.departed_at, "F-RUNNING_AT_DEPARTURE"),
        (desk.encounter.inpatient_ordered_at, "F-IP_CONVERSION"),
    ):
        if instant is not None and given.counted and end(given.counted) > desk.second(instant):
            desk.raise_flag(flag)
            given.counted &= span(0, desk.second(instant))
            given.cut = True


def was_seen_at(desk: Desk, given: Given, instant: int) -> bool:
    """Whether somebody charted an open infusion at an instant or later, or a pump said something after it."""
    pumped = [stop for _, stop in given.administration.pump_flows if stop is not None]
    last = max((*given.administration.touched, *pumped), default=None)
    return last is not None and desk.second(last) >= desk.second(instant)


def ran_until_departure(desk: Desk, given: Given) -> bool:
    """Whether there is evidence that an open infusion was running when the patient left (A-3)."""
    departed = desk.encounter.departed_at
    if departed is None:
        return False
    return given.administration.stop_reason == "handed_over" or was_seen_at(desk, given, departed)
