"""When it flowed: the witnesses, the missing stop, the billable window, and what cannot have happened."""

from decimal import Decimal

from second_coder_desk import Desk, Given, added_hours

from models.encounter import Administration, Flow

FAULT_FLAGS = {
    "stop_before_start": "F-NEGATIVE_DURATION",
    "no_duration": "F-NEGATIVE_DURATION",
    "overlapping_intervals": "F-OVERLAP_SELF",
    "started_twice": "F-OVERLAP_SELF",
    "stop_without_start": "F-MISSING_START",
}

PUSHED_INSTEAD = {
    "infusion": "push",
    "subcutaneous infusion": "injection",
    "arterial infusion": "arterial push",
}
"""What an infusion without a stop is reported as where P-15 allows it."""

NEVER = 10**12
"""Later than any minute."""

MOMENTS = {"push", "injection", "on_body", "arterial push"}


def time_it(desk: Desk, given: Given) -> None:
    """Give an administration its billable minutes, or settle why it has none."""
    faults = given.administration.faults
    if faults:
        for fault in faults:
            desk.hold(given, FAULT_FLAGS[fault])
        given.flowed = counted(desk, given.administration.flows or given.administration.pump_flows)
    elif given.kind in MOMENTS:
        time_a_moment(desk, given)
    else:
        time_a_flow(desk, given)


def counted(desk: Desk, flows: tuple[Flow, ...]) -> set[int]:
    """Return every minute of the closed flows."""
    minutes: set[int] = set()
    for flow in flows:
        if flow.stop is not None:
            minutes |= set(range(desk.minute(flow.start), desk.minute(flow.stop)))
    return minutes


def from_before_arrival(desk: Desk, given: Given) -> bool:
    """Whether others began it (R-WIN-1)."""
    told = given.administration.prehospital
    arrived = desk.encounter.arrived_at
    earlier = arrived is not None and given.start < desk.minute(arrived)
    return told is True or (earlier and told is not False)


def time_a_moment(desk: Desk, given: Given) -> None:
    """Judge a push or an injection: its moment decides, its charted minutes are kept."""
    administration = given.administration
    if administration.given_at is None and not administration.flows:
        desk.hold(given, "F-MISSING_START")
    elif from_before_arrival(desk, given):
        if desk.policy.pre_arrival_infusions != "ignore":
            desk.raise_flag("F-PREARRIVAL")
        given.outcome = "not billed: R-WIN-1"
    elif is_after_departure(desk, given):
        desk.hold(given, "F-AFTER_DEPARTURE")
    elif is_after_order(desk, given):
        desk.raise_flag("F-IP_CONVERSION")
        given.outcome = "not billed: R-WIN-3"
    else:
        given.minutes = counted(desk, administration.flows)


def admitted_first(desk: Desk) -> bool:
    """Whether the order to admit ended the stay, not the departure."""
    departed, ordered = desk.encounter.departed_at, desk.encounter.inpatient_ordered_at
    return ordered is not None and (departed is None or desk.minute(ordered) <= desk.minute(departed))


def is_after_departure(desk: Desk, given: Given) -> bool:
    """Whether it began when the patient had gone."""
    return not admitted_first(desk) and begins_after(desk, given, desk.encounter.departed_at)


def is_after_order(desk: Desk, given: Given) -> bool:
    """Whether it began when the patient was an inpatient (R-WIN-3)."""
    return begins_after(desk, given, desk.encounter.inpatient_ordered_at)


def begins_after(desk: Desk, given: Given, end: int | None) -> bool:
    """Whether no minute of it lies before the end; a moment, or a pump connected, may share the last minute."""
    if end is None:
        return False
    if given.kind in MOMENTS or given.kind == "pump":
        return given.start > desk.minute(end)
    return given.start >= desk.minute(end)


def time_a_flow(desk: Desk, given: Given) -> None:
    """Judge an infusion: witnesses, stop, window, sanity."""
    administration = given.administration
    flows = administration.flows or administration.pump_flows
    if not flows:
        desk.hold(given, "F-MISSING_START")
        return
    given.start = desk.minute(min(flow.start for flow in flows))
    compare_with_pump(desk, given)
    if any(flow.stop is None for flow in flows) and ended_before(desk, given):
        return
    minutes = stopped(desk, given, flows)
    if minutes is None:
        return
    given.minutes = given.flowed = minutes
    judge(desk, given)


def taken_over(desk: Desk, given: Given) -> int | None:
    """Return the first minute that is ours when others began it, the end of time when none is; else None."""
    if not from_before_arrival(desk, given):
        return None
    school, arrived = desk.policy.pre_arrival_infusions, desk.encounter.arrived_at
    if school != "ignore":
        desk.raise_flag("F-PREARRIVAL")
    if school != "count_from_takeover" or arrived is None:
        return NEVER
    charted = [
        desk.minute(instant) for instant in given.administration.touched + given.administration.bag_changes
    ]
    return min([minute for minute in charted if minute >= desk.minute(arrived)], default=NEVER)


def stopped(desk: Desk, given: Given, flows: tuple[Flow, ...]) -> set[int] | None:
    """Return every minute of flow, an open one closed by what the record supports; None when settled."""
    minutes = counted(desk, flows)
    if not given.administration.flows:
        desk.raise_flag("F-STOP_CALCULATED")
    still_open = [flow for flow in flows if flow.stop is None]
    if not still_open:
        return minutes
    if given.kind == "pump":
        return minutes
    flowed = sum(flow.stop - flow.start for flow in flows if flow.stop is not None)
    end = documented_end(desk, given, still_open[-1].start, flowed)
    if end is not None:
        return minutes | set(range(desk.minute(still_open[-1].start), desk.minute(end)))
    settle_missing_stop(desk, given)
    return None


