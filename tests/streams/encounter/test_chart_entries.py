"""Chart entries that state one end each, and records that tell bags: what they leave open is filled, not guessed."""

import pytest
from timeline_encounter import at, only

from models.encounter import Flow

HOUR = (Flow(at("08:00"), at("09:00")),)


@pytest.mark.parametrize(
    "lines",
    [
        ("08:00 chart X started=08:00", "09:00 chart X stopped=09:00"),
        ("09:00 chart X stopped=09:00", "09:30 chart X started=08:00"),
        ("08:00 chart X started=08:00", "08:59 chart X stopped=08:50", "09:10 chart X stopped=09:00"),
        ("08:10 start X", "09:10 stop X", "10:00 chart X stopped=09:00", "10:01 chart X started=08:00"),
    ],
    ids=["start then stop", "stop then start", "a stop corrected", "both live ends corrected"],
)
def test_a_start_and_a_stop_charted_apart_are_one_flow(lines: tuple[str, ...]) -> None:
    """Whichever was stored last; of two words for one end the later stands."""
    given = only(*lines)
    assert (given.flows, given.faults) == (HOUR, ())
    assert only(*reversed(lines)) == given


def test_a_whole_entry_stored_later_replaces_both_ends() -> None:
    """It states the whole administration."""
    whole = "10:00 chart X started=08:30 stopped=09:30"
    ends = ("08:00 chart X started=08:00", "09:00 chart X stopped=09:00")
    assert only(*ends, whole).flows == (Flow(at("08:30"), at("09:30")),)


def test_the_first_bag_is_the_start_where_a_chart_entry_says_what_hung() -> None:
    """The next one goes on with it."""
    given = only(
        "08:00 chart X technique=infusion", "08:00 bag X", "08:30 bag X", "09:00 stop X"
    )  # fmt: skip
    assert (given.flows, given.bag_changes, given.given_at) == (HOUR, (at("08:30"),), at("08:00"))


def test_bags_alone_are_no_start() -> None:
    """Nothing says that what began with them is all there was (R-DOC-4)."""
    assert only("08:00 bag X", "09:00 stop X").faults == ("stop_without_start",)
