"""When to try again: a stay whose message may be taken later, and a billing system that does not answer at all. Pure."""

from typing import Final

FIRST_S: Final = 1.0
LONGEST_S: Final = 60.0

COUNTED_ATTEMPTS: Final = 12
"""Answers of "later" to one message, each with others taken meanwhile, after which it is that message's own fault."""


def pause(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: doubled each time, a minute at the most."""
    return min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 10))


class Reach:
    """Whether the billing system answers; ``now`` is in seconds of a clock that only moves forward."""

    def __init__(self) -> None:
        self.failures = 0
        self.since: float | None = None
        """When it was first not reached after it was reached last; None while it answers."""
        self.why = ""
        self._open_at = 0.0

    def failed(self, why: str, now: float) -> bool:
        """Note that no answer came; several at once count once. Return whether it is the first since it answered."""
        first = self.since is None
        if now >= self._open_at:
            self.failures += 1
            self._open_at = now + pause(self.failures)
        self.since = now if self.since is None else self.since
        self.why = why
        return first

    def answered(self) -> bool:
        """Note that an answer came; return whether it had been silent."""
        again = self.since is not None
        self.failures, self.since, self.why, self._open_at = 0, None, "", 0.0
        return again

    def wait(self, now: float) -> float:
        """Return the seconds until it may be tried; 0 while it answers."""
        return max(0.0, self._open_at - now)


class Patience:
    """How often one message was put off, and how often of those others were taken meanwhile."""

    def __init__(self) -> None:
        self.attempts = 0
        self._counted = 0
        self._accepted = -1

    def put_off(self, accepted: int) -> bool:
        """Note an answer of "later", with so many messages taken until now; return whether it is enough."""
        self.attempts += 1
        if accepted > self._accepted:
            self._counted += 1
            self._accepted = accepted
        return self._counted >= COUNTED_ATTEMPTS
