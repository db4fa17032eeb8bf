"""What is asked while the patient is there: when, once, not at night, and no more once it is answered."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from timeline import events_of

from models.event import Event
from models.nudge import NUDGE_KINDS
from streams.encounter.fold import fold
from streams.lifecycle.nudges import Asked, NudgePolicy, QuietHours, asked_of

ZONE = ZoneInfo("America/New_York")
BY_DAY = NudgePolicy()
NIGHT = NudgePolicy(quiet=QuietHours(22 * 60, 6 * 60))
SITES = [
    "07:50 access left-arm peripheral",
    "07:55 access right-arm peripheral",
    "08:00-08:40 infuse ceftriaxone site=left-arm",
    "08:00-08:40 infuse vancomycin site=right-arm",
]
OFFICE = ["08:00-08:40 infuse ceftriaxone order=antibiotic", '09:00-10:00 infuse "iron sucrose" order=iron']


def instant(clock: str, day: int = 2) -> int:
    """Return an instant of the stay's day in epoch seconds."""
    hours, minutes = map(int, clock.split(":"))
    return int(datetime(2026, 3, day, hours, minutes, tzinfo=ZONE).timestamp())


def events(*timeline: str, **case: object) -> list[Event]:
    """Return the events of a timeline."""
    return events_of({"case": "a stay", "timeline": list(timeline), **case})


def asked(clock: str, *timeline: str, policy: NudgePolicy = BY_DAY, day: int = 2, **case: object) -> Asked:
    """Return what is asked about a timeline at a time of the day."""
    told = events(*timeline, **case)
    return asked_of(fold(told), told, instant(clock, day), policy)


def kinds(found: Asked) -> list[str]:
    """Return the kinds of questions that are asked."""
    return [one.kind for one in found.nudges.nudges] if found.nudges else []


@pytest.mark.parametrize(
    ("kind", "timeline", "case", "before", "after", "answer"),
    [
        ("planned_end", ["08:00 start ceftriaxone planned=60"], {}, "09:14", "09:15", "09:05 stop ceftriaxone"),
        ("planned_end", ["08:00 start ceftriaxone rate=100 volume=50"], {}, "08:44", "08:45", "08:30 stop ceftriaxone"),
        ("open_pause", ["08:00 start ceftriaxone", "08:20 pause ceftriaxone"], {}, "08:49", "08:50", "08:25 resume ceftriaxone"),
        ("open_pause", ["08:00 start ceftriaxone", "08:20 rate ceftriaxone 0"], {}, "08:49", "08:50", "08:30 stop ceftriaxone"),
        ("missing_stop", ["08:00 start ceftriaxone", "10:00 discharge"], {}, "10:09", "10:10", "09:31 stop ceftriaxone"),
        ("second_site", SITES, {}, "08:29", "08:30", '07:55 access right-arm peripheral reason="incompatible drugs"'),
        ("key_reason", OFFICE, {"setting": "office"}, "09:59", "10:00", "10:30 update key_reason_order=iron"),
    ],
)  # fmt: skip
def test_each_question_is_asked_in_its_time_and_closed_by_its_answer(
    kind: str, timeline: list[str], case: dict[str, str], before: str, after: str, answer: str
) -> None:
    """Not a minute earlier, and then it says when it will be."""
    early = asked(before, *timeline, **case)
    assert kinds(early) == []
    assert early.next_at == instant(after)
    late = asked(after, *timeline, **case)
    assert kinds(late) == [kind]
    assert late.nudges is not None
    assert asked("12:00", *timeline, **case).nudges == late.nudges, (
        "the same in the same words, whenever it is looked at"
    )
    assert kinds(asked(after, *timeline, answer, **case)) == []


def test_every_kind_is_tried_above() -> None:
    """A kind that nothing asks would be dead."""
    tried = test_each_question_is_asked_in_its_time_and_closed_by_its_answer.pytestmark[0].args[1]
    assert {row[0] for row in tried} == set(NUDGE_KINDS)


def test_a_pump_that_stopped_asks_for_the_nurses_stop() -> None:
    """Its time is not the nurse's, and the line would say so."""
    found = asked(
        "09:30",
        "08:00 start ceftriaxone",
        "08:00 start ceftriaxone id=ceftriaxone source=pump",
        "09:00 stop ceftriaxone source=pump",
    )
    assert found.nudges is not None
    (one,) = found.nudges.nudges
    assert one.asks == "ceftriaxone: the pump stopped at 09:00, and no stop is charted. When did it stop?"
    assert (one.since, one.asked_at) == ("2026-03-02T14:00:00Z", "2026-03-02T14:10:00Z")


def test_a_pause_moves_the_planned_end() -> None:
    """Twenty minutes of pause, and it ends twenty minutes later."""
    paused = ("08:00 start ceftriaxone planned=60", "08:20 pause ceftriaxone", "08:40 resume ceftriaxone")
    assert asked("09:00", *paused).next_at == instant("09:35")


def test_quiet_hours_put_a_question_off_and_close_none() -> None:
    """Asked at six what came to be at eleven; what was asked before the night stands through it."""
    night = ("22:00 start ceftriaxone planned=60",)
    assert asked("23:59", *night, policy=NIGHT).next_at == instant("06:00", 3)
    assert kinds(asked("06:00", *night, policy=NIGHT, day=3)) == ["planned_end"]
    evening = ("20:00 start ceftriaxone planned=60",)
    assert kinds(asked("23:30", *evening, policy=NIGHT)) == ["planned_end"]


def test_what_runs_without_a_plan_and_what_is_no_stay_is_asked_nothing() -> None:
    """Nobody knows when it should end; a cancelled stay never was."""
    assert asked("20:00", "08:00 start ceftriaxone") == Asked(None, None)
    assert asked("20:00", "08:00 start ceftriaxone planned=60", "09:00 cancel") == Asked(None, None)


def test_a_second_pause_is_another_question() -> None:
    """The first one was answered; two pauses have two ids."""
    first = asked("09:00", "08:00 start ceftriaxone", "08:10 pause ceftriaxone")
    second = asked(
        "09:00",
        "08:00 start ceftriaxone",
        "08:10 pause ceftriaxone",
        "08:15 resume ceftriaxone",
        "08:20 pause ceftriaxone",
    )
    assert first.nudges
    assert second.nudges
    assert first.nudges.nudges[0].nudge_id != second.nudges.nudges[0].nudge_id
