"""What does not compete for the initial: injections, other routes, pumps, antibodies."""

from datetime import date

from second_coder_cavities import code_cavities
from second_coder_desk import Desk, Given, added_hours
from second_coder_doses import doses, has_no_minute, together
from second_coder_procedures import SET_UP, code_set_ups
from second_coder_seconds import first, nth, whole

INJECTED = {"CHEMO": "96401", "HORMONAL": "96402", "THER": "96372"}


def code_others(desk: Desk, givens: list[Given]) -> None:
    """Write down every administration that has a table of its own."""
    to_code = [one for one in givens if one.outcome == "to code"]
    for given in to_code:
        if given.billing == "rsv_antibody":
            desk.write("96380" if given.administration.counselling else "96381", given.start, [given])
        elif given.kind == "pump":
            code_pump(desk, given)
        elif given.kind == "on_body":
            desk.write("96377", given.start, [given])
    rest = [one for one in to_code if one.outcome == "to code"]
    code_cavities(desk, [one for one in rest if one.kind == "cavity"])
    code_injections(desk, [one for one in rest if one.kind == "injection"])
    code_subcutaneous(desk, [one for one in rest if one.kind == "subcutaneous infusion"])
    code_arterial(desk, rest)
    mark_repeats(desk)


def code_pump(desk: Desk, given: Given) -> None:
    """Write the start of a prolonged infusion by portable pump (R-INF-8, R-CHEMO-6)."""
    planned = given.administration.planned_minutes
    length = planned if planned is not None else whole(given.counted)
    arterial = given.administration.route == "IA"
    if length > 480 and given.billing == "CHEMO":
        desk.write("96425" if arterial else desk.policy.home_pump_code, given.start, [given])
    elif length > 480 and given.billing == "THER" and not arterial and not desk.office:
        desk.write("C8957", given.start, [given])
    else:
        desk.hold(given, "F-UNLISTED")


def code_injections(desk: Desk, injections: list[Given]) -> None:
    """Write IM and SC injections, one each or one a dose (R-INJ-1, R-INJ-2)."""
    doses_seen: list[tuple[str, str]] = []
    for given in sorted(injections, key=lambda one: (one.start, one.identifier)):
        dose = (given.substance, given.administration.dose_id or "")
        if given.administration.dose_id is not None and dose in doses_seen:
            desk.raise_flag("F-SPLIT_DOSE")
            if desk.policy.split_im_sc_dose == "per_dose":
                given.outcome = "not billed: R-INJ-2"
                continue
        doses_seen.append(dose)
        desk.write(INJECTED[given.billing], given.start, [given])


def mark_repeats(desk: Desk) -> None:
    """Mark each further injection of a code on a date where a payer asks for it (A-23, R-MOD-5)."""
    asked = desk.policy.repeat_injection_modifier
    if asked == "none":
        return
    units = [unit for unit in desk.units if unit.code in INJECTED.values()]
    seen: set[tuple[str, date]] = set()
    for unit in sorted(units, key=lambda one: (one.started, one.members[0].identifier)):
        if (unit.code, unit.start_date) in seen:
            unit.modifiers.add(asked)
        seen.add((unit.code, unit.start_date))


def code_subcutaneous(desk: Desk, infusions: list[Given]) -> None:
    """Write infusions under the skin: one first hour an encounter, short ones as injections (R-INF-9)."""
    counted: list[Given] = []
    for dose in doses(desk, infusions):
        if has_no_minute(desk, dose):
            continue
        if dose[0].billing == "CHEMO":
            for one in dose:
                desk.hold(one, "F-UNLISTED")
        elif whole(together(dose)) < 16:
            desk.write("96372", min(one.start for one in dose), dose)
        else:
            counted += dose
    if not counted:
        return
    set_up = any(one.kind == SET_UP for one in desk.encounter.procedures)
    if not set_up and all(one.administration.device_id is None for one in counted):
        desk.raise_flag("F-ROUTE_CONFLICT")
    flowed = together(counted)
    desk.write("96369", first(flowed), counted)
    for hour in range(1, added_hours(whole(flowed)) + 1):
        desk.write("96370", first(flowed), counted, nth(flowed, 3600 * hour))
    code_set_ups(desk, counted)


def code_arterial(desk: Desk, givens: list[Given]) -> None:
    """Write what went into an artery; a later dose of a chemotherapy is added hours (R-SAME-4)."""
    pushes = [([one], one.start) for one in givens if one.kind == "arterial push"]
    infused: list[str] = []
    for dose in doses(desk, [one for one in givens if one.kind == "arterial infusion"]):
        flowed = together(dose)
        if has_no_minute(desk, dose):
            continue
        chemo = dose[0].billing == "CHEMO"
        if whole(flowed) < 16:
            pushes.append((dose, first(flowed)))
        elif chemo:
            desk.write("96423" if dose[0].substance in infused else "96422", first(flowed), dose)
            infused.append(dose[0].substance)
            for hour in range(1, added_hours(whole(flowed)) + 1):
                desk.write("96423", first(flowed), dose, nth(flowed, 3600 * hour))
        else:
            for one in dose:
                desk.hold(one, "F-UNLISTED")
    code_arterial_pushes(desk, pushes)


def code_arterial_pushes(desk: Desk, pushes: list[tuple[list[Given], int]]) -> None:
    """Write pushes into an artery in time order; the same chemotherapy again earns nothing (R-PUSH-6)."""
    reported: list[str] = []
    for members, begun in sorted(pushes, key=lambda push: (push[1], push[0][0].identifier)):
        if members[0].billing != "CHEMO":
            desk.write("96373", begun, members)
        elif members[0].substance in reported:
            desk.raise_flag("F-CHEMO_REPEAT")
        else:
            desk.write("96420", begun, members)
            reported.append(members[0].substance)
