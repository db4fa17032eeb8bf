"""When a stay is coded: every deadline a second before, on and after it, and what becomes known in between."""

import pytest
from encounter_states import CONFIRM, DAY, HOUR, T0, TIMEOUTS, asked, asked_early, injection, line

from models.encounter import Encounter
from rules.emission import Emission
from streams.lifecycle.state import EncounterState
from streams.lifecycle.transitions import advance, last_closed
from streams.wire.closed_encounter_json import ClosedEncounter

LEFT = T0 + HOUR
DISCHARGED = (line("encounter_opened"), injection(), line("encounter_discharged", 60))


class Stay:
    """One stay under the clock."""

    def __init__(self, early: bool = False) -> None:  # noqa: FBT001, FBT002 - P-30 is a yes or no
        self.state = EncounterState("E1", T0)
        self._asked = asked_early if early else asked

    def hear(self, *lines: bytes, at: int) -> ClosedEncounter | None:
        """Take in events and settle."""
        self.state.events.update(dict.fromkeys(lines))
        self.state.last_event_at, self.state.standing_stale = at, True
        return self.at(at)

    def at(self, at: int) -> ClosedEncounter | None:
        """Settle at an instant, twice: the second time has nothing to say."""
        closed = advance(self.state, at, TIMEOUTS, self._asked)
        if closed is not None:
            assert advance(self.state, at, TIMEOUTS, self._asked) is None
        return closed

    def closed_at(self, due: int) -> ClosedEncounter:
        """Check that it is silent until a second before an instant, and return what it says on it."""
        assert self.state.due_at == due
        assert self.at(due - 1) is None
        closed = self.at(due)
        assert closed is not None
        return closed


def test_a_departure_closes_after_the_grace_period_and_is_confirmed_when_its_window_has_passed() -> None:
    """A preview first, then final, then nothing until it is forgotten."""
    stay = Stay()
    assert stay.hear(*DISCHARGED, at=LEFT) is None
    first = stay.closed_at(LEFT + TIMEOUTS.grace)
    assert (first.version, first.status, first.reason, first.events) == (1, "preview", "discharged", 3)
    assert stay.at(LEFT + TIMEOUTS.grace + 1) is None
    second = stay.closed_at(LEFT + CONFIRM)
    assert (second.version, second.status, second.reason) == (2, "final", "confirmed")
    assert stay.state.phase == "final"
    assert stay.state.due_at == LEFT + TIMEOUTS.retention
    assert stay.at(LEFT + TIMEOUTS.retention - 1) is None
    assert stay.state.event_count() == 3
    assert stay.at(LEFT + TIMEOUTS.retention) is None
    assert (stay.state.phase, stay.state.event_count(), stay.state.due_at) == ("forgotten", 0, None)
    assert stay.at(LEFT + 2 * TIMEOUTS.retention) is None
    assert last_closed(stay.state) is None


def test_what_is_read_long_after_the_departure_waits_only_until_the_feed_is_quiet() -> None:
    """And is final at once when its window has passed."""
    stay = Stay()
    late = LEFT + 10 * DAY
    assert stay.hear(*DISCHARGED, at=late) is None
    closed = stay.closed_at(late + TIMEOUTS.quiet_period)
    assert (closed.status, closed.reason) == ("final", "discharged")


@pytest.mark.parametrize(
    ("after", "status"), [(CONFIRM - 1, "preview"), (CONFIRM, "final"), (CONFIRM + 1, "final")]
)
def test_a_late_event_is_a_preview_inside_the_window_and_final_from_its_end_on(
    after: int, status: str
) -> None:
    """It is coded at once: nothing is waited for twice."""
    stay = Stay()
    stay.hear(*DISCHARGED, at=LEFT)
    stay.at(LEFT + TIMEOUTS.grace)
    stay.at(LEFT + after - 1)
    closed = stay.hear(injection(7, name="b"), at=LEFT + after)
    assert closed is not None
    assert (closed.status, closed.reason, closed.events) == (status, "late_event", 4)


def test_a_stay_without_a_departure_is_given_up_after_silence() -> None:
    """As a preview, and forgotten when its time comes."""
    stay = Stay()
    assert stay.hear(DISCHARGED[0], injection(), at=T0) is None
    closed = stay.closed_at(T0 + TIMEOUTS.inactivity_gap)
    assert (closed.status, closed.reason) == ("preview", "inactive")
    assert stay.state.phase == "closed"
    assert stay.state.due_for == "forget"


def test_a_stay_given_up_is_open_again_once_it_is_heard_of() -> None:
    """It waits for silence again; a departure has it coded at once, as whatever comes after a coding does."""
    stay = Stay()
    stay.hear(DISCHARGED[0], at=T0)
    stay.at(T0 + TIMEOUTS.inactivity_gap)
    heard = T0 + TIMEOUTS.inactivity_gap + HOUR
    assert stay.hear(injection(), at=heard) is None
    assert stay.state.phase == "open"
    assert stay.closed_at(heard + TIMEOUTS.inactivity_gap).version == 2
    left = heard + TIMEOUTS.inactivity_gap + HOUR
    closed = stay.hear(line("encounter_discharged", (left - T0) / 60), at=left)
    assert closed is not None
    assert (closed.status, closed.reason) == ("preview", "late_event")
    assert stay.closed_at(left + CONFIRM).status == "final"


def test_a_stay_that_never_falls_silent_is_coded_when_it_is_overdue() -> None:
    """Counted from its first word."""
    stay = Stay()
    stay.hear(DISCHARGED[0], at=T0)
    for day in range(1, 30):
        assert stay.hear(injection(day * 1440, name=str(day)), at=T0 + day * DAY) is None
    closed = stay.closed_at(T0 + TIMEOUTS.max_open)
    assert (closed.reason, closed.status, closed.events) == ("overdue", "preview", 30)


