"""The table of events by subject: complete, without overlap, and what the fold does with it."""

from itertools import combinations

from models.event import event_types
from models.event_subject import GIVEN, RUNNING, SUBJECTS
from streams.encounter.source_record import _FLOW_EVENTS


def test_every_type_of_event_has_one_subject() -> None:
    """A new type that is in no table would be dropped by the fold without a word."""
    assert frozenset().union(*SUBJECTS) == frozenset(event_types())
    assert not any(one & other for one, other in combinations(SUBJECTS, 2))


def test_every_event_of_a_running_infusion_but_a_bolus_moves_its_flow() -> None:
    """The rate is kept apart because it also holds a figure."""
    moving = frozenset(_FLOW_EVENTS) | {"infusion_rate_changed"}
    assert moving == RUNNING - {"infusion_bolus"} | (GIVEN & frozenset(_FLOW_EVENTS))
