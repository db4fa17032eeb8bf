"""Stays that turned out to be one: what joins, what is renamed, who went where."""

import pytest
from timeline_encounter import at, told

from models.encounter import DepartmentPeriod, Encounter, Flow
from models.event import Event
from streams.encounter.fold import MixedEncountersError, NoEventsError, fold, fold_merged, merges


def of(encounter_id: str, *lines: str, **encounter: str) -> list[Event]:
    """Return one encounter's events; event ids differ between encounters, as its number is part of them."""
    marked = [f"{line} event={encounter_id}-{number}" for number, line in enumerate(lines, start=1)]
    return told(*marked, encounter={"id": encounter_id, **encounter})


def ids(found: Encounter) -> list[str]:
    """Return the administrations of a stay in their order."""
    return [given.administration_id for given in found.administrations]


def test_a_merged_encounters_administrations_sites_and_procedures_join_the_survivor() -> None:
    """One stay, one list each."""
    own = of("E2", "10:00 push Y", "09:00 access right", "12:00 discharge")
    other = of("E1", "08:00 push X", "08:00 access left", "08:00 procedure P", "09:00 merge E2")
    found = fold_merged(own, {"E1": other})
    assert (found.encounter_id, ids(found)) == ("E2", ["X", "Y"])
    assert [site.site_id for site in found.sites] == ["left", "right"]
    assert [procedure.procedure_id for procedure in found.procedures] == ["P"]
    assert (found.standing, found.departed_at) == ("discharged", at("12:00"))


def test_without_others_it_is_the_fold() -> None:
    """Nothing joins, nothing changes."""
    own = of("E2", "10:00 push Y", "10:30 start Z", "09:00 access right", "11:00 void Y", "12:00 discharge")
    assert fold_merged(own, {}) == fold(own)


def test_registration_is_the_survivors_and_the_others_fill_what_it_leaves_open() -> None:
    """Field by field."""
    own = of("E2", "10:00 discharge", department="OBS")
    other = of("E1", "09:00 discharge", "08:30 inpatient", department="ED", arrived="07:40", follows="E2")
    found = fold_merged(own, {"E1": other})
    assert (found.department, found.arrived_at, found.follows_encounter_id) == ("OBS", at("07:40"), None)
    assert (found.departed_at, found.inpatient_ordered_at) == (at("10:00"), at("08:30"))


def test_each_stay_was_in_its_own_department_until_the_survivors_began() -> None:
    """The emergency visit that became an observation stay was an emergency visit."""
    own = of("E2", "12:00 push Y", department="OBS", department_modifier="PO", arrived="11:00")
    other = of("E1", "08:00 push X", "11:30 merge E2", department="ED", department_modifier="ER")
    found = fold_merged(own, {"E1": other})
    assert found.departments == (
        DepartmentPeriod(at("08:00"), "ED", "ER"),
        DepartmentPeriod(at("11:00"), "OBS", "PO"),
    )
    assert found.department_modifier == "PO"


def test_a_survivor_that_says_no_department_was_where_the_others_were() -> None:
    """As their word fills everything it leaves open."""
    other = of("E1", "08:00 push X", "09:00 update department=OBS", department="ED", department_modifier="ER")
    found = fold_merged(of("E2", "12:00 push Y"), {"E1": other})
    assert [period[1:] for period in found.departments] == [("ED", "ER"), ("OBS", None)]


def test_leaving_the_merged_stay_is_not_leaving_the_survivor() -> None:
    """The patient went from one to the other."""
    found = fold_merged(of("E2", "10:00 push Y"), {"E1": of("E1", "09:00 discharge", "09:00 merge E2")})
    assert (found.standing, found.departed_at) == ("open", None)


def test_a_survivor_nobody_registered_takes_the_others_registration_and_departure() -> None:
    """Or nothing of it at all: the merge itself names it."""
    other = of("E1", "08:00 push X", "09:00 discharge", "09:10 merge E2", arrived="07:40")
    for own in ([], of("E2", "10:00 push Y")[1:]):
        found = fold_merged(own, {"E1": other})
        assert (found.encounter_id, found.standing, found.departed_at) == ("E2", "discharged", at("09:00"))
        assert (found.setting, found.arrived_at, "X" in ids(found)) == ("facility", at("07:40"), True)


def test_a_survivor_nothing_names_is_refused() -> None:
    """There is no encounter to tell of."""
    with pytest.raises(NoEventsError):
        fold_merged([], {"E1": of("E1", "08:00 push X")})


def test_an_administration_begun_in_both_is_renamed_for_the_merged_one() -> None:
    """Both are kept; the survivor's keeps its name."""
    own = of("E2", "10:00 push A id=A1")
    other = of("E1", "08:00 push B id=A1", "08:30 decide 96379 for A1 because of the route")
    found = fold_merged(own, {"E1": other})
    assert ids(found) == ["E1/A1", "A1"]
    assert [decision.administration_ids for decision in found.decisions] == [("E1/A1",)]


def test_of_several_merged_ones_the_first_by_id_keeps_the_name() -> None:
    """Whatever their order."""
    others = {name: of(name, "08:00 push B id=A1") for name in ("E3", "E1")}
    found = fold_merged(of("E2", "10:00 push A"), others)
    assert ids(found) == ["A1", "E3/A1", "A"]


def test_a_fresh_name_is_one_nobody_uses() -> None:
    """Even when somebody called an administration so."""
    own = of("E2", "10:00 push A id=A1", "10:00 push A id=E1/A1")
    found = fold_merged(own, {"E1": of("E1", "08:00 push B id=A1")})
    assert sorted(ids(found)) == ["A1", "E1/A1", "E1/E1/A1"]


