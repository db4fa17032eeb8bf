"""
The progress of a partition: which record is handed out next, and which offset may be committed. Pure.

The position that is committed is the first record handed out and not finished. Nothing is guessed from gaps.
How far behind it is can be read from another thread meanwhile: each figure is one value, replaced whole.
"""

from collections import deque
from typing import NamedTuple, Protocol


class HandedOut(Protocol):
    """Consecutive records handed out together: the first offset, the offset after the last, and whether they are finished."""

    @property
    def first(self) -> int:
        """Return the first offset."""

    @property
    def next(self) -> int:
        """Return the offset after the last."""

    @property
    def finished(self) -> bool:
        """Return whether they are finished."""

    @property
    def timestamp(self) -> int:
        """Return the first record's timestamp in milliseconds."""


class Passed(NamedTuple):
    """A stretch in which there is no record: nobody has to finish it."""

    first: int
    next: int
    timestamp: int = 0
    finished: bool = True


class Progress:
    """One partition since its last seek; all numbers are offsets."""

    __slots__ = ("_committed", "_done", "_handed_out", "_looked_for", "_uncommitted", "never_read", "next")

    def __init__(self, position: int, *, never_read: bool = False) -> None:
        self.next = position
        """The record to be handed out next."""
        self.never_read = never_read
        """Whether the broker knew of no position, and nothing was handed out since."""
        self._uncommitted: deque[tuple[int, int]] = deque()
        """First offset and timestamp of each batch handed out whose end is not committed, oldest first."""
        self._committed = self._done = position
        self._handed_out: deque[HandedOut] = deque()
        self._looked_for: int | None = None

    def continues(self, first: int) -> bool:
        """
        Tell whether records from ``first`` on may be handed out now.

        Records beyond the next one may have been fetched before a seek, and what lies between would be lost:
        then the answer is no, and the caller seeks to ``next``. If the same is found again after that, the
        records between are truly gone (compacted, or markers of transactions), and the answer is yes.
        """
        if first <= self.next or self._looked_for == self.next:
            self._looked_for = None
            return True
        self._looked_for = self.next
        return False

    def hand_out(self, batch: HandedOut) -> None:
        """Note that these records are with an agent from now on."""
        self._handed_out.append(batch)
        self._uncommitted.append((batch.first, batch.timestamp))
        self.next = batch.next
        self.never_read = False

    def pass_over(self, end: int) -> None:
        """Note that there is no record from the next one up to ``end``: what is handed out next lies there or after."""
        if end > self.next:
            self._handed_out.append(Passed(self.next, end))
            self.next = end
            self.never_read = False

    def take_back(self, batch: HandedOut) -> None:
        """Note that the newest batch never reached its agent, so that it is fetched again."""
        if self._handed_out and self._handed_out[-1] is batch:
            self._handed_out.pop()
            self._uncommitted.pop()
            self.next = batch.first

    def position(self) -> int | None:
        """Return the offset to commit: everything before it is finished. None when it is committed already."""
        while self._handed_out and self._handed_out[0].finished:
            self._done = self._handed_out.popleft().next
        return self._done if self._done != self._committed else None

    @property
    def committed(self) -> int:
        """Return the offset the broker knows: whatever came before it is done, and what followed from it is out."""
        return self._committed

    def note_committed(self, offset: int) -> None:
        """Note that the broker knows."""
        self._committed = offset
        while self._uncommitted and self._uncommitted[0][0] < offset:
            self._uncommitted.popleft()

    def oldest_uncommitted(self) -> tuple[int, int | None]:
        """Return the committed offset and the timestamp in milliseconds of the first record not before it; None unknown."""
        try:
            _, timestamp = self._uncommitted[0]
        except IndexError:  # nothing handed out beyond it
            return self._committed, None
        return self._committed, timestamp
