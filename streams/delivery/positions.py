"""How far a partition is delivered without a gap: what may be committed. Pure."""

from collections import deque


class Positions:
    """The records of a partition that were read, in order, and which of them are finished."""

    def __init__(self, position: int) -> None:
        self._next = position
        self.read_to = position
        """The offset after the last record that was read."""
        self._open: deque[tuple[int, int]] = deque()
        self._finished: set[int] = set()

    def __len__(self) -> int:
        """Return how many records are read and not behind the position yet."""
        return len(self._open)

    def read(self, offset: int, at_ms: int) -> None:
        """Note a record that is to be delivered; offsets grow, and some numbers are nobody's."""
        self._open.append((offset, at_ms))
        self.read_to = offset + 1

    def finish(self, offset: int) -> None:
        """Note that a record is acknowledged or parked."""
        self._finished.add(offset)
        while self._open and self._open[0][0] in self._finished:
            done, _ = self._open.popleft()
            self._finished.discard(done)
            self._next = done + 1

    def skip(self, offset: int) -> None:
        """Note a record that is nothing to deliver."""
        self.read_to = offset + 1

    def pass_to(self, position: int) -> None:
        """Note that nothing is to be read before a position: what lies there is no record, the end of a transaction say."""
        self.read_to = max(self.read_to, position)

    def committable(self) -> int:
        """Return the offset of the first record that is not finished, or the one after all that were read."""
        return self._next if self._open else self.read_to

    def unfinished(self) -> int:
        """Return how many records are read and not finished."""
        return len(self._open) - len(self._finished)

    def oldest_ms(self) -> int | None:
        """Return when the oldest record not finished was stored, in epoch milliseconds; None when there is none."""
        return self._open[0][1] if self._open else None
