"""A time without a date is put on a day on which it fits the stay, and on no other."""

from datetime import UTC, datetime

import pytest
from timeline import events_of as events_in

from models.event import Event
from rules.engine import Profile
from streams.operations.resolutions.answer_events import Wire, events_of
from streams.operations.resolutions.effect import coded
from streams.operations.resolutions.question import AnswerError
from streams.operations.resolutions.questions import questions_of

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
SHORT = ("08:00 start ceftriaxone", "10:00 discharge")
OVERNIGHT = ("22:00 start ceftriaxone", "+1 02:00 discharge")
LATE = ("23:50 start ceftriaxone", "+1 00:10 discharge")


def answered(timeline: tuple[str, ...], key: str, arrived: str | None = None, **inputs: str) -> Wire:
    """Return the event of an answer to a stay's missing stop."""
    opened = {} if arrived is None else {"arrived": arrived}
    events: list[Event] = events_in({"case": "a stay", "timeline": list(timeline), "encounter": opened})
    charge_set = coded(events[0].encounter_id, events, Profile())
    question = next(one for one in questions_of(charge_set, events) if one.flag == "F-MISSING_STOP")
    return events_of(question, key, inputs, "coder-7", AT, "")[0]


@pytest.mark.parametrize(
    ("timeline", "typed", "told"),
    [
        (SHORT, "09:31", "2026-03-02T09:31:00-05:00"),
        (SHORT, "10:00", "2026-03-02T10:00:00-05:00"),
        (OVERNIGHT, "01:30", "2026-03-03T01:30:00-05:00"),
        (OVERNIGHT, "23:30", "2026-03-02T23:30:00-05:00"),
        (SHORT, "2026-03-03 07:00", "2026-03-03T07:00:00-05:00"),
    ],
)
def test_a_stop_is_on_the_day_on_which_the_patient_was_there(
    timeline: tuple[str, ...], typed: str, told: str
) -> None:
    """After midnight where the stay went on, and on any day that is written."""
    assert answered(timeline, "stop", occurred_at=typed)["occurred_at"] == told


@pytest.mark.parametrize(
    ("timeline", "typed", "told"),
    [
        (SHORT, "07:00", "07:00 is before its start at 08:00"),
        (SHORT, "08:00", "08:00 is no later than its start at 08:00"),
        (SHORT, "10:01", "10:01 is after the departure at 10:00"),
        (OVERNIGHT, "03:00", "03:00 is after the departure at 2026-03-03 02:00"),
    ],
)
def test_a_stop_that_fits_no_day_is_not_put_on_another(
    timeline: tuple[str, ...], typed: str, told: str
) -> None:
    """Twenty-one hours after the patient had left are no charge."""
    with pytest.raises(AnswerError) as raised:
        answered(timeline, "stop", occurred_at=typed)
    assert str(raised.value) == f"occurred_at: {told}; write the date if it was another day"


def test_a_stop_is_looked_for_after_the_start_that_was_typed() -> None:
    """A drug begun earlier than charted may have ended before the charted start."""
    charted = answered(SHORT, "times", started_at="07:30", stopped_at="07:50")
    assert charted["stopped_at"] == "2026-03-02T07:50:00-05:00"
    late = answered(LATE, "times", started_at="23:40", stopped_at="00:05")
    assert (late["started_at"], late["stopped_at"]) == (
        "2026-03-02T23:40:00-05:00",
        "2026-03-03T00:05:00-05:00",
    )


def test_a_start_is_on_no_day_before_the_stay() -> None:
    """Yesterday evening is nearer to eight o'clock than this evening, and the patient was at home."""
    with pytest.raises(AnswerError, match="started_at: 22:00 is after the departure at 10:00"):
        answered(SHORT, "times", started_at="22:00", stopped_at="09:00")
    with pytest.raises(AnswerError, match="started_at: 07:00 is before the arrival at 07:40"):
        answered(SHORT, "times", "07:40", started_at="07:00", stopped_at="09:00")
