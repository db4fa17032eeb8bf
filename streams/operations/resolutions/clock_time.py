"""
The date of a time that was typed without one: a day on which it fits the stay, else none is guessed.

Such a time lies on the right side of what is known, not before the arrival and not after the departure. A stop after
midnight is on the next day where the patient was still there.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from streams.operations.resolutions.question import AnswerError, Need

_DAY_S: Final = 86_400
_WITH_DATE: Final = "write the date if it was another day"


def dated(need: Need, clock: str, zone: tzinfo, on_clock: Callable[[str], datetime]) -> datetime:
    """
    Return the instant at which the stay's clock showed a time, the nearest to what is known that fits the stay.

    ``clock`` is the time as hours and minutes; ``on_clock`` returns its instant on a date.

    Raises:
        AnswerError: it fits no day, or the clock did not show it, or showed it twice.
    """
    if need.near is None:
        raise AnswerError(need.name, "has no date", "write the date too, for example 2026-03-02 09:31")
    near = datetime.fromtimestamp(need.near, UTC)
    today = near.astimezone(zone).date()
    found = []
    for days in (-1, 0, 1):
        try:
            found.append(on_clock((today + timedelta(days=days)).isoformat()))
        except AnswerError:
            if days == 0:  # the likeliest day: what is wrong with its clock must be told
                raise
    fits = [
        at
        for at in found
        if _beside(need, at, near) and _in_the_stay(need, at, own_day=at.astimezone(zone).date() == today)
    ]
    if not fits:
        shown = next((at for at in found if at.astimezone(zone).date() == today), near)
        raise AnswerError(need.name, f"{clock} {_misfit(need, shown, near, zone)}", _WITH_DATE)
    return min(fits, key=lambda at: abs((at - near).total_seconds()))


def _beside(need: Need, at: datetime, near: datetime) -> bool:
    """Tell whether a time is on the right side of what is known, and within a day of it."""
    if (need.side == "after" and at <= near) or (need.side == "before" and at >= near):
        return False
    return abs((at - near).total_seconds()) <= _DAY_S


def _in_the_stay(need: Need, at: datetime, *, own_day: bool) -> bool:
    if need.latest is not None and at.timestamp() > need.latest:
        return False
    if need.earliest is None or at.timestamp() >= need.earliest:
        return True
    # What was begun on the way in is corrected by the minute, and its day is told by what is known of it.
    return own_day and need.near is not None and need.near < need.earliest


def _misfit(need: Need, at: datetime, near: datetime, zone: tzinfo) -> str:
    """Say why a time fits no day, by the day of what is known."""
    day = near.astimezone(zone).date()
    leaves_that_day = need.latest is None or datetime.fromtimestamp(need.latest, zone).date() <= day
    if need.side == "after" and at <= near and leaves_that_day:
        how = "is before" if at < near else "is no later than"
        return f"{how} its start at {_shown(need.near, zone, day)}"
    if need.side == "before" and at >= near:
        return f"is not before what is known of it at {_shown(need.near, zone, day)}"
    if need.latest is not None and (at.timestamp() > need.latest or need.side == "after"):
        return f"is after the departure at {_shown(need.latest, zone, day)}"
    if need.earliest is not None and at.timestamp() < need.earliest:
        return f"is before the arrival at {_shown(need.earliest, zone, day)}"
    return "fits no day of the stay"


def _shown(at: float | None, zone: tzinfo, day: date) -> str:
    """Return an instant on the stay's clock, with its date where that is not the day that is spoken of."""
    shown = datetime.fromtimestamp(at or 0, zone)
    return f"{shown:%H:%M}" if shown.date() == day else f"{shown:%Y-%m-%d %H:%M}"
