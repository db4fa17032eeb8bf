"""
The events known so far: a mapping that never changes, and is followed by one that knows an event more.

Copying all that is known for each event that comes would make a long stay cost the square of its length. So
those that follow one another share a journal, of which each knows how much is its own; only one that is
followed twice, a fork, has to copy it.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Self

from streams.ordering import Dated

Key = tuple[str, str]
"""Who said it and under which id: ``source``, empty when none is given, and ``event_id``."""


class Known(Mapping[Key, Dated]):
    """Events by source and id; what it is made of is its own from then on. Follow it in one thread only."""

    __slots__ = ("_journal", "_length")

    def __init__(self, journal: dict[Key, Dated]) -> None:
        self._journal = journal
        self._length = len(journal)

    def __getitem__(self, key: Key) -> Dated:
        return self._own()[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(tuple(self._own()))  # a loop may follow the state it looks through

    def __len__(self) -> int:
        return self._length

    def _own(self) -> dict[Key, Dated]:
        """Return the journal without what others wrote into it after this."""
        if len(self._journal) > self._length:
            self._journal = dict(islice(self._journal.items(), self._length))
        return self._journal

    def first(self) -> Dated | None:
        """Return the event that came first."""
        return next(iter(self._journal.values())) if self._length else None

    def held(self, key: Key) -> Dated | None:
        """Return the event under a key, or None."""
        return self._own().get(key)

    def in_order(self) -> list[Dated]:
        """Return the events in the order of time."""
        return sorted(self._own().values())

    def with_event(self, key: Key, entry: Dated) -> Self:
        """Return what is known when this is too; under a key that is known it takes the other's place."""
        journal = self._own()
        if key in journal or not journal:  # nothing is known of many stays: their journals are apart
            journal = journal.copy()
        journal[key] = entry
        return type(self)(journal)
