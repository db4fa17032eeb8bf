"""
Files and pipes as lines, each with its number, in bounded memory.

A line over the limit is skipped while it streams by; nothing of it is kept. What is not text at all (UTF-16,
a compressed file) is refused once for the whole input and not once a line.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from streams.wire.event_json import looks_like_utf_16, unreadable_bytes
from streams.wire.rejects import WHOLE_LINE, Reject

_CHUNK: Final = 1 << 18
_COMPRESSED: Final = {
    b"\x1f\x8b": ("gzip", "gunzip -c"),
    b"(\xb5/\xfd": ("zstd", "zstd -dc"),
    b"PK\x03\x04": ("zip", "unzip -p"),
    b"BZh": ("bzip2", "bunzip2 -c"),
    b"\xfd7zXZ": ("xz", "xz -dc"),
}


class Lines(NamedTuple):
    """Consecutive lines of one input, without their line feeds; ``None`` stands for one over the limit."""

    first: int
    """The number of the first of them, from 1."""
    lines: Sequence[bytes | None]
    size: int
    """The bytes read to get them."""
    text: bytes
    """All of them in one piece, to search at once."""


class Readable(Protocol):
    """What gives bytes as they come."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""


def lines_of(stream: Readable, limit: int) -> Iterator[Lines | Reject]:
    """
    Yield the lines of an input, a chunk of the input at a time, or one reject when it is no text at all.

    No more than a chunk and ``limit`` bytes are held, whatever the length of a line.
    """
    take = getattr(stream, "read1", stream.read)  # what is there, rather than wait for a full chunk
    rest, first, skipping = b"", 1, False
    chunk = take(_CHUNK)
    if (no_text := _reject_no_text(chunk)) is not None:
        yield no_text
        return
    while chunk:
        text = rest + chunk
        *lines, rest = text.split(b"\n")
        chunk_lines: Sequence[bytes | None] = lines
        if skipping and lines:
            chunk_lines, skipping = [None, *lines[1:]], False
        if len(text) > limit:
            chunk_lines = [None if line is None or len(line) > limit else line for line in chunk_lines]
            skipping = skipping or len(rest) > limit
        if skipping:
            rest = b""
        yield Lines(first, chunk_lines, len(chunk), text)
        first += len(lines)
        chunk = take(_CHUNK)
    if rest or skipping:
        yield Lines(first, [None if skipping else rest], 0, rest)


def overlong(limit: int) -> Reject:
    """Return the reject for a line of more than ``limit`` bytes."""
    return Reject(
        WHOLE_LINE,
        f"longer than {limit} bytes, so it was skipped",
        "send one event a line; if this is one, raise --max-line-bytes",
    )


def _reject_no_text(start: bytes) -> Reject | None:
    for magic, (kind, unpack) in _COMPRESSED.items():
        if start.startswith(magic):
            return Reject("file", f"this is a {kind} file, not text", f"unpack it first: {unpack}")
    head = start[:64]
    if looks_like_utf_16(head) and (reject := unreadable_bytes(head)):
        return reject._replace(field="file")
    return None
