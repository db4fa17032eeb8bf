"""
The release state of a stay: what was sent of it, from which a worker sends it again after a crash; and its bytes.

A state is in the changelog before the messages that follow from it are sent. So after a crash the state may be ahead
of what readers have seen, by several revisions when a stay closed several times between two checkpoints. Each
revision whose messages may not have been sent yet is therefore kept as a pending revision. Pure.
"""

import zlib
from struct import Struct, error
from typing import Any, Final, NamedTuple

import cramjam
from orjson import JSONDecodeError, dumps, loads

from models.closed_encounter import ClosedStatus

FORMAT: Final = 4
"""The first byte of a stored state. Another layout takes the next number, and the reader keeps the old one's."""

_ADDED_SINCE: Final = {1: 2, 2: 1, 3: 0, FORMAT: 0}
"""By format, how many of the last fields it lacks: 26.11.0 wrote no ``charged``, 26.11.1 no ``charge_set_id``."""

_LAST_OF_ZLIB: Final = 3
"""The last format that zlib packed; zstd takes less than half the time for a twentieth less."""

_COMPRESSION_LEVEL: Final = 1
_LENGTH: Final = Struct(">I")


class PendingRevision(NamedTuple):
    """One revision to send: the offset of the record it answers, when that one was closed, and its line changes."""

    offset: int
    revision: int
    closed_at: int
    changes: tuple[bytes, ...]


class ReleaseState(NamedTuple):
    """
    The newest revision of a stay, and what may have to be sent again.

    ``version``, ``status`` and ``closed_at`` (epoch seconds) are those of the closed encounter it answers and
    ``offset`` is that one's place in its topic. ``charge_set`` and ``review`` are values on their topics without a
    line feed, None where there is none: a tombstone, or nothing to take back. ``review_sent`` tells that a review
    item may lie on the topic from before. ``pending_revisions`` are those whose messages may not have been sent yet,
    oldest first. ``charged`` is the final set whose lines still stand charged while the newest set is held by a refused
    event alone (R-DOC-9); None where the newest set itself says what is charged. ``charge_set_id`` is the newest
    revision's, a tombstone's too: the next one replaces it. None where an older release stored the state.
    """

    version: int
    status: ClosedStatus
    closed_at: int
    offset: int
    revision: int
    charge_set: bytes | None
    review: bytes | None
    review_sent: bool
    pending_revisions: tuple[PendingRevision, ...]
    charged: bytes | None = None
    charge_set_id: str | None = None

    @property
    def changes(self) -> tuple[bytes, ...]:
        """The line changes of the newest revision still kept."""
        return self.pending_revisions[-1].changes if self.pending_revisions else ()


class UnreadableReleaseError(ValueError):
    """Stored bytes are no state this release of the worker can read."""

    def __init__(self, wrong: str) -> None:
        super().__init__(
            f"the stored state of a released stay {wrong}: run the release of the worker that wrote it or a newer "
            "one; if there is none, rebuild the state from the topics"
        )


def to_bytes(state: ReleaseState) -> bytes:
    """Return a state to be stored: the format's number in front, the rest compressed, for sets repeat themselves."""
    texts = [text for pending in state.pending_revisions for text in pending.changes]
    texts += [text for text in (state.charge_set, state.review, state.charged) if text is not None]
    head = dumps(
        (
            *state[:5],
            None if state.charge_set is None else len(state.charge_set),
            None if state.review is None else len(state.review),
            state.review_sent,
            [(*pending[:3], [len(text) for text in pending.changes]) for pending in state.pending_revisions],
            None if state.charged is None else len(state.charged),
            state.charge_set_id,
        )
    )
    body = b"".join((_LENGTH.pack(len(head)), head, *texts))
    return bytes((FORMAT,)) + bytes(cramjam.zstd.compress(body, _COMPRESSION_LEVEL))


def from_bytes(stored: bytes) -> ReleaseState:
    """
    Return the state that bytes hold.

    Raises:
        UnreadableReleaseError: another release of the worker wrote them, or they are damaged.
    """
    if not stored or stored[0] not in _ADDED_SINCE:
        wrong = f"has format {stored[0]}, not {FORMAT}" if stored else "is empty"
        raise UnreadableReleaseError(wrong)
    try:
        body = _decompressed(stored)
        (length,) = _LENGTH.unpack_from(body)
        head = loads(body[_LENGTH.size : _LENGTH.size + length])
        head += [None] * _ADDED_SINCE[stored[0]]
        return _unpacked(head, body[_LENGTH.size + length :])
    except (cramjam.DecompressionError, zlib.error, error, JSONDecodeError, TypeError, ValueError) as damage:
        raise UnreadableReleaseError(wrong="is damaged") from damage


def _decompressed(stored: bytes) -> bytes:
    if stored[0] <= _LAST_OF_ZLIB:
        return zlib.decompress(stored[1:])
    return bytes(cramjam.zstd.decompress(stored[1:]))


def _unpacked(head: list[Any], texts: bytes) -> ReleaseState:
    *first_fields, set_length, review_length, review_sent, pending_heads, charged_length, set_id = head
    place = 0

    def text(length: int | None) -> bytes | None:
        nonlocal place
        if length is None:
            return None
        place += length
        return texts[place - length : place]

    pending_revisions = tuple(
        [
            PendingRevision._make((*fields, tuple([text(size) or b"" for size in lengths])))
            for *fields, lengths in pending_heads
        ]
    )
    return ReleaseState._make(
        (
            *first_fields,
            text(set_length),
            text(review_length),
            review_sent,
            pending_revisions,
            text(charged_length),
            set_id,
        )
    )
