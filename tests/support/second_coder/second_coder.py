"""
A second coder: the rule book read once more, slowly, by somebody who never saw the engine.

Second by second, with bits and plain loops. The engine is compared with it on thousands of stays; where they
differ one of them has misread the rule book. What is not decided there is decided the most literal way and
listed in the README beside this file.
"""

from datetime import date
from typing import NamedTuple

from second_coder_class import seen, set_aside
from second_coder_desk import Desk, Given, Service, Unit
from second_coder_doses import by_group, drug_services, initials, order, summed
from second_coder_edits import Key, lines_of
from second_coder_elsewhere import code_port_flushes, note_dates, settle_excluded
from second_coder_flow import time_it
from second_coder_hydration import code_hydration, hydration_services, settle_fluids
from second_coder_infusions import Infusions
from second_coder_others import code_others
from second_coder_procedures import code_devices, note_procedure_window
from second_coder_pushes import code_pushes
from second_coder_records import as_one_record
from second_coder_sites import hold_without_site, note_second_sites

from models.encounter import Administration, Encounter
from rules.policy.resolve import Policy

FLOWING = {"infusion", "subcutaneous infusion", "arterial infusion"}


class Result(NamedTuple):
    """
    What the second coder found.

    ``lines`` holds units by code, date of service and sorted modifiers; ``flags`` every flag raised;
    ``blocking`` those that hold the set; ``unbilled`` the administrations in no line and behind no flag.
    """

    lines: dict[Key, int]
    flags: set[str]
    blocking: set[str]
    unbilled: set[str]


def second_coding(encounter: Encounter, policy: Policy) -> Result:
    """Return the lines, flags and refusals of one encounter under one policy (RULEBOOK 11.3)."""
    everything = {one.administration_id for one in encounter.administrations}
    if encounter.standing in {"cancelled", "merged"} or policy.setting == "professional_in_facility":
        return Result({}, set(), set(), everything)
    desk = Desk(as_one_record(encounter, policy), policy)
    result = coded(desk)
    if desk.paused and pauses_decide(encounter, policy, desk.paused, result.lines):
        result.blocking.add("F-PAUSE_OPEN")
    note_refused(encounter, result)
    return result


def note_refused(encounter: Encounter, result: Result) -> None:
    """Hold a stay of which an event was refused at reading (R-DOC-9, A-7)."""
    if encounter.refused_events:
        result.flags.add("F-REFUSED_EVENT")
        result.blocking.add("F-REFUSED_EVENT")


def note_open_pause(desk: Desk, given: Given) -> None:
    """Flag a pause nobody ended before a stop that says all was given (A-8)."""
    pause, flows = given.administration.open_pause, given.administration.flows
    if (
        pause is None
        or given.administration.stop_reason not in {"completed", "kvo"}
        or given.administration.faults
    ):
        return
    if given.kind in FLOWING and desk.closed(flows or given.administration.pump_flows):
        desk.raise_flag("F-PAUSE_OPEN")
        desk.paused.append(given.identifier)


def pauses_decide(encounter: Encounter, policy: Policy, paused: list[str], lines: dict[Key, int]) -> bool:
    """Whether the stay read with a pause flowed through, or with all of them, has other codes or units (A-8)."""
    readings = [{one} for one in paused] + [set(paused)]
    for reading in readings:
        given = tuple(
            flowed_through(one) if one.administration_id in reading else one
            for one in encounter.administrations
        )
        otherwise = encounter._replace(administrations=given)
        if coded(Desk(as_one_record(otherwise, policy), policy)).lines != lines:
            return True
    return False


def flowed_through(one: Administration) -> Administration:
    """Return an administration that went on from its open pause to the stop."""
    pause = (one.open_pause,) if one.open_pause is not None else ()
    if one.flows:
        return one._replace(flows=one.flows + pause, open_pause=None)
    return one._replace(pump_flows=one.pump_flows + pause, open_pause=None)


def coded(desk: Desk) -> Result:
    """Return the coding of the stay on a desk, whose records are one each."""
    givens = [seen(desk, administration) for administration in desk.encounter.administrations]
    for given in givens:
        set_aside(desk, given, givens)
        if given.outcome == "to code":
            check_order(desk, given)
            note_open_pause(desk, given)
            time_it(desk, given)
            settle_excluded(desk, given)
            note_procedure_window(desk, given)
        else:
            given.flowed = desk.closed(given.administration.flows or given.administration.pump_flows)
    note_second_sites(desk, givens)
    settle_fluids(desk, givens)
    hold_without_site(desk, givens)
    code_sites(desk, givens)
    code_others(desk, givens)
    note_dates(desk, givens)
    code_devices(desk)
    code_port_flushes(desk, givens)
    lines = lines_of(desk)
    unbilled = {one.identifier for one in givens if not one.outcome.startswith(("billed", "behind"))}
    return Result(lines, desk.flags, desk.blocking, unbilled)


def check_order(desk: Desk, given: Given) -> None:
    """Hold what nobody ordered or signed for (R-DOC-1)."""
    flag = {"none": "F-NO_ORDER", "unsigned": "F-UNSIGNED_ORDER"}.get(given.administration.order_status or "")
    if flag is not None:
        desk.raise_flag(flag)


def code_sites(desk: Desk, givens: list[Given]) -> None:
    """Code every IV site: the initials, the infusions, the pushes, the hydration."""
    on_sites = [one for one in givens if one.kind in {"infusion", "push"}]
    drugs = drug_services(desk, on_sites)
    fluids, paid = hydration_services(desk, givens, drugs)
    services = summed(desk, drugs) + fluids
    groups = by_group(desk, services)
    firsts = initials(desk, groups)
    if not firsts:
        return
    infusions = Infusions(desk)
    heads: list[tuple[Service, Unit]] = []
    for key in sorted(groups, key=lambda one: order(desk, firsts[one])):
        initial = firsts[key]
        heads += [(initial, unit) for unit in infusions.code(groups[key], initial)]
        for service in groups[key]:
            if service.kind == "hydration":
                units = code_hydration(desk, service, paid[id(service)], initial=service is initial)
                heads += [(initial, unit) for unit in units]
    heads += code_pushes(desk, services, list(firsts.values()))
    best = {key: min(order(desk, one) for one in services) for key, services in groups.items()}
    mark_other_sites(desk, sorted(heads, key=lambda head: best[head[0].group, head[0].day]))


def mark_other_sites(desk: Desk, heads: list[tuple[Service, Unit]]) -> None:
    """Put the distinct-site modifier on every initial but the best-ranked site's, and list it (R-MOD-1, A-21)."""
    days: list[date | None] = []
    for head, unit in heads:
        if head.day in days:
            unit.modifiers.add(desk.policy.distinct_site_modifier)
            desk.raise_flag("F-SECOND_SITE")
        days.append(head.day)
    if desk.encounter.follows_encounter_id is not None:
        for _, unit in heads:
            if not unit.modifiers:
                unit.modifiers.add("59" if desk.policy.distinct_site_modifier == "59" else "XE")


__all__ = ["Result", "second_coding"]
