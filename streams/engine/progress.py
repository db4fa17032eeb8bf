"""
How far a partition has got: which record is to be handed out next, and up to where it may be committed. Pure.

The position that is committed is the first record handed out and not finished. Nothing is guessed from gaps.
"""

from collections import deque
from typing import Protocol


class Handed(Protocol):
    """Consecutive records that were handed out together: the first offset, the one after the last, and whether done."""

    first: int
    next: int
    finished: bool


class Progress:
    """One partition since its last seek; all numbers are offsets."""

    __slots__ = ("_committed", "_done", "_handed", "_looked_for", "next")

    def __init__(self, position: int) -> None:
        self.next = position
        """The record to be handed out next."""
        self._committed = self._done = position
        self._handed: deque[Handed] = deque()
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

    def hand_out(self, batch: Handed) -> None:
        """Note that these records are with an agent from now on."""
        self._handed.append(batch)
        self.next = batch.next

    def take_back(self, batch: Handed) -> None:
        """Note that the newest batch never reached its agent, so that it is fetched again."""
        if self._handed and self._handed[-1] is batch:
            self._handed.pop()
            self.next = batch.first

    def position(self) -> int | None:
        """Return the offset to commit: everything before it is finished. None when it is committed already."""
        while self._handed and self._handed[0].finished:
            self._done = self._handed.popleft().next
        return self._done if self._done != self._committed else None

    @property
    def committed(self) -> int:
        """Return the offset the broker knows: whatever came before it is done, and what followed from it is out."""
        return self._committed

    def note_committed(self, offset: int) -> None:
        """Note that the broker knows."""
        self._committed = offset
