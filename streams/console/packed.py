"""Charge sets as the read model keeps them: compressed, since half of what is written and read again from a disk is words."""

from cramjam import lz4


def packed(value: bytes) -> bytes:
    """Return a value as it is kept."""
    return bytes(lz4.compress_block(value))


def unpacked(kept: bytes) -> bytes:
    """Return a value as it was published."""
    return bytes(lz4.decompress_block(kept))
