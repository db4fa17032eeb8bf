"""
Cuts a stream of JSON into the objects of its two long arrays, without reading what lies between. Pure.

An object is known by its first key: an unescaped ``{"negotiation_arrangement":`` can stand nowhere but at the start of an
object, for inside a text every quote is escaped. A stream whose objects begin with another key is not cut but refused.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

RATES: Final = b"negotiation_arrangement"
GROUPS: Final = b"provider_group_id"

LARGEST: Final = 64_000_000
"""Bytes of one object that are held; a larger one is told and left out."""

_OVERLAP: Final = 256
"""Bytes in which a start may be cut in two by the end of a chunk."""


class OtherOrderError(ValueError):
    """The objects begin with another key than the one they are known by."""


class Slice(NamedTuple):
    """One object with what follows it until the next: which kind, and its bytes; empty bytes for one too large."""

    kind: bytes
    data: bytes


def slices(chunks: Iterable[bytes]) -> Iterator[Slice]:
    """
    Yield the objects of both arrays in their order; the first slice, of no kind, is what stands before them.

    Raises:
        OtherOrderError: an object begins with another key.

    """
    kind, held, too_large = b"", b"", False
    for chunk in chunks:
        at = max(_past(kind, held), len(held) - _OVERLAP)
        buffer = held + chunk
        begin = 0
        for start, found in _starts(buffer, at):
            yield Slice(kind, b"" if too_large else buffer[begin:start])
            kind, begin, too_large = found, start, False
        held = buffer[begin:]
        if len(held) > LARGEST:
            too_large, held = True, b" " * _OVERLAP + held[-_OVERLAP:]
    yield Slice(kind, b"" if too_large else held)


def _past(kind: bytes, held: bytes) -> int:
    """Return where to look on behind an object's own first key."""
    return held.find(kind) + len(kind) if kind and kind in held[:_OVERLAP] else 0


def _starts(buffer: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield where objects begin, in order; a key cut off by the buffer's end is found with the next chunk."""
    ahead = {kind: buffer.find(b'"' + kind + b'"', at) for kind in (RATES, GROUPS)}
    while True:
        there = [(found, kind) for kind, found in ahead.items() if found >= 0]
        if not there:
            return
        found, kind = min(there)
        behind = found + len(kind) + 2
        after = buffer[behind : behind + _OVERLAP].lstrip()
        if not after:
            return
        if after.startswith(b":"):
            before = buffer[max(0, found - _OVERLAP) : found].rstrip()
            if not before.endswith(b"{"):
                raise OtherOrderError
            yield buffer.rindex(b"{", 0, found), kind
        ahead[kind] = buffer.find(b'"' + kind + b'"', behind)
