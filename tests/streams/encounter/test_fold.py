"""What is known of an encounter is the set of its events: repetitions, conflicts, voids."""

import pytest
from timeline_encounter import at, stay, told

from models.encounter import Flow
from streams.encounter.fold import MixedEncountersError, NoEventsError, fold


def test_a_repeated_event_changes_nothing() -> None:
    """However often it comes."""
    events = told("08:00 start X")
    assert fold([*events, *told("08:00 start X")]) == fold(events)


def test_one_event_id_of_two_sources_is_two_events() -> None:
    """``event_id`` is unique within its source only."""
    found = stay("08:00 start X source=emar event=1", "08:00 push Y source=manual event=1")
    assert [given.administration_id for given in found.administrations] == ["X", "Y"]
    assert found.conflicts == ()


@pytest.mark.parametrize("first", [1, 2])
def test_of_two_contents_under_one_id_the_one_stored_first_counts_and_the_id_is_remembered(
    first: int,
) -> None:
    """Order of arrival does not choose."""
    opened, early, late = told("08:00 push X event=1", "08:30 push X id=X event=1")
    pair = [early, late] if first == 1 else [late, early]
    found = fold([opened, *pair])
    assert found.conflicts == ("1",)
    assert found.administrations[0].given_at == at("08:00")


def test_of_two_contents_stored_at_once_the_smaller_text_counts() -> None:
    """Something other than arrival must decide, and always the same way."""
    opened, one, other = told("08:00 push beta event=1", "08:00 push alpha event=1")
    assert fold([opened, one, other]) == fold([opened, other, one])
    assert fold([opened, one, other]).administrations[0].administration_id == "alpha"


def test_the_same_instant_written_with_another_offset_is_no_conflict() -> None:
    """The content is the same, and which writing is kept does not depend on arrival."""
    opened = told()[0]
    elsewhere = told(zone="America/Chicago", encounter={"arrived": "07:00"})[0]
    here = told(encounter={"arrived": "08:00"})[0].model_copy(update={"time_zone": "America/Chicago"})
    assert here == elsewhere
    assert opened.event_id == here.event_id
    assert fold([here, elsewhere]) == fold([elsewhere, here])
    assert fold([here, elsewhere]).conflicts == ()


def test_voiding_a_conflicting_event_settles_the_conflict() -> None:
    """A person who voids it and sends it anew sees no flag any more."""
    found = stay("08:00 push X event=L1", "08:30 push X id=X event=L1", "09:00 void line 1")
    assert found.conflicts == ()
    assert found.administrations == ()


def test_events_of_two_encounters_are_refused() -> None:
    """A grouping mistake must not become a charge."""
    mixed = [told("08:00 push X")[1], told("08:00 push X", encounter={"id": "E2"})[0]]
    with pytest.raises(MixedEncountersError, match="group them by encounter_id"):
        fold(mixed)


def test_a_stay_without_events_is_refused() -> None:
    """There is no encounter id to give it."""
    with pytest.raises(NoEventsError, match="give at least one event"):
        fold([])


def test_a_voided_event_is_as_if_it_had_never_been() -> None:
    """The stop goes, the start stays."""
    found = stay("08:00 start X", "09:00 stop X", "09:30 stop X", "10:00 void line 2")
    assert found.administrations[0].flows == (Flow(at("08:00"), at("09:30")),)


def test_a_void_reaches_an_event_of_any_source() -> None:
    """Whoever voids need not be who charted."""
    found = stay("08:00 push X source=emar event=L1", "09:00 void line 1 source=manual")
    assert found.administrations == ()


def test_a_void_may_come_before_what_it_voids() -> None:
    """Order of arrival does not count."""
    events = told("08:00 push X", "09:00 void line 1")
    assert fold(reversed(events)) == fold(events)


def test_a_voided_void_does_nothing() -> None:
    """What it took away is back."""
    found = stay("08:00 push X", "09:00 void line 1", "10:00 void line 2")
    assert [given.administration_id for given in found.administrations] == ["X"]


def test_a_void_of_a_voided_void_counts_again() -> None:
    """Three voids in a row: the first one's void is voided, so it stands."""
    found = stay("08:00 push X", "09:00 void line 1", "10:00 void line 2", "11:00 void line 3")
    assert found.administrations == ()


def test_a_void_of_a_void_counts_even_when_all_were_stored_at_once() -> None:
    """The chain decides, not the clock and not the names."""
    found = stay("08:00 push X", "08:00 void line 1", "08:00 void line 2")
    assert [given.administration_id for given in found.administrations] == ["X"]


def test_of_two_voids_that_void_each_other_the_one_stored_last_stands() -> None:
    """Somebody has to win, always the same."""
    found = stay("08:00 push X", "08:00 push Y", "09:00 void line 4", "10:00 void line 3")
    assert len(found.administrations) == 2
    chained = stay(
        "08:00 push X", "09:00 void line 3 event=L2", "10:00 void line 2 event=L3", "08:00 push Y event=L2"
    )
    assert [given.administration_id for given in chained.administrations] == ["X"]


def test_a_void_does_not_void_itself() -> None:
    """It may share its id with what it voids, under another source."""
    found = stay("08:00 push X source=emar event=L7", "09:00 void line 7 source=manual event=L7")
    assert found.administrations == ()


def test_a_voided_administration_is_named_and_nothing_else_of_it_is_told() -> None:
    """Whatever else is charted, before or after."""
    found = stay("08:00 start X", "08:30 void X", "09:00 stop X", "10:00 chart X started=08:00 stopped=09:00")
    assert found.voided == ("X",)
    assert found.administrations == ()


def test_an_administration_is_back_when_its_void_is_voided() -> None:
    """It was given after all."""
    found = stay("08:00 push X", "08:30 void X", "09:00 void line 2")
    assert found.voided == ()
    assert [given.administration_id for given in found.administrations] == ["X"]


def test_administrations_stand_in_order_of_their_first_moment_then_of_their_ids() -> None:
    """Not in order of arrival, nor of recording."""
    found = stay("09:00 push B", "09:00 push A", "08:00-10:00 infuse C", "08:30 stop D")
    assert [given.administration_id for given in found.administrations] == ["C", "D", "A", "B"]


def test_the_newest_instant_of_storage_is_kept_even_of_a_voided_event() -> None:
    """A late correction is late whatever it corrects."""
    found = stay("08:00 push X recorded=11:00", "09:00 void line 1")
    assert found.last_recorded_at == at("11:00")
