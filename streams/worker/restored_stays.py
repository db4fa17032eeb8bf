"""
What a store of stays holds after a recovery: the deadline of each, and which are live.

Told by the changelog's records while they are restored, so that an empty store, filled anew, need not be read back; a
store that was kept is looked through once, and of each stay no more than its first bytes and its last line.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from streams.lifecycle.account_notice import is_directory
from streams.lifecycle.state import WHOLE, deadline_of, last_source_of, phase_of
from streams.lifecycle.stay_journal import entry_of

_NEVER: Final = -1
_LIVE, _LONG, _FINAL, _FORGOTTEN = range(4)

_MAX_SOURCES: Final = 100
"""Sources whose last word is kept: a feed may number its own."""


class LastWords(dict[str, int]):
    """When the newest kept event of each source came, in epoch seconds."""

    def heard(self, source: str | None, at: int) -> None:
        """Take in an event."""
        if source is not None and at > self.get(source, -1) and (source in self or len(self) < _MAX_SOURCES):
            self[source] = at


class RestoredStays:
    """The stays of one partition; ``retention`` lies between the last word of a final one and its deadline."""

    def __init__(self, words: LastWords, retention: int) -> None:
        self._words, self._retention = words, retention
        self._stays: dict[bytes, int] = {}
        """By key: the deadline, and in its lowest bits which kind of stay it is."""
        self._entries: dict[bytes, None] = {}

    def take(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """
        Take in keys and values in the order in which they were written; of one key the last counts.

        Raises:
            UnknownFormatError: a newer worker wrote them.
        """
        stays = self._stays
        for key, written in records:
            if entry_of(key) is not None:
                if written is None:
                    self._entries.pop(key, None)
                else:
                    self._entries[key] = None
            elif written is None:
                stays.pop(key, None)
            elif not is_directory(key):
                stays[key] = self._seen(written)

    def _seen(self, written: bytes) -> int:
        due_at, phase = deadline_of(written), phase_of(written)
        at = _NEVER if due_at is None else due_at
        if phase == "forgotten":
            return at << 2 | _FORGOTTEN
        if written[0] > WHOLE:
            return at << 2 | _LONG
        if phase != "final":
            return at << 2 | _LIVE
        if due_at is not None:
            self._words.heard(last_source_of(written), due_at - self._retention)
        return at << 2 | _FINAL

    def deadlines(self) -> Iterator[tuple[int, bytes]]:
        """Yield deadline and key of each stay that has one, but for those that are kept in parts."""
        for key, packed in self._stays.items():
            if packed >= 0 and packed & 3 != _LONG:
                yield packed >> 2, key

    def long(self) -> list[bytes]:
        """Return the keys of stays that are kept in parts: an entry may tell another deadline."""
        return [key for key, packed in self._stays.items() if packed & 3 == _LONG]

    def live(self) -> list[bytes]:
        """Return the keys of stays that are neither final nor forgotten, but for those that are kept in parts."""
        return [key for key, packed in self._stays.items() if packed & 3 == _LIVE]

    def entries(self) -> list[bytes]:
        """Return the keys of the entries beside stays that are kept in parts."""
        return list(self._entries)
