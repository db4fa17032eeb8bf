"""Messages out of a file or a stream: one, many, framed for MLLP, or in batches of FHS, BHS, BTS and FTS."""

import re
from collections.abc import Iterator
from typing import Final

from streams.wire.rejects import Reject

LONGEST: Final = 4 << 20
"""Bytes of a message unless a caller says otherwise."""

_MARK: Final = rb"(?:\xef\xbb\xbf)?"
_START: Final = re.compile(rb"(?:\A|[\r\n\x0b\x1c\x00])[\n\x00 ]{0,16}" + _MARK + rb"(MSH[^A-Za-z0-9\s])")
_AFTER_LF: Final = re.compile(rb"\n[\x00 ]{0,16}" + _MARK + rb"MSH")
_HEADER: Final = re.compile(rb"MSH([^A-Za-z0-9\s])[^A-Za-z0-9\s]{2,5}\1")
"""A header with its delimiters. No text holds one, for a field separator in a text is escaped."""

_NO_SEPARATOR: Final = (b"M", b"\xef", b" ")
_TRAILER: Final = re.compile(rb"[\r\n\x0b\x1c\x00](?:BTS|FTS|BHS|FHS)[^A-Za-z0-9\s]")
_UNDECIDED: Final = 32
"""Bytes from what may be the start of a message that tell whether it is one."""

_NEXT: Final = 64
"""Bytes at the end of a piece that are looked at again with the next: the undecided ones and what is in front of them."""


def messages(raw: bytes) -> Iterator[bytes]:
    """
    Iterate over the messages in bytes, each from its MSH on, without framing and batch segments.

    The letters MSH within a field begin no message: only those at the start of a segment do. Bytes in front of
    the first message come as they are when they are no batch header, so that a reject can tell of them.
    """
    splitter = Splitter(len(raw) + 1)
    for message in (*splitter.feed(raw), *splitter.end()):
        if isinstance(message, bytes):
            yield message


class Splitter:
    """The messages of a stream that comes in pieces; any pieces give the same messages, in bounded memory."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest: Final = longest
        self._buffer = b""
        self._begin = 0
        """Where the message that is being read begins in the buffer."""
        self._searched = 0
        """Before this byte of the buffer no further message begins."""
        self._at_start = True
        """Whether the buffer begins where the stream does."""
        self._in_message = False
        self._skipping = False
        self._skipped_cr = False

    def feed(self, piece: bytes) -> Iterator[bytes | Reject]:
        """Iterate over the messages that these bytes complete, and a reject for each that is too long."""
        begin = self._begin
        self._at_start = self._at_start and begin == 0
        self._buffer = self._buffer[begin:] + piece
        self._begin, self._searched = 0, max(self._searched - begin, 0)
        yield from self._complete(last=False)
        if len(self._buffer) - self._begin > self._longest + _NEXT:
            if not self._skipping:
                yield self._too_long()
            tail = len(self._buffer) - _NEXT
            self._skipped_cr = self._skipped_cr or b"\r" in self._buffer[self._begin : tail]
            self._skipping, self._begin, self._searched = True, tail, tail

    def end(self) -> Iterator[bytes | Reject]:
        """Iterate over what is left once the stream has ended."""
        yield from self._complete(last=True)
        if not self._skipping:
            yield from self._finished(self._buffer[self._begin :])
        self._buffer, self._begin = b"", 0

    def _complete(self, *, last: bool) -> Iterator[bytes | Reject]:
        while (start := self._next_start(last=last)) is not None:
            if not self._skipping:
                yield from self._finished(self._buffer[self._begin : start])
            self._begin, self._searched = start, start + 1
            self._in_message, self._skipping, self._skipped_cr = True, False, False

    def _next_start(self, *, last: bool) -> int | None:
        buffer, at = self._buffer, self._searched
        while (match := _START.search(buffer, at)) is not None:
            start = match.start(1)
            if not last and start + _UNDECIDED > len(buffer):
                break
            if self._begins(match, start):
                return start
            at = match.end()
        self._searched = max(at, len(buffer) - _NEXT)
        return None

    def _begins(self, match: re.Match[bytes], start: int) -> bool:
        buffer = self._buffer
        if (
            match[0][:1] in _NO_SEPARATOR and not self._at_start
        ):  # begins with the buffer, not behind a segment
            return False
        # An LF within a message of CR segments is a line break of a text, unless a whole header follows.
        if not self._in_message or not _AFTER_LF.match(buffer, match.start()):
            return True
        breaks = self._skipped_cr or buffer.find(b"\r", self._begin, start) >= 0
        return not breaks or _HEADER.match(buffer, start) is not None

    def _finished(self, message: bytes) -> Iterator[bytes | Reject]:
        if len(message) > self._longest:
            yield self._too_long()
            return
        if not self._in_message:
            if not _is_batch_header(message):
                yield message
            return
        end = message.find(b"\x1c")
        if end >= 0:
            message = message[:end]
        trailer = _TRAILER.search(message)
        yield message[: trailer.start()] if trailer else message

    def _too_long(self) -> Reject:
        says = f"longer than {self._longest} bytes"
        return Reject("message", says, "send what is attached elsewhere, or allow longer messages")


def _is_batch_header(head: bytes) -> bool:
    text = head.strip(b"\x00\x0b\x1c\r\n\t \xef\xbb\xbf")
    return not text or text.startswith((b"FHS", b"BHS"))
