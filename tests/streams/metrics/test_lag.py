"""Lag in records and seconds: never negative, 0 for none, and never read is a state."""

from hypothesis import given
from hypothesis import strategies as st

from streams.metrics.lag import Lag, Place, headroom_s, lag_of

NOW = 1_800_000_000_000.0
OFFSETS = st.integers(0, 2**40)


def test_nothing_unread_is_zero() -> None:
    """Whatever was read last, and however long ago."""
    assert lag_of(Place(7, 0, 7), NOW) == Lag("caught_up", 0, 0.0)
    assert lag_of(Place(None, 5, 5), NOW) == Lag("caught_up", 0, 0.0), "no position, and nothing there either"


def test_seconds_are_the_age_of_the_oldest_unread_record() -> None:
    """By its own timestamp; while nobody has looked at it, there is no age and the count stands."""
    assert lag_of(Place(7, 0, 10, 1_799_999_970_000), NOW) == Lag("behind", 3, 30.0)
    assert lag_of(Place(7, 0, 10), NOW) == Lag("behind", 3, None)
    assert lag_of(Place(7, 9, 10, 1_799_999_970_000), NOW) == Lag("behind", 1, 30.0), (
        "what is deleted waits no longer"
    )


def test_never_read_is_a_state_and_no_figure() -> None:
    """A group without a position is not late by all there is: an autoscaler would act on nonsense."""
    assert lag_of(Place(None, 5, 9), NOW) == Lag("never_read", None, None)


def test_what_kafka_has_not_answered_yet_is_unknown() -> None:
    """And not 0, which would say that all is well."""
    assert lag_of(Place(7, 0, None), NOW) == Lag("unknown")


@given(OFFSETS, OFFSETS, OFFSETS, st.integers(0, 2**42))
def test_no_figure_is_ever_negative(committed: int, start: int, end: int, oldest_ms: int) -> None:
    """Positions and ends are asked for one after the other, and clocks differ."""
    lag = lag_of(Place(committed, start, end, oldest_ms), NOW)
    assert (lag.records or 0) >= 0
    assert (lag.seconds or 0.0) >= 0.0
    assert (headroom_s(lag, 7 * 86_400_000) or 0.0) >= 0.0


def test_headroom_is_what_retention_leaves_of_the_oldest_unread_record() -> None:
    """All of it when nothing is unread, 0 when it may go now, none where time deletes nothing."""
    week = 7 * 86_400_000
    assert headroom_s(Lag("behind", 1, 86_400.0), week) == 6 * 86_400
    assert headroom_s(Lag("behind", 1, 8 * 86_400.0), week) == 0
    assert headroom_s(Lag("caught_up", 0, 0.0), week) == 7 * 86_400
    assert headroom_s(Lag("behind", 1, 5.0), None) is None
    assert headroom_s(Lag("behind", 1, 5.0), -1) is None
    assert headroom_s(Lag("never_read"), week) is None
