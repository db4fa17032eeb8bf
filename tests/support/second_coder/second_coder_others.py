"""What does not compete for the initial: injections, other routes, pumps, antibodies."""

from second_coder_desk import Desk, Given, added_hours
from second_coder_doses import doses


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
    code_injections(desk, [one for one in rest if one.kind == "injection"])
    code_subcutaneous(desk, [one for one in rest if one.kind == "subcutaneous infusion"])
    code_arterial(desk, rest)


def code_pump(desk: Desk, given: Given) -> None:
    """Write the start of a prolonged infusion by portable pump (R-INF-8, R-CHEMO-6)."""
    planned = given.administration.planned_minutes
    length = planned if planned is not None else len(given.minutes)
    arterial = given.administration.route == "IA"
    if length > 480 and given.billing == "CHEMO":
        desk.write("96425" if arterial else desk.policy.home_pump_code, given.start, [given])
    elif length > 480 and given.billing == "THER" and not arterial and not desk.office:
        desk.write("C8957", given.start, [given])
    else:
        desk.hold(given, "F-UNLISTED")


def code_injections(desk: Desk, injections: list[Given]) -> None:
    """Write IM and SC injections, one each or one a dose (R-INJ-1, R-INJ-2)."""
    codes = {"CHEMO": "96401", "HORMONAL": "96402", "THER": "96372"}
    doses_seen: list[tuple[str, str]] = []
    for given in sorted(injections, key=lambda one: (one.start, one.identifier)):
        dose = (given.substance, given.administration.dose_id or "")
        if given.administration.dose_id is not None and dose in doses_seen:
            desk.raise_flag("F-SPLIT_DOSE")
            if desk.policy.split_im_sc_dose == "per_dose":
                given.outcome = "not billed: R-INJ-2"
                continue
        doses_seen.append(dose)
        desk.write(codes[given.billing], given.start, [given])


def code_subcutaneous(desk: Desk, infusions: list[Given]) -> None:
    """Write subcutaneous infusions: one first hour an encounter, short ones as injections (R-INF-9)."""
    counted: list[Given] = []
    for dose in doses(desk, infusions):
        if dose[0].billing == "CHEMO":
            for one in dose:
                desk.hold(one, "F-UNLISTED")
        elif len({minute for one in dose for minute in one.minutes}) < 16:
            desk.write("96372", min(one.start for one in dose), dose)
        else:
            counted += dose
    minutes = sorted({minute for one in counted for minute in one.minutes})
    if not minutes:
        return
    desk.write("96369", minutes[0], counted)
    for hour in range(1, added_hours(len(minutes)) + 1):
        desk.write("96370", minutes[0], counted, minutes[60 * hour])


def code_arterial(desk: Desk, givens: list[Given]) -> None:
    """Write what went into an artery; a later dose of a chemotherapy is added hours (R-SAME-4)."""
    pushes = [([one], one.start) for one in givens if one.kind == "arterial push"]
    infused: list[str] = []
    for dose in doses(desk, [one for one in givens if one.kind == "arterial infusion"]):
        minutes = sorted({minute for one in dose for minute in one.minutes})
        chemo = dose[0].billing == "CHEMO"
        if len(minutes) < 16:
            pushes.append((dose, minutes[0]))
        elif chemo:
            desk.write("96423" if dose[0].substance in infused else "96422", minutes[0], dose)
            infused.append(dose[0].substance)
            for hour in range(1, added_hours(len(minutes)) + 1):
                desk.write("96423", minutes[0], dose, minutes[60 * hour])
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
