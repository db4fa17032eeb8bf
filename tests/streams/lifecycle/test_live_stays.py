"""What is open, running, due and overdue, from stays as they are kept."""

from encounter_states import DAY, EIGHT, HOUR, T0, Shelf, injection, line

from streams.lifecycle.live_stays import LiveStay, LiveStays, StayFigures, live_stay
from streams.lifecycle.running_infusions import RunningInfusions
from streams.lifecycle.state import departed_of, from_bytes, last_source_of, phase_of

DUE = b'{"command":"due","encounter_id":"E1"}'


def started(minutes: float, name: str = "A", **more: object) -> bytes:
    """Return the start of an infusion."""
    return line("infusion_started", minutes, administration_id=name, drug={"name": "x"}, **more)


def stopped(minutes: float, name: str = "A", **more: object) -> bytes:
    """Return its stop."""
    return line("infusion_stopped", minutes, administration_id=name, **more)


def running(*lines: bytes) -> list[int]:
    """Return since how many minutes after eight each infusion runs, as read at once, and line by line."""
    at_once = RunningInfusions().since(lines)
    one_by_one = RunningInfusions()
    for count in range(len(lines) + 1):
        found = one_by_one.since(lines[:count])
    assert sorted(found) == sorted(at_once)
    return sorted((at - T0) // 60 for at in at_once)


def test_an_infusion_runs_from_its_first_start_to_any_stop() -> None:
    """In whichever order they come."""
    assert running(started(0), started(30, "B"), stopped(20)) == [30]
    assert running(stopped(20), started(0)) == []
    assert running(started(10), started(5)) == [5]


def test_an_infusion_that_was_voided_does_not_run() -> None:
    """Nor one whose start was; a stop that was voided is none."""
    assert running(started(0), line("administration_voided", 5, administration_id="A")) == []
    assert running(started(0, event_id="s"), line("event_voided", 5, voids_event_id="s")) == []
    assert running(started(0), stopped(9, event_id="t"), line("event_voided", 10, voids_event_id="t")) == [0]
    assert running(line("event_voided", 10, voids_event_id="s"), started(0, event_id="s")) == []


def test_a_chart_without_a_stop_runs_where_it_says_infusion() -> None:
    """A push needs no stop."""

    def charted(technique: str, **more: object) -> bytes:
        at = EIGHT.isoformat()
        return line(
            "administration_charted", 30, administration_id="A", technique=technique, started_at=at, **more
        )

    assert running(charted("infusion")) == [0]
    assert running(charted("push")) == []
    assert running(charted("infusion", stopped_at=EIGHT.isoformat())) == []
    assert running(charted("infusion"), b"\xef\xbb\xbfinfusion_started, and no JSON") == [0]


def test_an_open_stay_counts_until_it_is_final() -> None:
    """Departed within the confirm window, then final and out of it; its infusion without a stop is a missing one."""
    shelf = Shelf()
    live = LiveStays()
    counted: list[LiveStay | None] = [None]

    def noted(at: int) -> StayFigures:
        counted.append(live_stay(from_bytes(shelf.stays["E1"])))
        live.change(*counted[-2:])
        return live.figures(at)

    shelf.follow(line("encounter_opened"), started(0), injection(5))
    open_ = noted(T0 + HOUR)
    assert (open_.open_encounters, open_.open_infusions, open_.oldest_open_infusion_s) == (1, 1, HOUR)
    assert (open_.missing_stops, open_.due, open_.next_due_at) == (0, 1, T0 + 3 * DAY)
    shelf.follow(line("encounter_discharged", 60), first=3, at=T0 + HOUR)
    departed = noted(T0 + 6 * HOUR)
    assert departed == StayFigures(
        departed_encounters=1, missing_stops=1, next_due_at=T0 + 5 * HOUR, overdue=1, oldest_overdue_s=HOUR
    )
    shelf.process_commands(DUE, at=T0 + 6 * HOUR)
    assert noted(T0 + 6 * HOUR) == StayFigures(
        departed_encounters=1, missing_stops=1, next_due_at=T0 + 73 * HOUR, due=1
    )
    shelf.process_commands(DUE, at=T0 + 74 * HOUR)
    assert noted(T0 + 74 * HOUR) == StayFigures()
    assert len(live) == 0


def test_withdrawn_stays_and_those_closed_without_a_departure_are_not_open() -> None:
    """They wait for nothing but to be forgotten."""
    shelf = Shelf()
    shelf.follow(line("encounter_opened"), line("encounter_cancelled", 10))
    assert live_stay(from_bytes(shelf.stays["E1"])) is None
    shelf = Shelf()
    shelf.follow(line("encounter_opened"), injection(5))
    shelf.process_commands(DUE, at=T0 + 4 * DAY)
    assert live_stay(from_bytes(shelf.stays["E1"])) is None


def test_a_kept_stay_tells_its_phase_departure_and_last_source_without_being_read() -> None:
    """An id may hold what looks like the end of a text."""
    shelf = Shelf()
    odd = 'E","final","'
    shelf.follow(line("encounter_opened", stay=odd, source="adt"), injection(5, odd, source="emar"))
    kept = shelf.stays[odd]
    assert (phase_of(kept), departed_of(kept), last_source_of(kept)) == ("open", None, "emar")
    shelf.follow(line("encounter_discharged", 60, odd), first=2)
    assert (departed_of(shelf.stays[odd]), last_source_of(shelf.stays[odd])) == (T0 + HOUR, None)
