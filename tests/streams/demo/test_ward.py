"""The demo's patients of this hour: something is asked of each at once, and what was answered is coded."""

from datetime import UTC, datetime, timedelta

import pytest

from models.event import EVENT
from rules.engine import Profile, code_encounter
from streams.demo.ward import arrives, leaves
from streams.encounter.fold import fold
from streams.lifecycle.nudges import NudgePolicy, asked_of

NOW = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "kind"), [(1, "planned_end"), (2, "open_pause"), (3, "planned_end"), (6, "open_pause")]
)
def test_something_is_asked_of_each_as_it_arrives(number: int, kind: str) -> None:
    """So the page of nudges has open questions while somebody looks."""
    events = [EVENT.validate_python(one) for one in arrives(number, NOW)]
    nudges = asked_of(fold(events), events, int(NOW.timestamp()), NudgePolicy(), Profile()).nudges
    assert nudges is not None
    assert [one.kind for one in nudges.nudges] == [kind]


@pytest.mark.parametrize("number", range(1, 9))
def test_what_is_answered_is_charged_and_one_in_four_is_left_open(number: int) -> None:
    """The others go to the review queue."""
    events = [
        EVENT.validate_python(one)
        for one in (*arrives(number, NOW), *leaves(number, NOW + timedelta(seconds=90)))
    ]
    charge_set = code_encounter(fold(events), Profile()).charge_set
    assert (charge_set.status == "final") == (number % 4 != 1)
