"""Instants become epoch seconds, and events stand in one order."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from timeline_encounter import at, told

from models.field import EARLIEST, LATEST
from streams.encounter.dated_event import date_events
from streams.encounter.epoch import epoch_seconds

ZONES = (
    UTC,
    timezone(timedelta(hours=-5)),
    timezone(timedelta(hours=5, minutes=45)),
    timezone(-timedelta(hours=23, minutes=59)),
    ZoneInfo("America/New_York"),
)
AWARE = st.datetimes(
    EARLIEST.replace(tzinfo=None) + timedelta(days=1),
    LATEST.replace(tzinfo=None) - timedelta(days=1),
    timezones=st.sampled_from(ZONES),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.none() | AWARE))
def test_many_instants_at_once_are_the_seconds_of_each(instants: list[datetime | None]) -> None:
    """To the microsecond, in any zone, and nothing stays nothing."""
    assert epoch_seconds(instants) == [None if one is None else one.timestamp() for one in instants]


def test_an_event_is_placed_by_when_it_happened_and_when_it_was_stored() -> None:
    """What does not say when it was stored was stored as it happened."""
    entries = date_events(told("08:00 push X recorded=11:00", "09:00 push Y"))
    places = {entry.kind: (entry.at, entry.recorded) for entry in entries[1:2]}
    assert places == {"push_given": (at("08:00"), at("11:00"))}
    assert (entries[2].at, entries[2].recorded) == (at("09:00"), at("09:00"))
