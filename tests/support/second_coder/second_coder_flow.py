"""When it flowed: the witnesses, the missing stop, and what cannot have happened."""

from decimal import Decimal
from itertools import pairwise

from second_coder_desk import Desk, Given, added_hours
from second_coder_seconds import Seconds, end, first, span, whole
from second_coder_window import (
    MOMENTS,
    before_arrival,
    clip,
    ended_before,
    leave_to_others,
    ran_until_departure,
    settled_as_others,
    taken_over,
)

from models.encounter import Administration, Flow

FAULT_FLAGS = {
    "stop_before_start": "F-NEGATIVE_DURATION",
    "no_duration": "F-NEGATIVE_DURATION",
    "overlapping_intervals": "F-OVERLAP_SELF",
    "started_twice": "F-OVERLAP_SELF",
    "stop_without_start": "F-MISSING_START",
    "future_time": "F-FUTURE_TIME",
}
"""What each fault of the chart is called."""

PUSHED_INSTEAD = {
    "infusion": "push",
    "subcutaneous infusion": "injection",
    "arterial infusion": "arterial push",
}
"""What an infusion without a stop is reported as where P-15 allows it."""


def time_it(desk: Desk, given: Given) -> None:
    """Give an administration its billable seconds, or settle why it has none."""
    faults = [FAULT_FLAGS[fault] for fault in given.administration.faults]
    if faults:
        for flag in faults:
            desk.hold(given, flag)
        given.flowed = desk.closed(given.administration.flows or given.administration.pump_flows)
    elif given.kind in MOMENTS:
        time_a_moment(desk, given)
    else:
        time_a_flow(desk, given)


def time_a_moment(desk: Desk, given: Given) -> None:
    """Judge a push or an injection: its moment decides, its charted minutes are kept."""
    administration = given.administration
    if administration.given_at is None and not administration.flows:
        desk.hold(given, "F-MISSING_START")
    elif not settled_as_others(desk, given) and not ended_before(desk, given):
        given.counted = desk.closed(administration.flows)


def time_a_flow(desk: Desk, given: Given) -> None:
    """Judge an infusion: witnesses, stop, window, sanity."""
    administration = given.administration
    flows = administration.flows or administration.pump_flows
    if not flows:
        desk.hold(given, "F-MISSING_START")
        return
    given.start = desk.second(min(flow.start for flow in flows))
    compare_with_pump(desk, given)
    given.flowed = desk.closed(flows)
    if any(flow.stop is None for flow in flows) and ended_before(desk, given):
        return
    seconds = stopped(desk, given, flows)
    if seconds is not None:
        given.counted = given.flowed = seconds
        judge(desk, given)
    elif given.kind in MOMENTS:
        settled_as_others(desk, given)


def stopped(desk: Desk, given: Given, flows: tuple[Flow, ...]) -> Seconds | None:
    """Return every second of flow, an open one closed by what the record supports; None when settled."""
    seconds = desk.closed(flows)
    if not given.administration.flows:
        desk.raise_flag("F-STOP_CALCULATED")
    still_open = [flow for flow in flows if flow.stop is None]
    if not still_open or given.kind == "pump":
        return seconds
    flowed = sum(flow.stop - flow.start for flow in flows if flow.stop is not None)
    stop = documented_end(desk, given, still_open[-1].start, flowed)
    if stop is not None:
        return seconds | span(desk.second(still_open[-1].start), desk.second(stop))
    settle_missing_stop(desk, given)
    return None


def documented_end(desk: Desk, given: Given, opened: int, flowed: int) -> int | None:
    """
    Return when an open flow ended, in epoch seconds: by the pump, the order to admit, the departure, the volume.

    ``opened`` is when it was opened and ``flowed`` the seconds the closed flows lasted. Sources: R-WIN-3, R-DOC-3,
    A-3, P-15.
    """
    administration, ordered = given.administration, desk.encounter.inpatient_ordered_at
    closed = desk.encounter.standing != "open"
    pump = administration.pump_flows[-1].stop if administration.pump_flows else None
    if pump is not None and pump > opened:
        desk.raise_flag("F-STOP_CALCULATED")
        return pump
    if closed and ordered is not None and cut_by_order(desk, given):
        desk.raise_flag("F-IP_CONVERSION")
        given.cut = True
        return ordered
    if closed and ran_until_departure(desk, given):
        desk.raise_flag("F-RUNNING_AT_DEPARTURE")
        given.cut = True
        return desk.encounter.departed_at
    length = minutes_from_volume(administration)
    calculates = desk.policy.missing_stop == "hold_calculate_fallback" and closed
    if not calculates or length is None or 60 * length <= flowed:
        return None
    stop, departed = opened + 60 * length - flowed, desk.encounter.departed_at
    if departed is not None and stop // 60 > departed // 60:
        return None
    desk.raise_flag("F-STOP_CALCULATED")
    return stop


