"""
What must be true of every coding, whatever the codes: nothing lost, nothing twice, nothing by accident.

The stays are drawn by ``strategies``; ``INFUSION_HYPOTHESIS_EXAMPLES`` sets how many the comparison with the second
coder takes, and a fifth of them are tried against each law.
"""

import os
from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from second_coder_desk import Desk
from second_coder_picture import picture
from second_coder_sites import group_of_site
from second_coder_timelines import BLANK
from strategies import ORDINARY_DAYS, encounters, policies

from models.charge import CHARGE_SET
from models.drug import Drug
from models.encounter import AccessSite, Administration, Encounter, Flow, Procedure
from models.interval import Stretch, length, union
from rules.engine import Coding, Profile, code_encounter

EXAMPLES = int(os.environ.get("INFUSION_HYPOTHESIS_EXAMPLES", "500")) // 5
INITIALS = {"96360", "96365", "96374", "96409", "96413"}
DAY = 86_400

law = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    database=None,
)


def lines(coding: Coding) -> Counter[tuple[Any, ...]]:
    """Return what is charged: units by code, date and modifiers."""
    found: Counter[tuple[Any, ...]] = Counter()
    for line in coding.charge_set.lines:
        found[line.code, line.service_date, line.modifiers] += line.units
    return found


def holds(coding: Coding) -> set[str]:
    """Return the flags that hold the set."""
    return {flag.flag for flag in coding.charge_set.flags if flag.severity == "block"}


def flowed(one: Administration) -> list[Stretch]:
    """Return the closed flows of the record that bills, as disjoint stretches of seconds."""
    flows = one.flows or one.pump_flows
    return union((flow.start, flow.stop) for flow in flows if flow.stop is not None)


def in_order(encounter: Encounter, *more: Administration) -> Encounter:
    """Return the stay with more administrations, all in order of first moment."""
    everything = sorted(
        (*encounter.administrations, *more), key=lambda one: (one.given_at or 0, one.administration_id)
    )
    return encounter._replace(administrations=tuple(everything))


@law
@given(encounters(), policies())
def test_the_same_facts_give_the_same_bytes(
    encounter: Encounter, overrides: tuple[tuple[str, str], ...]
) -> None:
    """No clock, no chance, no memory of what was coded before."""
    profile = Profile(None, overrides, None, None)
    once = CHARGE_SET.dump_json(code_encounter(encounter, profile).charge_set)
    code_encounter(
        encounter._replace(encounter_id="another", setting="office"), Profile(None, (), None, None)
    )
    copied = Encounter(
        *encounter[: Encounter._fields.index("sites")],
        tuple(AccessSite(*site) for site in encounter.sites),
        tuple(Procedure(*procedure) for procedure in encounter.procedures),
        tuple(Administration(*one) for one in encounter.administrations),
        *encounter[Encounter._fields.index("voided") :],
    )

    assert once == CHARGE_SET.dump_json(code_encounter(copied, profile).charge_set)


@law
@given(encounters(), policies())
def test_nothing_disappears(encounter: Encounter, overrides: tuple[tuple[str, str], ...]) -> None:
    """Every administration stands in a line, among what is not billed, or behind a flag (contract, section 3)."""
    charges = code_encounter(encounter, Profile(None, overrides, None, None)).charge_set
    accounted = {one for line in charges.lines for one in line.administration_ids}
    accounted |= {one.administration_id for one in charges.not_billed}
    accounted |= {
        one for flag in charges.flags if flag.severity == "block" for one in flag.administration_ids
    }

    assert {one.administration_id for one in encounter.administrations} <= accounted, picture(encounter)


@law
@given(encounters(), st.sampled_from(("kvo", "flush")), st.integers(0, 600), st.integers(1, 300))
def test_a_line_kept_open_or_flushed_changes_no_line(
    encounter: Encounter, intent: str, begun: int, minutes: int
) -> None:
    """R-BUN-2, R-DEF-11: what only serves the line is not there for the codes."""
    first = min((one.given_at for one in encounter.administrations if one.given_at is not None), default=None)
    assume(first is not None)
    start = (first or 0) + 60 * begun
    saline = BLANK._replace(
        administration_id="Z",
        drug=Drug(name="normal saline"),
        intent=intent,
        given_at=start,
        flows=(Flow(start, start + 60 * minutes),),
        touched=(start + 60 * minutes,),
    )
    before, after = code_encounter(encounter), code_encounter(in_order(encounter, saline))

    assert lines(before) == lines(after), picture(encounter)
    assert holds(before) == holds(after), picture(encounter)
    assert "Z" in {one.administration_id for one in after.charge_set.not_billed}


