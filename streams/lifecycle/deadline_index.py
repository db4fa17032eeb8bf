"""
An index of stays by deadline, one a partition: finding those that are due costs nothing for those that are not.

It holds lower bounds. A deadline that moves later leaves its entry where it is, and is looked up when the entry comes up;
only one that moves earlier adds an entry. Nearly all entries wait for months, so they lie packed together by the hour,
a few bytes beside the key each; the hour that has begun, and those behind it, are a heap.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from math import inf
from struct import Struct
from typing import Final

Entry = tuple[int, bytes]
"""A deadline in epoch seconds, and the key of a stay."""

_HOUR: Final = 3600
_PACKED: Final = Struct("<HI")
"""In front of a key: the second of the hour, and how long the key is."""


class DeadlineIndex:
    """The deadlines of one partition."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._near: list[Entry] = []
        """A heap: every entry of the hours up to ``_unpacked``."""
        self._later: dict[int, bytearray] = {}
        """The entries of each hour after it, packed."""
        self._hours: list[int] = []
        """A heap of the hours in ``_later``."""
        self._unpacked: float = -inf
        self._count = 0
        later, pack = self._later, _PACKED.pack
        for due_at, key in entries:  # there may be millions, so they are added here
            hour, second = divmod(due_at, _HOUR)
            if hour not in later:
                later[hour] = bytearray()
                heappush(self._hours, hour)
            later[hour] += pack(second, len(key)) + key
            self._count += 1

    def __len__(self) -> int:
        return self._count

    def has_due(self, at: int) -> bool:
        """Tell whether a stay may be due at an instant, in epoch seconds; hours that begin after it stay packed."""
        return self._next_at(at) <= at

    def add(self, key: bytes, due_at: int) -> None:
        """Add a deadline; needed only when it is earlier than the one under which the index has this stay."""
        self._count += 1
        hour, second = divmod(due_at, _HOUR)
        if hour <= self._unpacked:
            heappush(self._near, (due_at, key))
            return
        packed = self._later.get(hour)
        if packed is None:
            packed = self._later[hour] = bytearray()
            heappush(self._hours, hour)
        packed += _PACKED.pack(second, len(key))
        packed += key

    def due(self, at: int, deadline: Callable[[bytes], int | None], most: int) -> Iterator[bytes]:
        """
        Yield the keys of stays whose deadline is at or before an instant, at most ``most``, and drop their entries.

        ``deadline`` returns the current deadline of a stay; a stay that is not due yet is indexed under it from then
        on. The caller adds each key again for another try, since the command it sends may be lost.
        """
        while most and self.has_due(at):
            _, key = heappop(self._near)
            self._count -= 1
            now = deadline(key)
            if now is not None and now > at:
                self.add(key, now)
            elif now is not None:
                most -= 1
                yield key

    def _next_at(self, at: int) -> float:
        """Return when the next entry is, leaving the hours packed that begin only after ``at``."""
        if not self._near and self._hours and self._hours[0] * _HOUR <= at:
            self._unpack()
        return self._near[0][0] if self._near else inf

    def _unpack(self) -> None:
        """Put the entries of the next hour into the heap, which is empty."""
        hour = heappop(self._hours)
        packed = bytes(self._later.pop(hour))
        self._unpacked = hour
        place = 0
        while place < len(packed):
            second, length = _PACKED.unpack_from(packed, place)
            place += _PACKED.size + length
            heappush(self._near, (hour * _HOUR + second, packed[place - length : place]))