def test_under_p30_an_open_stay_is_sent_as_a_preview_whenever_its_feed_is_quiet() -> None:
    """And stays open."""
    stay = Stay(early=True)
    assert stay.hear(DISCHARGED[0], injection(), at=T0) is None
    closed = stay.closed_at(T0 + TIMEOUTS.quiet_period)
    assert (closed.status, closed.reason, stay.state.phase) == ("preview", "provisional", "open")
    assert stay.hear(injection(9, name="b"), at=T0 + HOUR) is None
    assert stay.closed_at(T0 + HOUR + TIMEOUTS.quiet_period).version == 2
    stay.hear(DISCHARGED[2], at=LEFT + 1)
    assert stay.closed_at(LEFT + TIMEOUTS.grace).reason == "discharged"


def test_a_departure_taken_back_after_final_is_said_at_once() -> None:
    """Charges go back to a preview; the next departure closes it again."""
    stay = Stay()
    stay.hear(*DISCHARGED, at=LEFT)
    stay.at(LEFT + CONFIRM)
    assert stay.state.status == "final"
    at = LEFT + CONFIRM + DAY
    closed = stay.hear(line("encounter_reopened", 120), at=at)
    assert closed is not None
    assert (closed.status, closed.reason, stay.state.phase) == ("preview", "reopened", "open")
    assert stay.hear(line("encounter_discharged", 180), at=at + 1) is None
    again = stay.closed_at(at + 1 + TIMEOUTS.quiet_period)
    assert (again.status, again.reason) == ("final", "discharged")


def test_a_departure_in_the_next_century_does_not_keep_a_stay_from_being_coded() -> None:
    """It stays a preview until somebody corrects the date."""
    stay = Stay()
    stay.hear(DISCHARGED[0], injection(), line("encounter_discharged", 100 * 365 * 1440), at=T0)
    assert stay.closed_at(T0 + TIMEOUTS.max_open).status == "preview"
    corrected = line("encounter_discharged", 100 * 365 * 1440 + 1)
    assert stay.hear(corrected, at=T0 + 40 * DAY) is not None


def test_a_cancelled_stay_that_was_never_coded_is_withdrawn_all_the_same() -> None:
    """It may stand charged from before states were begun anew; its own state stays that of one never coded."""
    stay = Stay()
    withdrawn = stay.hear(DISCHARGED[0], line("encounter_cancelled", 5), at=T0)
    assert withdrawn is not None
    assert (withdrawn.version, withdrawn.status, withdrawn.closed_at) == (1, "withdrawn", T0)
    assert (stay.state.version, stay.state.due_for) == (0, "forget")
    assert last_closed(stay.state) == withdrawn


def test_a_cancelled_stay_that_was_coded_is_withdrawn_at_once_and_comes_back_when_reopened() -> None:
    """Each is a version of its own."""
    stay = Stay()
    stay.hear(*DISCHARGED, at=LEFT)
    stay.at(LEFT + TIMEOUTS.grace)
    withdrawn = stay.hear(line("encounter_cancelled", 61), at=LEFT + DAY)
    assert withdrawn is not None
    assert (withdrawn.version, withdrawn.status, withdrawn.reason) == (2, "withdrawn", "cancelled")
    back = stay.hear(line("encounter_reopened", 62), at=LEFT + 2 * DAY)
    assert back is not None
    assert (back.version, back.status, back.reason) == (3, "preview", "reopened")


def test_a_cancellation_that_loses_its_id_to_an_earlier_event_has_no_effect() -> None:
    """Though nothing that came says anything of the stay's standing."""
    stay = Stay()
    stay.hear(line("encounter_cancelled", 5, recorded=90, event_id="x"), at=T0)
    stay.state.events[injection(event_id="x", recorded=30)] = None
    stay.state.standing_stale = False
    assert stay.at(T0 + 1) is None
    assert (stay.state.standing, stay.state.due_for) == ("open", "inactive")


def test_a_stay_known_only_from_a_merge_is_withdrawn_when_the_merge_is_taken_back() -> None:
    """Else its charges would stand beside those of the stay that is back."""
    stay = Stay()
    merge = line("encounter_merged", 61, "E2", event_id="m", into_encounter_id="E1")
    told = [
        line("encounter_opened", 0, "E2"),
        injection(5, "E2"),
        line("encounter_discharged", 60, "E2"),
        merge,
    ]
    stay.state.merged_events["E2"] = dict.fromkeys(told)
    stay.state.has_merges = True
    assert stay.hear(at=LEFT) is None
    assert stay.closed_at(LEFT + TIMEOUTS.grace).encounter.administrations
    stay.state.merged_events["E2"][line("event_voided", 70, "E2", voids_event_id="m")] = None
    closed = stay.hear(at=LEFT + DAY)
    assert closed is not None
    assert (closed.status, closed.encounter.administrations) == ("withdrawn", ())
    assert last_closed(stay.state) == closed
    stay.state.merged_events["E2"][line("encounter_merged", 80, "E2", into_encounter_id="E1")] = None
    assert stay.hear(at=LEFT + 2 * DAY) is not None
    assert stay.state.status == "preview"


def test_a_policy_that_fails_leaves_the_stay_to_be_looked_at_again() -> None:
    """Nothing is half looked at."""
    stay = Stay()

    def fails(_: Encounter) -> Emission:
        raise ZeroDivisionError

    stay.state.events[DISCHARGED[0]] = None
    stay.state.standing_stale = True
    with pytest.raises(ZeroDivisionError):
        advance(stay.state, T0, TIMEOUTS, fails)
    assert stay.state.standing_stale