def minutes_from_volume(administration: Administration) -> int | None:
    """Return volume over rate in whole minutes, or None where either is not charted."""
    volume, rate = administration.volume_ml, administration.rate_ml_per_h
    if not volume or not rate:
        return None
    return int(volume * 60 / rate)


def settle_missing_stop(desk: Desk, given: Given) -> None:
    """Apply P-15 to a flow whose end nobody charted."""
    school = desk.policy.missing_stop
    if desk.encounter.standing == "open":
        given.outcome = "not billed yet: R-INIT-6"
    elif school == "hold_calculate_fallback":
        desk.hold(given, "F-MISSING_STOP")
    elif school == "none":
        given.outcome = "not billed: R-DOC-2"
    elif given.pushable == "yes" and given.billing == "THER":
        given.kind = PUSHED_INSTEAD[given.kind]
    else:
        desk.hold(given, "F-MISSING_STOP")


def compare_with_pump(desk: Desk, given: Given) -> None:
    """Flag two complete witnesses that differ (R-DOC-7)."""
    nurse, pump = given.administration.flows, given.administration.pump_flows
    if not nurse or not pump or nurse[-1].stop is None or pump[-1].stop is None:
        return
    charted, pumped = whole(desk.closed(nurse)), whole(desk.closed(pump))
    changes = worth(given, charted) != worth(given, pumped)
    if changes or abs(charted - pumped) > desk.policy.pump_tolerance:
        desk.raise_flag("F-PUMP_MAR_MISMATCH", holds=changes)


def worth(given: Given, minutes: int) -> tuple[bool, int]:
    """Return what minutes earn: at all, and in added hours."""
    return minutes >= (31 if given.billing == "HYD" else 16), added_hours(minutes)


def judge(desk: Desk, given: Given) -> None:
    """Clip to the stay, then refuse what cannot have happened (11.3 step 2); a portable pump may run for days."""
    charted = given.counted
    if given.kind != "pump" and not charted:
        desk.hold(given, "F-NEGATIVE_DURATION")
        return
    whose = before_arrival(desk, given)
    takeover = 0 if whose == "ours" else taken_over(desk, given)
    ours = charted & ~span(0, min(takeover, end(charted)))
    if whose != "ours" and (not ours or desk.policy.pre_arrival_infusions != "count_from_takeover"):
        leave_to_others(desk, given, "others" if ours else whose)
        return
    given.counted = ours
    given.start = first(ours) if ours else given.start
    clip(desk, given)
    if ended_before(desk, given) or given.kind == "pump":
        return
    if too_long(desk, given):
        desk.hold(given, "F-TOO_LONG")
    elif given.counted == charted and not given.cut and volume_disagrees(given, whole(charted)):
        desk.hold(given, "F-VOLUME_MISMATCH")


def cut_by_order(desk: Desk, given: Given) -> bool:
    """Whether an open flow was counted up to the order to admit: the bag went on."""
    ordered = desk.encounter.inpatient_ordered_at
    touched = given.administration.touched
    return ordered is not None and any(desk.second(touch) >= desk.second(ordered) for touch in touched)


def too_long(desk: Desk, given: Given) -> bool:
    """Whether it ran longer than anyone believes: unwatched over P-27, or over twice what was ordered (A-5)."""
    minutes, limit = whole(given.counted), desk.policy.sanity_limits * 60
    planned = given.administration.planned_minutes
    if minutes > limit:
        desk.raise_flag("F-TOO_LONG")
    unwatched = minutes > limit and longest_silence(desk, given) // 60 > limit
    return unwatched or (planned is not None and minutes > 2 * planned)


def longest_silence(desk: Desk, given: Given) -> int:
    """Return the longest stretch of an infusion, in seconds, in which nobody charted anything of it."""
    told = given.administration
    begun, ended = first(given.counted), end(given.counted)
    watched = sorted({desk.second(instant) for instant in told.touched} | {begun, ended})
    inside = [second for second in watched if begun <= second <= ended]
    return max(later - earlier for earlier, later in pairwise(inside))


def volume_disagrees(given: Given, minutes: int) -> bool:
    """Whether a constant rate is more than a fifth off the volume; a bag broken off is not emptied."""
    administration = given.administration
    volume, rate = administration.volume_ml, administration.rate_ml_per_h
    if not volume or rate is None or len(administration.rates) > 1:
        return False
    if administration.bag_changes or administration.stop_reason in {
        "discontinued",
        "reaction",
        "handed_over",
    }:
        return False
    if not administration.flows or any(flow.stop is None for flow in administration.flows):
        return False
    return abs(rate * minutes / 60 - volume) > volume * Decimal("0.2")
