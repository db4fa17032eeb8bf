"""When it flowed: live events reduced to stretches, chart entries, and what cannot have happened so."""

import pytest
from timeline_encounter import at, only, stay

from models.encounter import Flow


def flows(*lines: str) -> list[tuple[str, str | None]]:
    """Return the nurse's stretches of flow as times of day."""
    return [
        (clock(flow.start), None if flow.stop is None else clock(flow.stop)) for flow in only(*lines).flows
    ]


def clock(second: int) -> str:
    """Return an epoch second of 2026-03-02 as a time of day in New York."""
    hours, minutes = divmod((second - at("00:00")) // 60, 60)
    return f"{hours:02}:{minutes:02}"


LIVE = {
    "a start and a stop": (("08:00 start X", "09:31 stop X"), [("08:00", "09:31")]),
    "a start without a stop": (("08:00 start X",), [("08:00", None)]),
    "a pause is not flow": (
        ("08:00 start X", "08:10 pause X", "08:20 resume X", "09:00 stop X"),
        [("08:00", "08:10"), ("08:20", "09:00")],
    ),
    "a rate of zero is a pause": (
        ("08:00 start X", "08:10 rate X 0", "08:20 rate X 60", "09:00 stop X"),
        [("08:00", "08:10"), ("08:20", "09:00")],
    ),
    "a resumption ends a rate of zero": (
        ("08:00 start X", "08:10 rate X 0", "08:20 resume X", "09:00 stop X"),
        [("08:00", "08:10"), ("08:20", "09:00")],
    ),
    "a rate does not end a pause": (
        ("08:00 start X", "08:10 pause X", "08:20 rate X 60", "09:00 stop X"),
        [("08:00", "08:10")],
    ),
    "a pause outweighs a rate of zero before it": (
        ("08:00 start X", "08:10 rate X 0", "08:12 pause X", "08:20 rate X 60", "09:00 stop X"),
        [("08:00", "08:10")],
    ),
    "a rate change does not interrupt": (
        ("08:00 start X", "08:10 rate X 60", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "a bag change does not interrupt": (
        ("08:00 start X", "08:30 bag X", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "a bag hung while paused does not flow": (
        ("08:00 start X", "08:10 pause X", "08:20 bag X", "09:00 stop X"),
        [("08:00", "08:10")],
    ),
    "a bag hung after a stop flows": (
        ("08:00 start X", "08:30 stop X", "08:40 bag X", "09:00 stop X"),
        [("08:00", "08:30"), ("08:40", "09:00")],
    ),
    "a bag hung before the start waits for it": (
        ("07:55 bag X", "08:00 start X", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "a bag is a start when there is no other": (("08:00 bag X",), [("08:00", None)]),
    "a start after a pause resumes": (
        ("08:00 start X id=X", "08:10 pause X", "08:20 start X id=X", "09:00 stop X"),
        [("08:00", "08:10"), ("08:20", "09:00")],
    ),
    "a start after a stop begins another stretch": (
        ("08:00 start X id=X", "08:10 stop X", "08:20 start X id=X", "09:00 stop X"),
        [("08:00", "08:10"), ("08:20", "09:00")],
    ),
    "a stop after a pause ends it": (
        ("08:00 start X", "08:10 pause X", "09:00 stop X"),
        [("08:00", "08:10")],
    ),
    "a second stop says nothing new": (
        ("08:00 start X", "09:00 stop X", "09:10 stop X"),
        [("08:00", "09:00")],
    ),
    "a resumption while it flows says nothing": (
        ("08:00 start X", "08:10 resume X", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "a resumption after a stop flows": (
        ("08:00 start X", "08:10 stop X", "08:20 resume X", "09:00 stop X"),
        [("08:00", "08:10"), ("08:20", "09:00")],
    ),
    "a pause before the start says nothing": (
        ("07:50 pause X", "08:00 start X", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "pause and resumption in one minute leave no gap": (
        ("08:00 start X", "08:10 resume X", "08:10 pause X", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "rate zero and back in one minute leave no gap": (
        ("08:00 start X", "08:10 rate X 60", "08:10 rate X 0", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "stop and start in one minute carry on": (
        ("08:00 start X id=X", "08:30 start X id=X", "08:30 stop X", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "stop and next bag in one minute carry on": (
        ("08:00 start X", "08:30 bag X", "08:30 stop X", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "pause, resumption and stop in one minute end it": (
        ("08:00 start X", "09:00 resume X", "09:00 pause X", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "a start repeated at its instant is one start": (
        ("08:00 start X id=X source=emar", "08:00 start X id=X source=manual", "09:00 stop X"),
        [("08:00", "09:00")],
    ),
    "a stretch of no length is dropped": (
        ("08:00 start X", "08:00 pause X", "08:20 resume X", "09:00 stop X"),
        [("08:20", "09:00")],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), LIVE.values(), ids=LIVE)
def test_live_events_reduce_to_stretches_without_a_fault(
    lines: tuple[str, ...], expected: list[tuple[str, str | None]]
) -> None:
    """Starts, resumptions and bags open; pauses, zero rates and stops close."""
    assert flows(*lines) == expected
    assert only(*lines).faults == ()


IMPOSSIBLE = {
    "a stop before the only start": (
        ("07:50 stop X", "08:00 start X"),
        "stop_before_start",
        [("08:00", None)],
    ),
    "a stop without a start": (("09:00 stop X",), "stop_without_start", []),
    "a resumption is no start": (("08:00 resume X", "09:00 stop X"), "stop_without_start", []),
    "a start and a stop at once": (("08:00 start X", "08:00 stop X"), "no_duration", []),
    "paused at once and stopped": (("08:00 start X", "08:00 pause X", "09:00 stop X"), "no_duration", []),
    "two starts": (
        ("08:00 start X id=X", "08:30 start X id=X", "09:00 stop X"),
        "started_twice",
        [("08:00", "09:00")],
    ),
}


@pytest.mark.parametrize(("lines", "fault", "expected"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_have_happened_is_a_fault(
    lines: tuple[str, ...], fault: str, expected: list[tuple[str, str | None]]
) -> None:
    """R-DOC-5 refuses to code it; nothing is mended here."""
    assert only(*lines).faults == (fault,)
    assert flows(*lines) == expected


def test_an_early_stop_beside_the_right_one_is_no_fault() -> None:
    """Another stop ends the infusion."""
    lines = ("07:50 stop X", "08:00 start X", "09:00 stop X")
    assert (flows(*lines), only(*lines).faults) == ([("08:00", "09:00")], ())


CHARTED = {
    "a start and a stop are the whole": (
        (
            "08:00 start X",
            "08:10 pause X",
            "08:40 resume X",
            "09:00 stop X",
            "12:00 chart X started=08:05 stopped=09:05",
        ),
        [("08:05", "09:05")],
    ),
    "the entry stored last is in force": (
        (
            "12:00 chart X started=08:05 stopped=09:05 recorded=13:00",
            "12:30 chart X started=08:00 stopped=09:00",
        ),
        [("08:05", "09:05")],
    ),
    "intervals are the whole": (
        ("08:00 start X", "12:00 stop X", "08:40-09:30,08:00-08:30 infuse X id=X"),
        [("08:00", "08:30"), ("08:40", "09:30")],
    ),
    "touching intervals are one": (("08:00-08:30,08:30-09:00 infuse X",), [("08:00", "09:00")]),
    "an open last interval takes the live stop": (
        ("08:00-08:30,08:40 infuse X", "09:30 stop X"),
        [("08:00", "08:30"), ("08:40", "09:30")],
    ),
    "an open last interval without a stop stays open": (
        ("08:00-08:30,08:40 infuse X", "08:35 stop X"),
        [("08:00", "08:30"), ("08:40", None)],
    ),
    "a start alone takes the live stop": (("08:00 infuse X", "09:00 stop X"), [("08:00", "09:00")]),
    "a start alone takes the live pauses too": (
        ("08:00 start X", "08:10 pause X", "08:20 resume X", "09:00 stop X", "12:00 chart X started=08:05"),
        [("08:05", "08:10"), ("08:20", "09:00")],
    ),
    "a start after the live stop stays open": (("08:30 stop X", "09:00 infuse X"), [("09:00", None)]),
    "a stop alone takes the live start": (
        ("08:00 start X", "12:00 chart X stopped=09:00"),
        [("08:00", "09:00")],
    ),
    "a stop alone replaces the live stop and keeps the pauses": (
        ("08:00 start X", "08:10 pause X", "08:20 resume X", "09:00 stop X", "12:00 chart X stopped=09:30"),
        [("08:00", "08:10"), ("08:20", "09:30")],
    ),
    "an entry without times leaves the live ones": (
        ("08:00 start X", "08:10 pause X", "08:20 resume X", "09:00 stop X", "12:00 chart X order=o1"),
        [("08:00", "08:10"), ("08:20", "09:00")],
    ),
    "an entry without any start has no flow": (("08:00 chart X technique=infusion",), []),
}


@pytest.mark.parametrize(("lines", "expected"), CHARTED.values(), ids=CHARTED)
def test_a_chart_entry_beats_the_live_events(
    lines: tuple[str, ...], expected: list[tuple[str, str | None]]
) -> None:
    """What it leaves open they fill in."""
    assert flows(*lines) == expected
    assert only(*lines).faults == ()


CHARTED_WRONG = {
    "a stop before the start": (("12:00 chart X started=09:00 stopped=08:00",), ("stop_before_start",)),
    "a stop before the live start": (
        ("09:00 start X", "12:00 chart X stopped=08:00"),
        ("stop_before_start",),
    ),
    "no time between": (("08:00-08:00 infuse X",), ("no_duration",)),
    "a stop without any start": (("12:00 chart X stopped=09:00",), ("stop_without_start",)),
    "a live stop without any start": (
        ("12:00 chart X technique=infusion", "09:00 stop X"),
        ("stop_without_start",),
    ),
    "intervals that overlap": (("08:00-08:30,08:20-09:00 infuse X",), ("overlapping_intervals",)),
    "an interval after an open one": (("08:00,08:20-09:00 infuse X",), ("overlapping_intervals",)),
}


@pytest.mark.parametrize(("lines", "faults"), CHARTED_WRONG.values(), ids=CHARTED_WRONG)
def test_a_chart_entry_that_cannot_be_is_a_fault(lines: tuple[str, ...], faults: tuple[str, ...]) -> None:
    """As charted it did not happen."""
    assert only(*lines).faults == faults


def test_overlapping_intervals_are_kept_for_the_person_who_must_look() -> None:
    """Nobody but a person knows which of them is wrong."""
    assert flows("08:00-08:30,08:20-09:00 infuse X") == [("08:00", "08:30"), ("08:20", "09:00")]


def test_when_a_charted_infusion_was_recorded_is_not_when_it_began() -> None:
    """Without a start there is none (R-DOC-4)."""
    given = only("08:00 chart X technique=infusion route=IV")
    assert (given.given_at, given.flows) == (None, ())


def test_a_second_holds_over_midnight_and_over_the_change_of_the_clock() -> None:
    """Instants are counted in UTC (R-TIME-6)."""
    (given,) = stay("23:30 start X", "+1 03:30 stop X", on="2026-03-07").administrations
    (flow,) = given.flows
    assert flow == Flow(flow.start, flow.start + 3 * 3600)
