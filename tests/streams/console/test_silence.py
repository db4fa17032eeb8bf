"""When a sender is silent too long: by its own rhythm once two weeks are known, by a fixed limit before."""

from streams.console.silence import FIXED_MINUTES, hour_of_week, rhythm

WEEK = 7 * 24 * 60
MONDAY = (1_772_409_600 // 60) - ((1_772_409_600 // 60 - 4 * 24 * 60) % WEEK)
"""The minute of a Monday's midnight UTC."""


def test_the_week_begins_on_monday() -> None:
    """1970-01-05 was one."""
    assert hour_of_week(4 * 24 * 60) == 0
    assert hour_of_week(MONDAY) == 0
    assert hour_of_week(MONDAY - 1) == 167


def test_before_two_weeks_a_fixed_limit_stands() -> None:
    """However regular it was."""
    minutes = list(range(MONDAY, MONDAY + 2 * WEEK - 5, 5))
    assert rhythm(minutes).limit(MONDAY + 2 * WEEK) == (FIXED_MINUTES, False)
    assert rhythm([]).limit(MONDAY) == (FIXED_MINUTES, False)


def test_each_hour_of_the_week_has_a_limit_of_its_own() -> None:
    """Every five minutes on Mondays, once in two hours else: three times the median gap of either."""
    minutes = [at for at in range(MONDAY, MONDAY + 3 * WEEK, 5) if hour_of_week(at) < 24 or at % 120 == 0]
    known = rhythm(minutes)
    assert known.limit(MONDAY + 3 * WEEK + 600) == (15, True)
    assert known.limit(MONDAY + 3 * WEEK + 3 * 24 * 60) == (15, True) or known.overall > 0
    assert known.limits[30] == 360
