"""
When each event is due that is played into the stream: so many a second, or as it happened but faster.

Times are seconds of a clock that only moves forward; whoever plays reads it, and nobody here does. Pure.
"""

from typing import Protocol


class Pace(Protocol):
    """Says of each event in turn when it is due."""

    def wait(self, at: float | None, now: float) -> float:
        """
        Return how many seconds the next event is early; none or less when it is due.

        ``at`` is when it happened, in epoch seconds, if it says so.
        """


class AtOnce:
    """As fast as it goes."""

    def wait(self, at: float | None, now: float) -> float:  # noqa: ARG002 -- a pace's signature
        """Return nothing to wait for."""
        return 0.0


class Steady:
    """So many events a second on average; what a stall held up is sent at once when it is over."""

    def __init__(self, per_second: float) -> None:
        self._apart = 1 / per_second
        self._start: float | None = None
        self._count = 0

    def wait(self, at: float | None, now: float) -> float:  # noqa: ARG002 -- a pace's signature
        """Return the seconds until the next event's turn."""
        if self._start is None:
            self._start = now
        due = self._start + self._count * self._apart
        self._count += 1
        return due - now


class AsItHappened:
    """
    With the pauses of the day itself, so many times faster.

    The first event that says when it happened is due at once and is what others are counted from. One that
    says nothing, or an earlier time than those before it, is due at once.
    """

    def __init__(self, times_faster: float) -> None:
        self._faster = times_faster
        self._offset: float | None = None

    def wait(self, at: float | None, now: float) -> float:
        """Return the seconds until the event's turn."""
        if at is None:
            return 0.0
        if self._offset is None:
            self._offset = now - at / self._faster
        return self._offset + at / self._faster - now
