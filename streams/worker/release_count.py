"""
Counting the charge sets there are after a recovery, a slice at a time: they are kept for good, and there may be millions.

Each partition is counted from a snapshot taken when its tables were complete. What changes meanwhile is told as a
difference, so that the order in which the two arrive does not matter.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from time import perf_counter
from typing import Final

from streams.charging.bill_hold import BillHold
from streams.charging.charge_counts import ChargeCounts, Standing, standing_of
from streams.charging.release_state import from_bytes

AT_ONCE_S: Final = 0.25
"""Seconds spent before reading begins: enough for a hospital's year."""

SLICE_S: Final = 0.005
PAUSE_S: Final = 0.02

Written = Iterator[tuple[bytes, bytes]]

Since = Callable[[int, bytes], int | None]
"""Returns the departure of a stay of a partition in epoch seconds, None where it is not known."""


class ReleaseCount:
    """Counts of the charge sets of this worker's partitions; ``since`` tells when a held stay departed."""

    def __init__(self, since: Since, bill_hold: BillHold) -> None:
        self.counts = ChargeCounts(bill_hold)
        self._since = since
        self._to_count: dict[int, Written] = {}
        self._changed: dict[int, set[bytes]] = {}

    @property
    def uncounted(self) -> int:
        """Partitions not counted to their end yet."""
        return len(self._to_count)

    def clear(self) -> None:
        """Forget all of it; an open snapshot would keep a store open that goes to another worker."""
        self.counts.clear()
        self._to_count.clear()
        self._changed.clear()

    def begin(self, partition: int, written: Written) -> None:
        """Take the snapshot of a partition whose tables are complete."""
        first = next(written, None)  # a store takes its snapshot when the first value is asked for
        if first is not None:
            self._to_count[partition] = chain((first,), written)
            self._changed[partition] = set()

    def count_for(self, seconds: float) -> None:
        """Count on for so long, or until all is counted."""
        until = perf_counter() + seconds
        while self._to_count and perf_counter() < until:
            partition, written = next(iter(self._to_count.items()))
            for key, value in written:
                self._count(partition, key, value)
                if perf_counter() >= until:
                    return
            del self._to_count[partition], self._changed[partition]

    def _count(self, partition: int, key: bytes, value: bytes) -> None:
        state = from_bytes(value)
        standing = standing_of(state)
        if standing is None:
            return
        since = self._since(partition, key) if standing.status == "held" else None
        changed = key in self._changed[partition]
        self.counts.count(key, standing, state.closed_at if since is None else since, changed=changed)

    def change(
        self, partition: int, key: bytes, before: Standing | None, after: Standing | None, since: int
    ) -> None:
        """Take in a stay whose newest charge set changed."""
        if partition in self._changed:
            self._changed[partition].add(key)
        self.counts.change(key, before, after, since)
