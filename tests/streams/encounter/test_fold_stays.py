"""Registration, departure, sites, procedures and decisions, as the tracker tells them."""

from timeline_encounter import at, stay, told

from models.encounter import AccessSite, Decision, DepartmentPeriod, Procedure
from streams.encounter.fold import fold


def test_each_field_of_the_registration_is_the_one_stored_last() -> None:
    """Field by field; the order in which they happened does not count."""
    found = stay(
        "09:00 update payer=aetna recorded=11:00", "10:00 update payer=cigna department=ED", payer="medicare"
    )
    assert (found.payer, found.department, found.setting) == ("aetna", "ED", "facility")


def test_a_field_an_update_leaves_out_stays_as_it_was() -> None:
    """An update says only what changed."""
    found = stay("09:00 update department=ED", payer="medicare", encounter={"arrived": "07:40"})
    assert (found.payer, found.arrived_at) == ("medicare", at("07:40"))


def test_a_stay_nobody_registered_is_open_and_unknown() -> None:
    """Clinical events may come first."""
    found = fold(told("08:00 push X")[1:])
    assert (found.standing, found.setting, found.time_zone, found.departed_at) == ("open", None, None, None)


def test_the_offset_is_the_one_written_on_the_earliest_event() -> None:
    """Of the events that count; the earliest by when it happened."""
    assert stay("08:00 push X").utc_offset_s == -5 * 3600
    assert stay("08:00 push X", on="2026-07-02").utc_offset_s == -4 * 3600
    assert stay("08:00 push X", zone="Asia/Kolkata").utc_offset_s == 19800


def test_a_discharge_is_the_departure() -> None:
    """Its own instant, not when it was stored."""
    found = stay("10:00 discharge recorded=10:30")
    assert (found.standing, found.departed_at) == ("discharged", at("10:00"))


def test_a_reopened_stay_has_no_departure() -> None:
    """The discharge before it is taken back."""
    found = stay("10:00 discharge", "10:05 reopen")
    assert (found.standing, found.departed_at) == ("open", None)


def test_the_departure_after_a_reopening_is_the_later_one() -> None:
    """Both discharges are known; one is in force."""
    found = stay("12:00 discharge", "10:05 reopen", "10:00 discharge")
    assert (found.standing, found.departed_at) == ("discharged", at("12:00"))


def test_a_cancelled_stay_never_was() -> None:
    """It has no departure either."""
    found = stay("10:00 discharge", "11:00 cancel")
    assert (found.standing, found.departed_at) == ("cancelled", None)


def test_reopening_takes_back_a_cancellation() -> None:
    """A visit cancelled by mistake goes on."""
    assert stay("11:00 cancel", "11:05 reopen").standing == "open"


def test_what_is_taken_back_at_the_instant_it_was_said_is_taken_back() -> None:
    """A cancelled discharge often bears the discharge's own time."""
    found = stay("10:00 reopen event=a", "10:00 discharge event=b")
    assert (found.standing, found.departed_at) == ("open", None)


def test_a_voided_discharge_is_no_departure() -> None:
    """The stay is open as before."""
    assert stay("10:00 discharge", "11:00 void line 1").standing == "open"


def test_of_two_inpatient_orders_the_one_stored_last_stands() -> None:
    """A correction may name an earlier time or a later one; when it was stored decides."""
    assert stay("12:00 inpatient", "11:00 inpatient recorded=12:30").inpatient_ordered_at == at("11:00")
    assert stay("12:00 inpatient recorded=12:30", "11:00 inpatient").inpatient_ordered_at == at("12:00")


def test_of_two_departures_the_one_stored_last_stands_whatever_its_own_time() -> None:
    """Stored at one instant, the later departure stands."""
    assert stay("18:00 discharge recorded=12:01", "12:00 discharge recorded=12:30").departed_at == at("12:00")
    assert stay("12:00 discharge recorded=12:01", "18:00 discharge recorded=12:30").departed_at == at("18:00")
    assert stay("12:00 discharge recorded=19:00", "18:00 discharge recorded=19:00").departed_at == at("18:00")


def test_a_discharge_after_a_cancellation_does_not_revive_the_stay_and_is_named() -> None:
    """Only a reopening does; then the discharge stored before it is no departure any more."""
    revived = stay("10:00 cancel", "11:00 discharge event=d1")
    assert (revived.standing, revived.departed_at, revived.overruled) == ("cancelled", None, ("d1",))
    reopened = stay("10:00 cancel", "11:00 discharge event=d1", "12:00 reopen")
    assert (reopened.standing, reopened.overruled) == ("open", ())
    again = stay("10:00 cancel", "12:00 reopen", "13:00 discharge")
    assert (again.standing, again.departed_at, again.overruled) == ("discharged", at("13:00"), ())


