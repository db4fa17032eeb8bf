"""When each event is due: at once, so many a second, or as it happened but faster. No clock is read."""

import pytest

from streams.kafka.pace import AsItHappened, AtOnce, Steady


def test_at_once_waits_for_nothing() -> None:
    """Whenever it happened."""
    assert AtOnce().wait(1e9, 5.0) == 0.0


def test_steady_spaces_events_evenly_from_the_first() -> None:
    """Four a second: a quarter of a second apart, whatever they say of themselves."""
    pace = Steady(4)
    assert [pace.wait(None, 100.0) for _ in range(4)] == [0.0, 0.25, 0.5, 0.75]


def test_steady_makes_up_for_a_stall() -> None:
    """What was held up is due at once, and the mean stays."""
    pace = Steady(4)
    pace.wait(None, 100.0)
    assert [pace.wait(None, 101.0) for _ in range(5)] == [-0.75, -0.5, -0.25, 0.0, 0.25]


def test_as_it_happened_keeps_the_pauses_of_the_day() -> None:
    """Sixty times as fast, an hour is a minute."""
    pace = AsItHappened(60)
    assert pace.wait(7_200.0, 100.0) == pytest.approx(0.0)
    assert pace.wait(10_800.0, 100.0) == pytest.approx(60.0)
    assert pace.wait(10_800.0, 130.0) == pytest.approx(30.0)


def test_as_it_happened_never_waits_for_what_is_late_or_says_nothing() -> None:
    """A line that was written down late comes where it stands in the file."""
    pace = AsItHappened(60)
    assert pace.wait(None, 100.0) == 0.0
    assert pace.wait(7_200.0, 100.0) == pytest.approx(0.0)
    assert pace.wait(3_600.0, 101.0) < 0
