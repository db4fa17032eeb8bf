"""
When the next fetch is sent, and how long a broker may hold back an answer that finds nothing.

One fetch a broker is under way at a time. One that asks for every partition is answered the moment anything comes, so
that it may wait long. One that leaves out partitions, because what came of them is still to be handed out, keeps those
waiting, the busiest ones. So the next is sent when all is handed out, and some milliseconds after the one before: whoever is
busy meanwhile finds more in it. Only in a backlog the next is sent at once, to be there when it is wanted; and so is one
after something lay there for long.
"""

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any, Final

IDLE_MS: Final = 200
BACKLOG_MS: Final = 20
SOON_MS: Final = 4
"""
Milliseconds for which a broker may hold back an empty answer to a fetch: where it asks for all there is, while more lies
there than can be worked off, and while what comes is to be answered at once.
"""

GAP_S: Final = 0.004
"""
Seconds between two fetches. Each takes a millisecond of processor time, however little it finds: at 500 events a second one
for each event was half of all that a worker took. What comes alone is not kept waiting, for the fetch before it was parked.
"""

HELD_S: Final = 0.2
"""Seconds for which what was fetched may lie there before fetches that leave it out are sent all the same."""

RECOVERING_MS: Final = 10
"""While recovery asks for positions and ends, each behind a fetch that is parked."""


class FetchPace:
    """
    Decides for each fetch of aiokafka's how long it may wait; ``settled`` tells whether no recovery is under way.

    A broker answers one connection's requests in order, and what recovery asks would wait behind a fetch that is parked.
    """

    def __init__(self, fetcher: Any, settled: Callable[[], bool]) -> None:
        self._fetcher, self._settled = fetcher, settled
        self.soon_ms = IDLE_MS
        """For a fetch that leaves partitions out."""
        self._lying_since = inf
        """Since when something that was fetched is not handed out."""
        self._next_at = -inf
        """When the next fetch may be sent."""
        self._actions = fetcher._get_actions_per_node  # noqa: SLF001 - aiokafka has no other way
        fetcher._get_actions_per_node = self._paced  # noqa: SLF001 - as above

    def _paced(self, assignment: Any) -> Any:
        fetcher = self._fetcher
        if not self._settled():
            wait_ms = min(self.soon_ms, RECOVERING_MS)
        else:
            now, lying = monotonic(), bool(fetcher._records)  # noqa: SLF001 - as above
            self._lying_since = min(self._lying_since, now) if lying else inf
            if self.soon_ms != BACKLOG_MS:
                if lying and now - self._lying_since < HELD_S:
                    return (), {}, HELD_S, False, ()  # handing out wakes who asks here
                if now < self._next_at:
                    return (), {}, self._next_at - now, False, ()
            self._next_at = now + GAP_S
            wait_ms = self.soon_ms if lying else IDLE_MS
        fetcher._fetch_max_wait_ms = wait_ms  # noqa: SLF001 - as above
        fetches, resets, timeout, unknown, _ = self._actions(assignment)
        # Instead of one future a partition that rests, each waited for at every fetch: who wakes them says so.
        return fetches, resets, timeout, unknown, ()

    def woken(self) -> None:
        """Look again at what is to be fetched: partitions that rested do so no longer."""
        fetcher = self._fetcher
        fetcher._notify(fetcher._wait_consume_future)  # noqa: SLF001 - as above
