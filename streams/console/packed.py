"""
Charge sets as the read model keeps them: some together, compressed, since one says in the words of the other.

A set alone shrinks to half, among its like to a tenth; what is written to a disk and merged there is most of a rebuild.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from cramjam import lz4

_MOST: Final = 65_536
"""Bytes of one pack, but for its last set: as far back as the compression looks, and what a page unpacks for one set."""


class Packed(NamedTuple):
    """Sets as they are kept, and where each lies: the number of its pack from 0, its first byte there, its bytes."""

    packs: list[bytes]
    places: list[tuple[int, int, int]]


def packed(sets: Iterable[bytes]) -> Packed:
    """Return sets packed in their order."""
    kept, places, waiting, size = Packed([], []), [], [], 0
    for one in sets:
        places.append((len(kept.packs), size, len(one)))
        waiting.append(one)
        size += len(one)
        if size >= _MOST:
            kept.packs.append(_pressed(waiting))
            waiting, size = [], 0
    if waiting:
        kept.packs.append(_pressed(waiting))
    return Packed(kept.packs, places)


def set_out_of(pack: bytes, start: int, length: int) -> bytes:
    """Return a set as it was published, out of the pack it lies in."""
    return bytes(memoryview(lz4.decompress_block(pack))[start : start + length])


def unpack_in(connection: sqlite3.Connection) -> None:
    """Let a connection's statements read sets out of their packs, as the view ``revisions`` does."""
    connection.create_function("set_out_of", 3, set_out_of, deterministic=True)


def _pressed(sets: list[bytes]) -> bytes:
    return bytes(lz4.compress_block(b"".join(sets)))