def test_an_infusion_stopped_under_the_new_number_is_one_infusion() -> None:
    """It was begun once; the merge came while it ran."""
    found = fold_merged(of("E2", "10:00 stop X"), {"E1": of("E1", "08:00 start X", "09:00 merge E2")})
    assert [given.flows for given in found.administrations] == [(Flow(at("08:00"), at("10:00")),)]


def test_a_void_of_the_renamed_administration_takes_that_one() -> None:
    """The other of the same name stays."""
    own = of("E2", "10:00 push A id=A1")
    found = fold_merged(own, {"E1": of("E1", "08:00 push B id=A1", "08:30 void A1")})
    assert (ids(found), found.voided) == (["A1"], ("E1/A1",))


def test_a_void_under_the_new_number_reaches_what_was_begun_under_the_old() -> None:
    """Of an administration and of an event."""
    other = of("E1", "08:00 push X", "08:10 push Y")
    own = told("10:00 void X", "10:00 void line 7", encounter={"id": "E2"})
    renamed = [
        event.model_copy(update={"voids_event_id": "E1-2"}) if event.type == "event_voided" else event
        for event in own
    ]
    found = fold_merged(renamed, {"E1": other})
    assert (ids(found), found.voided) == ([], ("X",))


def test_a_void_reaches_its_own_encounters_event_first() -> None:
    """Event ids may repeat between encounters."""
    own = told("10:00 push Y", "10:30 void line 1", encounter={"id": "E2"})
    found = fold_merged(own, {"E1": told("08:00 push X", encounter={"id": "E1"})})
    assert ids(found) == ["X"]


def test_an_event_sent_again_under_the_new_number_counts_once() -> None:
    """Same source, same id, same content but for the encounter."""
    line = "08:00 push X"
    own, other = told(line, encounter={"id": "E2"}), told(line, "09:00 merge E2", encounter={"id": "E1"})
    assert ids(fold_merged(own, {"E1": other})) == ["X"]


def test_two_events_that_only_share_an_id_are_two() -> None:
    """Nothing is lost because two systems count from one."""
    own, other = told("08:00 push X", encounter={"id": "E2"}), told("08:00 push Y", encounter={"id": "E1"})
    assert ids(fold_merged(own, {"E1": other})) == ["X", "Y"]


def test_one_site_known_to_both_is_one_site_unless_they_contradict_each_other() -> None:
    """What contradicts is renamed, and the administrations follow their site."""
    same = fold_merged(of("E2", "10:00 remove arm"), {"E1": of("E1", "08:00 access arm picc")})
    assert [(site.site_id, site.kind, site.removed_at) for site in same.sites] == [
        ("arm", "picc", at("10:00"))
    ]
    own = of("E2", "10:00 access arm picc", "10:10 push Y site=arm")
    other = of("E1", "08:00 access arm port", "08:30 access hand restart_of=arm", "08:10 push X site=arm")
    apart = fold_merged(own, {"E1": other})
    assert [(site.site_id, site.restart_of) for site in apart.sites] == [
        ("E1/arm", None),
        ("hand", "E1/arm"),
        ("arm", None),
    ]
    assert [given.site_id for given in apart.administrations] == ["E1/arm", "arm"]


def test_conflicts_of_all_are_remembered() -> None:
    """A merge settles none."""
    clash = [*told("08:00 push X event=1"), *told("08:30 push X event=1")[1:]]
    found = fold_merged(of("E2", "10:00 push Y"), {"E1": clash})
    assert found.conflicts == ("1",)


def test_a_list_of_two_encounters_is_refused() -> None:
    """Each list is one encounter's."""
    with pytest.raises(MixedEncountersError):
        fold_merged([*of("E2"), *of("E3")], {})


def test_merges_name_who_went_where() -> None:
    """The last merge of each encounter that was not voided, sorted."""
    events = [
        *of("E3", "09:00 merge E1", "10:00 merge E2"),
        *of("E1", "08:00 merge E2"),
        *told("09:00 merge E9", "10:00 void line 1", encounter={"id": "E4"}),
        *of("E5", "09:00 merge E5"),
        *of("E2", "10:00 push X"),
    ]
    assert merges(events) == (("E1", "E2"), ("E3", "E2"))
    assert merges(reversed(events)) == merges(events)


def test_where_merges_lead_round_in_a_circle_the_last_one_stands() -> None:
    """The encounter it names is the one that stays, and its own stay tells no merge."""
    first, second = of("E1", "08:00 merge E2", "07:00 push X"), of("E2", "09:00 merge E1", "07:30 push Y")
    assert merges([*first, *second]) == (("E2", "E1"),)
    found = fold_merged(first, {"E2": second})
    assert (found.encounter_id, found.standing, ids(found)) == ("E1", "open", ["X", "Y"])


def test_a_drug_stays_linked_to_its_own_encounters_procedure() -> None:
    """Two procedures of one name are two; what was given in one is no part of the other."""
    own = of("E2", "10:00 procedure P1 biopsy", "10:05 push Y procedure=P1")
    other = of("E1", "08:00 procedure P1 cardioversion", "08:05 push X procedure=P1", "09:00 merge E2")
    found = fold_merged(own, {"E1": other})
    assert {procedure.procedure_id for procedure in found.procedures} == {"P1", "E1/P1"}
    linked = {given.administration_id: given.procedure_id for given in found.administrations}
    assert linked == {"X": "E1/P1", "Y": "P1"}
