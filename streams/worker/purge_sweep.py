"""
The daily look through the stores for stays of which nothing need be known any more: a slice at a time beside the work.

They are not in the index of deadlines: a marker waits for years, and an entry there takes more memory than it is worth.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from time import perf_counter
from typing import Final

from streams.lifecycle.account_notice import is_directory
from streams.lifecycle.state import last_event_of, phase_of
from streams.lifecycle.stay_journal import entry_of

Kept = Iterable[tuple[bytes, bytes]]

_EVERY_S: Final = 86_400
_SLICE_S: Final = 0.005
_AT_ONCE: Final = 1_000


def is_expired(key: bytes, written: bytes, before: int) -> bool:
    """Tell whether this is a stay that was forgotten, and of which nothing was heard since an epoch second."""
    if is_directory(key) or entry_of(key) is not None or phase_of(written) != "forgotten":
        return False
    return last_event_of(written) <= before


class PurgeSweep:
    """Looks through the partitions of one worker; ``items_of`` returns what the table has of one."""

    def __init__(self, items_of: Callable[[int], Kept]) -> None:
        self._items_of = items_of
        self._to_do: list[int] = []
        self._under_way: tuple[int, Iterator[tuple[bytes, bytes]]] | None = None
        self._next_at = 0

    def clear(self) -> None:
        """Forget where it was; an open look would keep a store open that goes to another worker."""
        self._to_do, self._under_way, self._next_at = [], None, 0

    def expired(self, partitions: Iterable[int], at: int, before: int) -> Iterator[tuple[int, bytes]]:
        """Look on for a few milliseconds, and yield partition and key of what is older than ``before``."""
        if self._under_way is None and not self._to_do:
            if at < self._next_at:
                return
            self._to_do, self._next_at = sorted(partitions), at + _EVERY_S
        until = perf_counter() + _SLICE_S
        while perf_counter() < until:
            if self._under_way is None:
                if not self._to_do:
                    return
                partition = self._to_do.pop()
                self._under_way = partition, iter(self._items_of(partition))
            partition, items = self._under_way
            some = list(islice(items, _AT_ONCE))
            yield from ((partition, key) for key, written in some if is_expired(key, written, before))
            if len(some) < _AT_ONCE:
                self._under_way = None