@law
@given(encounters())
def test_what_was_entered_in_error_changes_no_line(encounter: Encounter) -> None:
    """R-WIN-4: a voided administration is told among what is not billed, and nowhere else."""
    after = code_encounter(encounter._replace(voided=("V",)))

    assert lines(code_encounter(encounter)) == lines(after)
    assert ("V", "R-WIN-4") in {(one.administration_id, one.rule) for one in after.charge_set.not_billed}


def moved(told: Any, seconds: int) -> Any:
    """Return an instant, a flow or a nest of them moved in time; what is no time stays."""
    if isinstance(told, Flow):
        return Flow(told.start + seconds, None if told.stop is None else told.stop + seconds)
    if isinstance(told, tuple) and not hasattr(told, "_fields"):
        return tuple(moved(part, seconds) for part in told)
    return told + seconds if isinstance(told, int) and not isinstance(told, bool) else told


def moved_stay(encounter: Encounter, seconds: int) -> Encounter:
    """Return the same stay at another time."""
    administrations = tuple(
        one._replace(
            given_at=moved(one.given_at, seconds),
            flows=moved(one.flows, seconds),
            pump_flows=moved(one.pump_flows, seconds),
            rates=tuple((since + seconds, rate) for since, rate in one.rates),
            bag_changes=moved(one.bag_changes, seconds),
            touched=moved(one.touched, seconds),
            open_pause=moved(one.open_pause, seconds),
            last_seen_at=moved(one.last_seen_at, seconds),
        )
        for one in encounter.administrations
    )
    sites = tuple(
        site._replace(placed_at=moved(site.placed_at, seconds), removed_at=moved(site.removed_at, seconds))
        for site in encounter.sites
    )
    procedures = tuple(
        one._replace(started_at=moved(one.started_at, seconds), ended_at=moved(one.ended_at, seconds))
        for one in encounter.procedures
    )
    return encounter._replace(
        administrations=administrations,
        sites=sites,
        procedures=procedures,
        arrived_at=moved(encounter.arrived_at, seconds),
        departed_at=moved(encounter.departed_at, seconds),
        inpatient_ordered_at=moved(encounter.inpatient_ordered_at, seconds),
        departments=tuple(
            period._replace(from_at=period.from_at + seconds) for period in encounter.departments
        ),
    )


@law
@given(encounters(days=ORDINARY_DAYS), policies(), st.integers(1, 60))
def test_moving_a_stay_by_days_moves_its_dates_and_nothing_else(
    encounter: Encounter, overrides: tuple[tuple[str, str], ...], days: int
) -> None:
    """In a zone without clock changes and under one edition of the tables, only the calendar turns."""
    here = encounter._replace(time_zone="UTC")
    profile = Profile(None, overrides, None, None)
    before, after = code_encounter(here, profile), code_encounter(moved_stay(here, days * DAY), profile)
    expected = Counter(
        {
            (code, on + timedelta(days=days), modifiers): units
            for (code, on, modifiers), units in lines(before).items()
        }
    )

    assert expected == lines(after), picture(here)
    assert [flag.flag for flag in before.charge_set.flags] == [flag.flag for flag in after.charge_set.flags]
    assert [(one.administration_id, one.rule) for one in before.charge_set.not_billed] == [
        (one.administration_id, one.rule) for one in after.charge_set.not_billed
    ]


@law
@given(encounters(charting=False), policies())
def test_minutes_are_conserved(encounter: Encounter, overrides: tuple[tuple[str, str], ...]) -> None:
    """Every second of flow is billed once or not at all: the spans of an administration partition its flow."""
    assume(not {key for key, _ in overrides} & {"P-24"})
    coding = code_encounter(encounter, Profile(None, overrides, None, None))
    in_lines = {one for line in coding.charge_set.lines for one in line.administration_ids}
    for one in encounter.administrations:
        spans = [span for span in coding.spans if span.administration_id == one.administration_id]
        told = [(span.start, span.stop) for span in spans]

        assert length(told) == length(union(told)), picture(encounter)
        assert not told or union(told) == flowed(one), picture(encounter)
        assert told or not flowed(one) or one.administration_id not in in_lines, picture(encounter)


