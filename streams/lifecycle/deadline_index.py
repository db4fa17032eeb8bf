"""
Which stays are due: an index by deadline, one a partition, so that looking costs what is due and not what is open.

It is a heap of lower bounds. A deadline that moves later leaves its entry where it is, and is looked up when the
entry comes up; only one that moves earlier adds an entry.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush
from math import inf

Entry = tuple[int, bytes]
"""A deadline in epoch seconds, and the key of a stay."""


class DeadlineIndex:
    """The deadlines of one partition."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._heap = list(entries)
        heapify(self._heap)

    def __len__(self) -> int:
        return len(self._heap)

    def soonest(self) -> float:
        """Return the instant before which no stay is due, in epoch seconds."""
        return self._heap[0][0] if self._heap else inf

    def add(self, key: bytes, due_at: int) -> None:
        """Note a deadline that is earlier than the one this stay is held under, if it is held at all."""
        heappush(self._heap, (due_at, key))

    def due(self, at: int, deadline: Callable[[bytes], int | None], most: int) -> Iterator[bytes]:
        """
        Yield the keys of stays whose deadline is at or before an instant, at most so many, and drop their entries.

        ``deadline`` tells what a stay's deadline is now; a stay that is not due yet is held under it from then on.
        Whoever takes a key adds it again, for what was asked of its stay may be lost.
        """
        while most and self._heap and self._heap[0][0] <= at:
            _, key = heappop(self._heap)
            now = deadline(key)
            if now is not None and now > at:
                heappush(self._heap, (now, key))
            elif now is not None:
                most -= 1
                yield key