def documented_end(desk: Desk, given: Given, opened: int, flowed: int) -> int | None:
    """
    Return when an open flow ended, in epoch seconds: the order to admit, the pump, or volume over rate (R-DOC-3).

    ``opened`` is when it was opened and ``flowed`` the seconds the closed flows lasted.
    """
    administration, ordered = given.administration, desk.encounter.inpatient_ordered_at
    if ordered is not None and desk.encounter.standing != "open" and cut_by_order(desk, given):
        desk.raise_flag("F-IP_CONVERSION")
        return ordered
    pump = administration.pump_flows if administration.flows else ()
    ends = [flow.stop for flow in pump if flow.stop is not None]
    if ends and len(ends) == len(pump) and desk.minute(max(ends)) > desk.minute(opened):
        desk.raise_flag("F-STOP_CALCULATED")
        return max(ends)
    length = minutes_from_volume(administration)
    calculates = desk.policy.missing_stop == "hold_calculate_fallback" and desk.encounter.standing != "open"
    if calculates and length is not None and 60 * length > flowed:
        desk.raise_flag("F-STOP_CALCULATED")
        return opened + 60 * length - flowed
    return None


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
    if not nurse or not pump or any(flow.stop is None for flow in nurse + pump):
        return
    charted, pumped = len(counted(desk, nurse)), len(counted(desk, pump))
    changes = worth(given, charted) != worth(given, pumped)
    if changes or abs(charted - pumped) > desk.policy.pump_tolerance:
        desk.raise_flag("F-PUMP_MAR_MISMATCH", holds=changes)


def worth(given: Given, minutes: int) -> tuple[bool, int]:
    """Return what minutes earn: at all, and in added hours."""
    return minutes >= (31 if given.billing == "HYD" else 16), added_hours(minutes)


def ended_before(desk: Desk, given: Given) -> bool:
    """Settle what began when the stay had ended."""
    if is_after_departure(desk, given):
        desk.hold(given, "F-AFTER_DEPARTURE")
    elif is_after_order(desk, given):
        desk.raise_flag("F-IP_CONVERSION")
        given.outcome = "not billed: R-WIN-3"
    return given.outcome != "to code"


def judge(desk: Desk, given: Given) -> None:
    """Clip to the stay, then refuse what cannot have happened (11.3 step 2); a portable pump may run for days."""
    charted, takeover = given.minutes, taken_over(desk, given)
    if given.kind != "pump" and not charted:
        desk.hold(given, "F-NEGATIVE_DURATION")
        return
    ours = {minute for minute in charted if takeover is None or minute >= takeover}
    given.minutes = clipped(desk, ours)
    if not ours and takeover is not None:
        given.outcome = "not billed: R-WIN-1"
        return
    given.start = min(ours, default=given.start)
    if ended_before(desk, given) or given.kind == "pump":
        return
    if too_long(desk, given, len(given.minutes)):
        desk.hold(given, "F-TOO_LONG")
    elif given.minutes == charted and not cut_by_order(desk, given) and volume_disagrees(given, len(charted)):
        desk.hold(given, "F-VOLUME_MISMATCH")


def cut_by_order(desk: Desk, given: Given) -> bool:
    """Whether an open flow was counted up to the order to admit: the bag went on."""
    ordered, still_open = desk.encounter.inpatient_ordered_at, False
    for flow in given.administration.flows or given.administration.pump_flows:
        still_open = still_open or flow.stop is None
    touched = given.administration.touched
    return (
        still_open
        and ordered is not None
        and any(desk.minute(touch) >= desk.minute(ordered) for touch in touched)
    )


def clipped(desk: Desk, minutes: set[int]) -> set[int]:
    """Keep the minutes before the end of the stay."""
    kept = minutes
    departed, ordered = desk.encounter.departed_at, desk.encounter.inpatient_ordered_at
    if departed is not None and any(minute >= desk.minute(departed) for minute in kept):
        desk.raise_flag("F-RUNNING_AT_DEPARTURE")
        kept = {minute for minute in kept if minute < desk.minute(departed)}
    if ordered is not None and any(minute >= desk.minute(ordered) for minute in kept):
        desk.raise_flag("F-IP_CONVERSION")
        kept = {minute for minute in kept if minute < desk.minute(ordered)}
    return kept


def too_long(desk: Desk, given: Given, minutes: int) -> bool:
    """Whether it ran longer than anyone believes (P-27)."""
    planned = given.administration.planned_minutes
    return minutes > desk.policy.sanity_limits * 60 or (planned is not None and minutes > 2 * planned)


def volume_disagrees(given: Given, minutes: int) -> bool:
    """Whether a constant rate is more than a fifth off the volume; a bag broken off is not emptied."""
    administration = given.administration
    volume, rate = administration.volume_ml, administration.rate_ml_per_h
    if not volume or rate is None or len(administration.rates) > 1:
        return False
    if administration.stop_reason in {"discontinued", "reaction"}:
        return False
    return abs(rate * minutes / 60 - volume) > volume * Decimal("0.2")