def test_a_merged_stay_is_another_ones() -> None:
    """Unless it was merged into itself, which says nothing."""
    assert stay("10:00 discharge", "11:00 merge E2").standing == "merged"
    assert stay("11:00 merge E1").standing == "open"
    assert stay("11:00 merge E2", "12:00 void line 1").standing == "open"


def test_a_stay_that_never_moved_has_no_periods() -> None:
    """One department and one modifier hold for all of it; what is said again moves nothing."""
    assert stay("10:00 discharge").departments == ()
    again = stay("08:00 push X", "09:00 update department=ED payer=aetna", encounter={"department": "ED"})
    assert (again.departments, again.department) == ((), "ED")


def test_a_later_update_of_the_department_is_a_move() -> None:
    """From its own instant on, whenever it was stored; what was there before is there until then."""
    found = stay(
        "07:00 push X",
        "12:00 update department=OBS department_modifier=PO recorded=18:00",
        "09:00 update department=ED department_modifier=ER",
        encounter={"department": "CLINIC"},
    )
    assert found.departments == (
        DepartmentPeriod(at("07:00"), "CLINIC", None),
        DepartmentPeriod(at("09:00"), "ED", "ER"),
        DepartmentPeriod(at("12:00"), "OBS", "PO"),
    )


def test_of_one_instant_the_department_stored_last_counts() -> None:
    """A correction of where the stay began is no move."""
    found = stay(
        "07:00 push X",
        "07:00 update department_modifier=PN recorded=18:00",
        encounter={"department_modifier": "PO"},
    )
    assert found.departments == ()
    assert found.department_modifier == "PN"


def test_another_department_has_a_modifier_of_its_own() -> None:
    """Its own from before, or none; a modifier alone is said of the department the stay is in."""
    found = stay(
        "07:00 push X",
        "09:00 update department=MAIN",
        "10:00 update department=CLINIC",
        "11:00 update department_modifier=PN",
        encounter={"department": "CLINIC", "department_modifier": "PO"},
    )
    assert [period[1:] for period in found.departments] == [
        ("CLINIC", "PO"),
        ("MAIN", None),
        ("CLINIC", "PO"),
        ("CLINIC", "PN"),
    ]


def test_a_site_lasts_from_its_first_placing_to_its_last_removal() -> None:
    """What is said of it later fills in or corrects."""
    found = stay(
        "08:00 access left-arm peripheral",
        "08:05 access left-arm reason=incompatible",
        "12:00 remove left-arm picc",
    )
    assert found.sites == (AccessSite("left-arm", "picc", at("08:00"), at("12:00"), None, "incompatible"),)


def test_a_site_placed_again_after_its_removal_is_in_use() -> None:
    """It has no removal in force."""
    found = stay("08:00 access arm", "09:00 remove arm", "10:00 access arm")
    assert [(site.placed_at, site.removed_at) for site in found.sites] == [(at("08:00"), None)]


def test_sites_stand_in_order_of_first_mention() -> None:
    """A restart names the site it replaces."""
    found = stay("09:00 access second restart_of=first", "08:00 access first")
    assert [(site.site_id, site.restart_of) for site in found.sites] == [("first", None), ("second", "first")]


def test_a_procedure_has_its_time() -> None:
    """From start to end; a kind said later counts."""
    found = stay("08:00 procedure P1", "09:00 end P1 biopsy", "10:00 procedure P2 scan")
    assert found.procedures == (
        Procedure("P1", "biopsy", at("08:00"), at("09:00")),
        Procedure("P2", "scan", at("10:00"), None),
    )


def test_a_decision_is_kept_with_its_reason() -> None:
    """Who decided is not our business; why is."""
    found = stay(
        "08:00 push X", "10:00 decide 96379 for X units=2 comparable=96375 because the route has no code"
    )
    assert found.decisions == (
        Decision("decision-2", "96379", 2, ("X",), "the route has no code", "96375", at("10:00")),
    )


def test_of_two_versions_of_a_decision_the_one_stored_last_counts() -> None:
    """One decision id, one decision."""
    opened, first = told("10:00 decide 96379 because of the route")
    second = first.model_copy(
        update={"event_id": "x", "units": 3, "recorded_at": opened.occurred_at.replace(hour=13)}
    )
    for events in ([opened, first, second], [second, first, opened]):
        assert [decision.units for decision in fold(events).decisions] == [3]
