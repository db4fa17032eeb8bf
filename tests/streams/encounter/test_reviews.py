"""Answers to flags as the fold keeps them: who decided, in which order, and what of their facts is another now."""

from itertools import permutations

import pytest
from timeline_encounter import at, told

from models.encounter import Review
from models.event import Event
from streams.encounter.fold import fold, fold_merged

DRIP = '08:00 infuse X started="08:00" stopped="09:00"'
ANSWER = "12:00 review F-PCA no_code for X by=coder-9 because part of the operation"


def changed(*lines: str, **encounter: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what changed since the only answer of a stay, in every order of its lines' arrival the same."""
    opened, *events = told(*lines, encounter=encounter)
    found = {fold([opened, *order]).reviews[0][-2:] for order in permutations(events)}
    assert len(found) == 1
    ids, facts = found.pop()
    return ids, facts


def test_an_answer_is_kept_with_who_when_and_why() -> None:
    """Under the id of its event; nothing changed, for nothing was stored after it."""
    (review,) = fold(told(DRIP, ANSWER)).reviews
    assert review == Review(
        "L2", "F-PCA", ("X",), (), "no_code", None, None, "part of the operation", "coder-9", at("12:00")
    )


def test_answers_stand_in_the_order_in_which_they_were_stored() -> None:
    """Whatever their own time and their arrival."""
    first, second = told(ANSWER, "11:00 review F-PCA attest for X because of a basal rate")[1:]
    second = second.model_copy(update={"recorded_at": first.occurred_at.replace(hour=13)})
    opened = told()[0]
    for events in ([opened, first, second], [second, first, opened]):
        assert [review.decision for review in fold(events).reviews] == ["no_code", "attest"]


def test_a_voided_answer_is_none_and_a_repeated_one_is_one() -> None:
    """As with any event."""
    events = told(DRIP, ANSWER)
    assert len(fold([*events, *events]).reviews) == 1
    assert fold(told(DRIP, ANSWER, "13:00 void line 2")).reviews == ()


@pytest.mark.parametrize(
    ("line", "ids", "facts"),
    [
        ('13:00 chart X started="08:00" stopped="09:10"', ("X",), ()),
        ("13:00 chart X class=chemotherapy", ("X",), ()),
        ("13:00 void X", ("X",), ()),
        ("13:00 void line 1", ("X",), ()),
        ("10:00 push Y recorded=13:00", ("Y",), ()),
        ("13:00 update payer=aetna", (), ("payer",)),
        ("13:00 discharge", (), ("departed_at",)),
        ("07:00 access left recorded=13:00", (), ("sites",)),
        ("07:00 procedure P recorded=13:00", (), ("procedures",)),
        ('13:00 chart X started="08:00" stopped="09:00"', (), ()),
        ("13:00 review F-MUE accept because so it was", (), ()),
        ("10:00 push Y", (), ()),
        ("10:00 push Y recorded=12:00", (), ()),
        ("11:00 update payer=aetna", (), ()),
    ],
)
def test_what_was_stored_later_and_says_otherwise_has_changed(
    line: str, ids: tuple[str, ...], facts: tuple[str, ...]
) -> None:
    """What was stored before, or in the same moment, was known; the same said again is no change."""
    assert changed(DRIP, ANSWER, line, payer="medicare") == (ids, facts)


def test_each_answer_has_its_own_moment() -> None:
    """What the first could not know, the second did."""
    lines = (
        DRIP,
        ANSWER,
        '13:00 chart X started="08:00" stopped="09:10"',
        "14:00 review F-PCA attest for X because of it",
    )
    assert [review.changed_ids for review in fold(told(*lines)).reviews] == [("X",), ()]


def of(encounter_id: str, *lines: str) -> list[Event]:
    """Return one encounter's events, their ids its own."""
    events = told(*lines, encounter={"id": encounter_id})
    return [event.model_copy(update={"event_id": f"{encounter_id}-{event.event_id}"}) for event in events]


def test_an_answer_moves_with_its_administration_into_the_stay_it_was_merged_into() -> None:
    """Named as it is named there; that the stays were merged is no change of what was given."""
    own = of("E2", "10:00 push Y", "14:00 discharge")
    other = of("E1", DRIP, ANSWER, "12:30 merge E2")
    (review,) = fold_merged(own, {"E1": other}).reviews
    assert (review.review_id, review.administration_ids) == ("E1-L2", ("X",))
    assert "X" not in review.changed_ids


def test_a_later_stop_under_the_new_number_changes_what_was_answered_under_the_old() -> None:
    """The administration is one, whichever encounter its events came under."""
    own = of("E2", "13:00 stop X", "14:00 discharge")
    other = of("E1", "08:00 start X", ANSWER, "12:30 merge E2")
    (review,) = fold_merged(own, {"E1": other}).reviews
    assert "X" in review.changed_ids
