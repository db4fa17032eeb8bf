"""
Counting the live stays there are after a recovery, a slice at a time: each has to be read, and there may be a million.

A partition is counted from a snapshot in the order of its keys. A stay that changes before the count has come to it is
counted then, as it has become, and passed over by the count; one behind it changes what was counted.
"""

from collections.abc import Callable, Collection, Iterator
from itertools import chain
from time import perf_counter
from typing import Final

Written = Iterator[tuple[bytes, bytes]]
"""Keys and values of a partition in the order of their keys."""

AT_ONCE: Final = 2_000
"""So many live stays are counted before reading begins: more than a hospital has."""


class LiveCount:
    """What is not counted yet; ``count`` takes in one stay of a partition as it was when its tables were complete."""

    def __init__(self, count: Callable[[int, bytes, bytes], None]) -> None:
        self._count = count
        self._to_count: dict[int, Written] = {}
        self._passed: dict[int, bytes] = {}
        self._ahead: dict[int, set[bytes]] = {}

    @property
    def uncounted(self) -> int:
        """Partitions not counted to their end yet."""
        return len(self._to_count)

    def clear(self) -> None:
        """Forget all of it; an open snapshot would keep a store open that goes to another worker."""
        self._to_count.clear()
        self._passed.clear()
        self._ahead.clear()

    def begin(self, partition: int, written: Written, counted: Collection[bytes]) -> None:
        """Take the snapshot of a partition whose tables are complete; ``counted`` are keys counted already."""
        first = next(written, None)  # a store takes its snapshot when the first value is asked for
        if first is not None:
            self._to_count[partition] = chain((first,), written)
            self._passed[partition], self._ahead[partition] = b"", set(counted)

    def claims(self, partition: int, key: bytes) -> bool:
        """Tell whether a stay is not counted yet; from then on it is, and is left to whoever asked."""
        ahead = self._ahead.get(partition)
        if ahead is None or key <= self._passed[partition] or key in ahead:
            return False
        ahead.add(key)
        return True

    def count_for(self, seconds: float) -> None:
        """Count on for so long, or until all is counted."""
        until = perf_counter() + seconds
        while self._to_count and perf_counter() < until:
            partition, written = next(iter(self._to_count.items()))
            ahead = self._ahead[partition]
            for key, value in written:
                self._passed[partition] = key
                if key not in ahead:
                    self._count(partition, key, value)
                if perf_counter() >= until:
                    return
            del self._to_count[partition], self._passed[partition], self._ahead[partition]
