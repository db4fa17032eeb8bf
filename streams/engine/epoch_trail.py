"""
Which leader wrote what was read: the epochs of a partition's records, by offset. Pure.

Kafka writes into each batch the epoch of the leader that took it, and a log is only ever cut when its leader changes. So
where an epoch begins, the one before it may have been cut, which its end tells; and a record that comes again with
another epoch is another record.
"""

from bisect import bisect_right
from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

_HEAD: Final = Struct(">qiibIhi")
"""Of a batch: base offset, length of what follows the first twelve bytes, epoch, format, checksum, attributes, last offset less base."""

_BEFORE_LENGTH: Final = 12
_FORMAT: Final = 2
"""Older formats have no epoch."""


class Batch(NamedTuple):
    """Where a batch lies, and the epoch of the leader that took it."""

    base: int
    next: int
    """The offset after its last record."""
    epoch: int


def batches_in(fetched: bytes) -> Iterator[Batch]:
    """Yield the whole batches in what a fetch brought of one partition, as far as they have epochs."""
    at = 0
    while at + _HEAD.size <= len(fetched):
        base, length, epoch, form, _, _, last = _HEAD.unpack_from(fetched, at)
        at += _BEFORE_LENGTH + length
        if form != _FORMAT or length <= 0 or at > len(fetched):
            return
        if epoch >= 0:
            yield Batch(base, base + last + 1, epoch)


class RewrittenError(Exception):
    """Another record lies where one was read; the argument is the offset from which on that is known."""


class EpochTrail:
    """The epochs of one partition's records, read from some offset on; ``upto`` is the offset after the last one."""

    def __init__(self, upto: int, epoch: int | None = None) -> None:
        """Begin at a position; ``epoch`` is that of the record before it, None where nobody knows."""
        self.upto = upto
        self._starts: list[int] = [] if epoch is None else [upto - 1]
        self._epochs: list[int] = [] if epoch is None else [epoch]

    @property
    def last(self) -> tuple[int, int] | None:
        """Return the newest epoch read, and up to which offset that was; None where no epoch is known."""
        return (self._epochs[-1], self.upto) if self._epochs else None

    def epoch_before(self, offset: int) -> int | None:
        """Return the epoch of the last record before an offset; None where nobody knows, as beyond what was read."""
        if offset > self.upto:
            return None
        step = bisect_right(self._starts, offset - 1) - 1
        return self._epochs[step] if step >= 0 else None

    def begins_another(self, batch: Batch) -> bool:
        """
        Tell whether a batch goes on where reading stands in another epoch: then the end of the epoch before is to be asked.

        Raises:
            RewrittenError: it has another epoch than the same offset had before.
        """
        if not self._epochs or batch.next <= self._starts[0]:
            return False
        if batch.base < self.upto:
            known = self.epoch_before(min(batch.next, self.upto))
            if known != batch.epoch:
                raise RewrittenError(max(batch.base, self._starts[0]))
        return batch.next > self.upto and batch.epoch != self._epochs[-1]

    def go_on_as(self, other: "EpochTrail") -> None:
        """Take what another trail of the same log has behind the end of this one."""
        for step in other.steps():
            if step.next > self.upto:
                self.take(step._replace(base=max(step.base, self.upto)))

    def steps(self) -> Iterator[Batch]:
        """Yield what was read, the records of one epoch after the other."""
        for start, end, epoch in zip(self._starts, [*self._starts[1:], self.upto], self._epochs, strict=True):
            yield Batch(start, end, epoch)

    def take(self, batch: Batch) -> None:
        """Note that a batch was read."""
        if batch.next <= self.upto and self._epochs:
            return
        if not self._epochs or batch.epoch != self._epochs[-1]:
            self._starts.append(batch.base)
            self._epochs.append(batch.epoch)
        self.upto = max(self.upto, batch.next)
