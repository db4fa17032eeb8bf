"""
The pace at which events are played into the stream: so many a second, or as they happened but faster.

Times are seconds of a clock that only moves forward; the caller reads it. Pure.
"""

from typing import Protocol


class Pace(Protocol):
    """Returns for each event in turn when it is due."""

    def wait(self, at: float | None, now: float) -> float:
        """
        Return how many seconds the next event is early; none or less when it is due.

        ``at`` is when it happened, in epoch seconds, or None; ``now`` is the clock.
        """


class AtOnce:
    """No waiting at all."""

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
    As the events happened, so many times faster.

    The first event with a time is due at once, and later ones are timed from it. An event without a time, or with
    an earlier one, is due at once.
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