@law
@given(encounters(charting=False), st.data())
def test_a_pause_never_adds_minutes(encounter: Encounter, data: st.DataObject) -> None:
    """R-TIME-7: a pause takes its minutes from the drug it stopped and gives none to another."""
    running = [
        (place, number)
        for place, one in enumerate(encounter.administrations)
        if one.technique == "infusion"
        for number, flow in enumerate(one.flows)
        if flow.stop is not None and flow.stop - flow.start >= 300
    ]
    assume(running)
    place, number = data.draw(st.sampled_from(running))
    one = encounter.administrations[place]
    flow = one.flows[number]
    whole = (flow.stop or 0) - flow.start
    begun = flow.start + data.draw(st.integers(1, whole // 60 - 2)) * 60
    ended = begun + data.draw(st.integers(1, ((flow.stop or 0) - begun) // 60 - 1)) * 60
    paused = one._replace(
        flows=(
            *one.flows[:number],
            Flow(flow.start, begun),
            Flow(ended, flow.stop),
            *one.flows[number + 1 :],
        ),
        touched=tuple(sorted({*one.touched, begun, ended})),
    )
    given = encounter.administrations
    before = _span_seconds(code_encounter(encounter))
    after = _span_seconds(
        code_encounter(encounter._replace(administrations=(*given[:place], paused, *given[place + 1 :])))
    )
    for administration_id in before.keys() & after.keys():
        taken = ended - begun if administration_id == one.administration_id else 0

        assert before[administration_id] - taken == after[administration_id], picture(encounter)


def _span_seconds(coding: Coding) -> Counter[str]:
    found: Counter[str] = Counter()
    for span in coding.spans:
        found[span.administration_id] += span.stop - span.start
    return found


@law
@given(encounters(), policies())
def test_a_site_group_has_one_initial(encounter: Encounter, overrides: tuple[tuple[str, str], ...]) -> None:
    """R-INIT-1: one initial for the pooled sites and one for each justified one, all but one with the modifier."""
    coding = code_encounter(encounter, Profile(None, (*overrides, ("P-04", "encounter")), None, None))
    desk = Desk(encounter, coding.policy)
    groups = {
        group_of_site(desk, one.site_id) if one.site_id is not None else ""
        for one in encounter.administrations
    }
    initial = [line for line in coding.charge_set.lines if line.code in INITIALS]
    told = coding.policy.distinct_site_modifier
    unmarked = [line for line in initial if told not in line.modifiers]

    assert sum(line.units for line in initial) <= len(groups), picture(encounter)
    assert sum(line.units for line in unmarked) <= 1, picture(encounter)


@law
@given(encounters(), policies())
def test_concurrent_is_reported_once(encounter: Encounter, overrides: tuple[tuple[str, str], ...]) -> None:
    """R-CONC-3: 96368 once an encounter, or once a date where P-10 says so; one unit either way."""
    coding = code_encounter(encounter, Profile(None, overrides, None, None))
    dates = [line.service_date for line in coding.charge_set.lines if line.code == "96368"]

    assert all(line.units == 1 for line in coding.charge_set.lines if line.code == "96368")
    assert len(dates) == len(set(dates)), picture(encounter)
    assert len(dates) <= 1 or coding.policy.cap_96368 == "dos", picture(encounter)


@law
@given(encounters(charting=False), policies(), st.data())
def test_a_dose_charted_in_touching_segments_is_the_same_dose(
    encounter: Encounter, overrides: tuple[tuple[str, str], ...], data: st.DataObject
) -> None:
    """R-SAME-2, R-SAME-3: two bags hung one after the other, or one bag charted in two, earn the same."""
    whole = [
        (place, number)
        for place, one in enumerate(encounter.administrations)
        if one.technique == "infusion" and one.route == "IV" and one.intent is None
        for number, flow in enumerate(one.flows)
        if flow.stop is not None
        and flow.stop // 60 - flow.start // 60 >= 3
        # Two halves of an infusion too long to be believed are each believed.
        and length(flowed(one)) <= 12 * 3600
    ]
    assume(whole)
    place, number = data.draw(st.sampled_from(whole))
    one = encounter.administrations[place]
    flow = one.flows[number]
    inside = (flow.stop or 0) // 60 - flow.start // 60
    cut = (flow.start // 60 + data.draw(st.integers(1, inside - 1))) * 60
    first = one._replace(flows=(*one.flows[:number], Flow(flow.start, cut)))
    second = one._replace(
        administration_id=f"{one.administration_id}-second",
        flows=(Flow(cut, flow.stop), *one.flows[number + 1 :]),
        given_at=cut,
    )
    given = encounter.administrations
    halves = in_order(
        encounter._replace(administrations=(*given[:place], first, *given[place + 1 :])), second
    )
    profile = Profile(None, overrides, None, None)

    assert lines(code_encounter(encounter, profile)) == lines(code_encounter(halves, profile)), picture(
        halves
    )
