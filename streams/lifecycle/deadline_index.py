"""
An index of stays by deadline, one a partition: finding those that are due costs nothing for those that are not.

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
        """Add a deadline; needed only when it is earlier than the one under which the index has this stay."""
        heappush(self._heap, (due_at, key))

    def due(self, at: int, deadline: Callable[[bytes], int | None], most: int) -> Iterator[bytes]:
        """
        Yield the keys of stays whose deadline is at or before an instant, at most ``most``, and drop their entries.

        ``deadline`` returns the current deadline of a stay; a stay that is not due yet is indexed under it from then
        on. The caller adds each key again for another try, since the command it sends may be lost.
        """
        while most and self._heap and self._heap[0][0] <= at:
            _, key = heappop(self._heap)
            now = deadline(key)
            if now is not None and now > at:
                heappush(self._heap, (now, key))
            elif now is not None:
                most -= 1
                yield key
