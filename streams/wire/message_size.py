"""
How large a message may be, so that its topic takes it: bounded before it is made. Pure.

A message a topic refuses stops the worker, and it would be made again at every start. What comes in may be larger than
what we may send: compressed, with headers by the megabyte, or as a stay without an end.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from streams.wire.message import Headers, OutboundMessage
from streams.wire.reject_headers import PREFIX, reject_headers
from streams.wire.rejects import Reject
from streams.wire.topics import REJECTS, topic

_ROOM: Final = 128 << 10
"""Bytes of a topic's limit left for the frame of a batch, and for our own headers."""

HEAD: Final = 64 << 10
"""Bytes kept of a key or a value that is too large."""

MOST_HEADERS: Final = 200
HEADER_BYTES: Final = 64 << 10
"""Of all names and values of headers that are not ours."""

DROPPED: Final = "infusion-headers-dropped"
"""Says how many headers a message had beyond the bounds."""

_BYTES: Final = f"{PREFIX}bytes"
_DIGEST: Final = f"{PREFIX}sha256"
_KEY_BYTES: Final = f"{PREFIX}key-bytes"
_KEY_DIGEST: Final = f"{PREFIX}key-sha256"

_OURS: Final = ("ce_", "infusion-", "traceparent", "tracestate", "content-type", "schema-version")


def size_of(message: OutboundMessage) -> int:
    """Return how many bytes a message takes, with more than its frame may need."""
    size = len(message.key or b"") + len(message.value or b"") + 100
    for name, value in message.headers:
        size += len(name) + len(value or b"") + 16
    return size


def fits(message: OutboundMessage) -> bool:
    """Tell whether its topic takes a message, and a further one beside it."""
    return size_of(message) <= room_on(message.topic)


def room_on(name: str) -> int:
    """Return how many bytes of key and value a topic takes."""
    return topic(name).max_message_bytes - _ROOM


def bounded_headers(headers: Iterable[tuple[str, bytes]]) -> tuple[Headers, int]:
    """Return the headers within the bounds, in their order, and how many were dropped; ours go before the others."""
    numbered = [*enumerate(headers)]
    kept: set[int] = set()
    left = HEADER_BYTES
    dropped = 0
    for number, (name, value) in sorted(numbered, key=lambda one: not one[1][0].startswith(_OURS)):
        size = len(name.encode()) + len(value or b"")
        if name == DROPPED:  # bounded before
            dropped += int(value) if value.isdigit() else 0
        elif size <= left and len(kept) < MOST_HEADERS:
            kept.add(number)
            left -= size
        else:
            dropped += 1
    told = ((DROPPED, b"%d" % dropped),) if dropped else ()
    return (*(pair for number, pair in numbered if number in kept), *told), dropped


def reject_message(
    key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]], reason: str,
    topic: str, partition: int, offset: int,
) -> OutboundMessage:  # fmt: skip
    """
    Return the reject of a record that lay at this place: as it came, or its head and digest where it is too large.

    ``reason`` must not quote the record.
    """
    kept, _ = bounded_headers(headers)
    whole = OutboundMessage(REJECTS, key, value, reject_headers(kept, reason, topic, partition, offset))
    if fits(whole):
        return whole
    about: list[tuple[str, bytes]] = []
    if value is not None and len(value) > HEAD:
        about += [(_BYTES, b"%d" % len(value)), (_DIGEST, sha256(value).hexdigest().encode())]
        value = value[:HEAD]
    if key is not None and len(key) > HEAD:
        about += [(_KEY_BYTES, b"%d" % len(key)), (_KEY_DIGEST, sha256(key).hexdigest().encode())]
        key = key[:HEAD]
    return OutboundMessage(REJECTS, key, value, (*whole.headers, *about))


TOO_LARGE: Final = Reject(
    "encounter_id",
    "the stay as a whole is larger than a message may be, so it is held back; what was charged of it before stands",
    "look for a publisher that repeats itself; infusion code codes it from a file",
)


def in_place_of(message: OutboundMessage, partition: int) -> OutboundMessage:
    """Return the reject that is sent in place of a message its topic would refuse; it has no offset there."""
    return reject_message(message.key, message.value, (), TOO_LARGE.reason, message.topic, partition, -1)


def is_cut(headers: Iterable[tuple[str, bytes]]) -> bool:
    """Tell whether a reject holds only the head of what it is about."""
    return any(name in {_BYTES, _KEY_BYTES} for name, _ in headers)


def dropped_headers(headers: Iterable[tuple[str, bytes]]) -> int:
    """Return how many headers a message had to do without."""
    dropped = 0
    for name, value in headers:
        if name == DROPPED and value.isdigit():
            dropped += int(value)
    return dropped
