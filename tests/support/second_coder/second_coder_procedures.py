"""Other services of the stay: drugs given during them, devices served, pumps set up under the skin again."""

from second_coder_desk import Desk, Given

from models.encounter import Administration
from rules.formulary.charted_terms import means
from rules.formulary.drug_lists import on_list

DEVICES = {"portable_pump_refill": "96521", "implantable_pump_refill": "96522", "port_irrigation": "96523"}
SET_UP = "subcutaneous_pump_setup"
"""The kind of procedure by which a set-up is charted apart from the infusion."""
NO_WINDOW = {*DEVICES, SET_UP, "evaluation"}
FOREVER = 10**12


def inside_a_window(desk: Desk, administration: Administration) -> bool:
    """Whether something began or ran during another procedure (R-BUN-6)."""
    flows = administration.flows or administration.pump_flows
    stretches = [(start, FOREVER if stop is None else stop) for start, stop in flows]
    if administration.given_at is not None:
        stretches.append((administration.given_at, administration.given_at + 1))
    windows = [
        (one.started_at, FOREVER if one.ended_at is None else one.ended_at)
        for one in desk.encounter.procedures
        if one.kind not in NO_WINDOW and one.started_at is not None
    ]
    return any(start < end and begun < ended for start, ended in stretches for begun, end in windows)


def sedates(desk: Desk, given: Given) -> bool:
    """Whether it is sedation or pain relief during a procedure, and not said to be for something else (A-34)."""
    listed = on_list(given.substance, "sedation", desk.date_of(max(given.start, 0)))
    return listed and given.administration.intent != "treat" and inside_a_window(desk, given.administration)


def note_procedure_window(desk: Desk, given: Given) -> None:
    """Hold the set for sedation and pain relief inside a procedure (A-34)."""
    if given.outcome == "to code" and sedates(desk, given):
        desk.raise_flag("F-PROCEDURE_WINDOW", holds=True)


def ventilates(desk: Desk, given: Given) -> bool:
    """Whether an anaesthetic ran as a drip that kept a ventilated patient asleep (A-34)."""
    drips = on_list(given.substance, "drip", desk.date_of(max(given.start, 0)))
    return drips and given.kind == "infusion" and means(given.administration.indication, "ventilated")


def ask_of_an_anesthetic(desk: Desk, given: Given) -> None:
    """Hold the set for an anaesthetic of which nobody knows whether it belonged to a procedure (A-34)."""
    if given.kind in {"injection", "on_body"} or given.administration.intent == "procedure":
        return
    reason = given.administration.indication
    drip = on_list(given.substance, "drip", desk.date_of(max(given.start, 0)))
    beside_none = given.kind == "infusion" and drip and not means(reason, "procedure_sedation")
    if sedates(desk, given) or (beside_none and not inside_a_window(desk, given.administration)):
        desk.raise_flag("F-PROCEDURE_WINDOW", holds=True)


def code_devices(desk: Desk) -> None:
    """Report pumps refilled, and a port rinsed when nothing else was done on its date (R-CHEMO-6, R-BUN-4)."""
    home_pump = any(unit.code == "G0498" for unit in desk.units)
    for one in desk.encounter.procedures:
        code = DEVICES.get(one.kind or "")
        if code is None or one.started_at is None:
            continue
        started = desk.second(one.started_at)
        if code == "96523":
            if desk.policy.home_pump_code != "G0498" and not is_busy(desk, started):
                desk.write(code, started, [])
        elif not home_pump:
            desk.write(code, started, [])


def is_busy(desk: Desk, second: int) -> bool:
    """Whether anything but a flush was given, or another service done, on the date of a second."""
    day = desk.date_of(second)
    others = [one.started_at for one in desk.encounter.procedures if one.kind != "port_irrigation"]
    done = [desk.date_of(desk.second(instant)) for instant in others if instant is not None]
    return day in {*done, *desk.given_on} or any(unit.start_date == day for unit in desk.units)


def code_set_ups(desk: Desk, infused: list[Given]) -> None:
    """Report one further set-up of a pump under the skin (R-INF-9)."""
    set_ups = [one.started_at or 0 for one in desk.encounter.procedures if one.kind == SET_UP]
    if len(set_ups) > 1:
        desk.write("96371", desk.second(set_ups[1]), infused)
