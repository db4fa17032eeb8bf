"""How long the worker waits before it closes or forgets a stay: one hospital's answers, with ours as default."""

from typing import NamedTuple

_HOUR = 3600
_DAY = 24 * _HOUR
_KEPT = 400 * _DAY


class Timeouts(NamedTuple):
    """Spans in seconds."""

    grace: int = 4 * _HOUR
    """From the departure to the first coding: the chart is written up after the patient has left."""
    quiet_period: int = 60
    """Since the stay's newest event: a feed that catches up sends hours of events within seconds."""
    inactivity_gap: int = 3 * _DAY
    """Without a word and without a departure: the registration feed lost one."""
    max_open: int = 30 * _DAY
    """Since the first word, however much is still said: no outpatient stays so long."""
    retention: int = 120 * _DAY
    """
    From the last word to forgetting. Corrections come within weeks; what comes later can be brought back with the whole
    stay for as long as the events topic keeps it, and meanwhile every stay costs memory and disk (streams/README.md).
    """

    @property
    def purge(self) -> int:
        """
        From the last word until nothing of the stay is left on disk: not before the events topic has let go of it.

        Until then a marker says that it was there, so that a late event is not taken for a stay of its own.
        """
        return max(_KEPT, 3 * self.retention)
