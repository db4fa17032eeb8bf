"""
What was said of a stay so far: the state from which a worker says it again after a crash, and as bytes.

A state is in the changelog before what follows from it is sent. So after a crash the state may be ahead of what
readers have seen, by several revisions when a stay closed several times between two checkpoints; each revision whose
messages may not be out yet is therefore kept as a step. Pure.
"""

from struct import Struct, error
from typing import Any, Final, NamedTuple
from zlib import compress, decompress
from zlib import error as zlib_error

from orjson import JSONDecodeError, dumps, loads

from models.closed_encounter import ClosedStatus

FORMAT: Final = 1
"""The first byte of a stored state. Another layout takes the next number, and the reader keeps the old one's."""

_LEVEL: Final = 1
_HEAD: Final = Struct(">I")


class PendingRevision(NamedTuple):
    """One revision as it was said: the record it answers, when that was decided, the line changes."""

    offset: int
    revision: int
    closed_at: int
    changes: tuple[bytes, ...]


class ReleaseState(NamedTuple):
    """
    The newest that was said of a stay.

    ``version``, ``status`` and ``closed_at`` (epoch seconds) are those of the closed encounter it answers and
    ``offset`` is that one's place in its topic. ``charge_set`` and ``review`` are values on their topics without a
    line feed, None where there is none: a tombstone, or nothing to take back. ``review_said`` tells that a review
    item may lie on the topic from before. ``steps`` are the revisions whose messages may not be out yet, oldest first.
    """

    version: int
    status: ClosedStatus
    closed_at: int
    offset: int
    revision: int
    charge_set: bytes | None
    review: bytes | None
    review_said: bool
    steps: tuple[PendingRevision, ...]

    @property
    def changes(self) -> tuple[bytes, ...]:
        """The line changes of the newest revision still kept."""
        return self.steps[-1].changes if self.steps else ()


class UnreadableReleaseError(ValueError):
    """Stored bytes are no state this release of the worker can read."""

    def __init__(self, wrong: str) -> None:
        super().__init__(
            f"the stored state of a released stay {wrong}: run the release of the worker that wrote it or a newer "
            "one; if there is none, rebuild the state from the topics"
        )


def to_bytes(released: ReleaseState) -> bytes:
    """Return a state to be stored: the format's number in front, the rest compressed, for sets repeat themselves."""
    texts = [text for step in released.steps for text in step.changes]
    texts += [text for text in (released.charge_set, released.review) if text is not None]
    head = dumps(
        (
            *released[:5],
            None if released.charge_set is None else len(released.charge_set),
            None if released.review is None else len(released.review),
            released.review_said,
            [(*step[:3], [len(text) for text in step.changes]) for step in released.steps],
        )
    )
    return bytes((FORMAT,)) + compress(b"".join((_HEAD.pack(len(head)), head, *texts)), _LEVEL)


def from_bytes(stored: bytes) -> ReleaseState:
    """
    Return the state that bytes hold.

    Raises:
        UnreadableReleaseError: another release of the worker wrote them, or they are damaged.
    """
    if stored[:1] != bytes((FORMAT,)):
        wrong = f"has format {stored[0]}, not {FORMAT}" if stored else "is empty"
        raise UnreadableReleaseError(wrong)
    try:
        body = decompress(stored[1:])
        (length,) = _HEAD.unpack_from(body)
        return _taken_apart(loads(body[_HEAD.size : _HEAD.size + length]), body[_HEAD.size + length :])
    except (zlib_error, error, JSONDecodeError, TypeError, ValueError) as damage:
        raise UnreadableReleaseError(wrong="is damaged") from damage


def _taken_apart(head: list[Any], texts: bytes) -> ReleaseState:
    *plain, set_length, review_length, review_said, kept = head
    place = 0

    def text(length: int | None) -> bytes | None:
        nonlocal place
        if length is None:
            return None
        place += length
        return texts[place - length : place]

    steps = tuple(
        [
            PendingRevision._make((*step, tuple([text(one) or b"" for one in lengths])))
            for *step, lengths in kept
        ]
    )
    return ReleaseState._make((*plain, text(set_length), text(review_length), review_said, steps))
