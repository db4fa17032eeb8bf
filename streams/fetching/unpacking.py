"""
Unpacking of record batches, with a bound: eight kilobytes of zstd may be a quarter of a gigabyte, and a message fifty of them.

What would take more is not unpacked at all; the client says then that the batch cannot be read, and where it lies.
"""

import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import cramjam
from aiokafka.codec import snappy_decode

MOST: Final = 128 << 20
"""Bytes a batch may have unpacked; a topic takes twelve megabytes of it packed."""

_FIRST_GUESS: Final = 16
_STEP: Final = 8
_LEAST: Final = 1 << 16
_GZIP: Final = 31
"""What zlib calls the gzip form with the largest window."""

_USERS: Final = (
    "aiokafka.record.default_records", "aiokafka.record.legacy_records",
    "aiokafka.record._crecords.default_records", "aiokafka.record._crecords.legacy_records",
)  # fmt: skip
"""Where the client unpacks: compiled, or in Python where there is nothing compiled."""


class TooLargeUnpackedError(ValueError):
    """A batch is larger than the bound once unpacked."""


def gunzip(packed: Any) -> bytes:
    """
    Return what gzip packed.

    Raises:
        TooLargeUnpackedError: it is beyond the bound.
        zlib.error: it is not gzip.
    """
    found, rest = bytearray(), bytes(packed)
    while rest:
        reading = zlib.decompressobj(_GZIP)
        found += reading.decompress(rest, MOST + 1 - len(found))
        if len(found) > MOST:
            raise TooLargeUnpackedError
        if not reading.eof:
            raise zlib.error
        rest = reading.unused_data
    return bytes(found)


def unzstd(packed: Any) -> bytes:
    """
    Return what zstd packed.

    Raises:
        TooLargeUnpackedError: it is beyond the bound, or not zstd.
    """
    return _within(cramjam.zstd.decompress_into, bytes(packed))


def unlz4(packed: Any) -> bytes:
    """
    Return what lz4 packed.

    Raises:
        TooLargeUnpackedError: it is beyond the bound, or not lz4.
    """
    return _within(cramjam.lz4.decompress_into, bytes(packed))


def _within(unpack_into: Callable[[bytes, bytearray], int], packed: bytes) -> bytes:
    room = max(_LEAST, _FIRST_GUESS * len(packed))
    while True:
        room = min(room, MOST)
        found = bytearray(room)
        try:
            return bytes(memoryview(found)[: unpack_into(packed, found)])
        except cramjam.DecompressionError:  # no room, or no such form: it does not say which
            if room == MOST:
                raise TooLargeUnpackedError from None
        room *= _STEP


UNPACK: Final[dict[str, Callable[[Any], bytes]]] = {
    "gzip_decode": gunzip,
    "snappy_decode": snappy_decode,  # its form allows twenty times the bytes, no more
    "lz4_decode": unlz4,
    "zstd_decode": unzstd,
}


def install() -> None:
    """Have every client of this process unpack so."""
    for name in _USERS:
        try:
            user = import_module(name)
        except ImportError:
            continue
        for function, bounded in UNPACK.items():
            if hasattr(user, function):
                setattr(user, function, bounded)
