"""The stay's edges: what came before arrival, what ran on at departure, what an order to admit ends."""

from second_coder_desk import Desk, Given
from second_coder_seconds import end, span

NEVER = 10**12
"""Later than any second."""

MINUTE_S = 60

MOMENTS = {"push", "injection", "on_body", "arterial push", "cavity"}

LATE_REGISTRATION = 30
"""Minutes by which registration may lag behind the bedside (A-4)."""


def minute(desk: Desk, instant: int) -> int:
    """Return the minute of an instant: registration is kept by the minute, so before and after are too."""
    return desk.second(instant) // MINUTE_S


def minutes_late(desk: Desk) -> int:
    """Return by how many minutes the arrival was registered after the first bedside event of ours (A-4)."""
    arrived = desk.encounter.arrived_at
    begun = [
        one.given_at if one.given_at is not None else one.flows[0].start
        for one in desk.encounter.administrations
        if one.prehospital is not True and (one.given_at is not None or one.flows)
    ]
    if arrived is None or not begun:
        return 0
    return max(0, minute(desk, arrived) - minute(desk, min(begun)))


def before_arrival(desk: Desk, given: Given) -> str:
    """
    Return who began something: ``ours``, ``others`` (R-WIN-1), or ``unclear``; flag what came before arrival.

    Registered up to half an hour late the bedside event stands (A-4); what is charted as ours is ours.
    """
    told, arrived = given.administration.prehospital, desk.encounter.arrived_at
    if told is True:
        desk.raise_flag("F-PREARRIVAL")
        return "others"
    if told is False or arrived is None or given.start // MINUTE_S >= minute(desk, arrived):
        return "ours"
    desk.raise_flag("F-PREARRIVAL")
    return "unclear" if minutes_late(desk) > LATE_REGISTRATION else "ours"


def leave_to_others(desk: Desk, given: Given, whose: str) -> None:
    """Settle what others began, or what nobody can say the beginner of."""
    if whose == "unclear":
        desk.hold(given, "F-PREARRIVAL")
    else:
        given.outcome = "not billed: R-WIN-1"


def settled_as_others(desk: Desk, given: Given) -> bool:
    """Settle a moment before arrival that is not ours; return whether it was one (A-4)."""
    whose = before_arrival(desk, given)
    if whose != "ours":
        leave_to_others(desk, given, whose)
    return whose != "ours"


def taken_over(desk: Desk, given: Given) -> int:
    """Return the first second that is ours of what others began: the first thing charted after arrival (P-16)."""
    arrived = desk.encounter.arrived_at
    told = given.administration.touched
    charted = [
        desk.second(instant)
        for instant in told
        if arrived is None or minute(desk, instant) >= minute(desk, arrived)
    ]
    return min(charted, default=NEVER)


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
    """Whether it began in the minute of the end or later; a moment, or a pump connected, may share that minute."""
    if instant is None:
        return False
    shares = given.kind in MOMENTS or given.kind == "pump"
    return given.start // MINUTE_S >= minute(desk, instant) + shares


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
    """Whether nurse or pump told of the flow in the minute of an instant or later, or charted something in it."""
    last = given.administration.last_seen_at
    if last is not None and minute(desk, last) >= minute(desk, instant):
        return True
    return any(minute(desk, touch) == minute(desk, instant) for touch in given.administration.touched)


def ran_until_departure(desk: Desk, given: Given) -> bool:
    """Whether there is evidence that an open infusion was running when the patient left (A-3)."""
    departed = desk.encounter.departed_at
    if departed is None:
        return False
    open_flow = (given.administration.flows or given.administration.pump_flows)[-1]
    if open_flow.start >= departed:
        return False
    return given.administration.stop_reason == "handed_over" or was_seen_at(desk, given, departed)
