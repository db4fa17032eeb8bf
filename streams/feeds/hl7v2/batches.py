"""Messages out of a file or a stream: one, many, framed for MLLP, or in batches of FHS, BHS, BTS and FTS."""

import re
from collections.abc import Iterator
from typing import Final

from streams.wire.rejects import Reject

LONGEST: Final = 4 << 20
"""Bytes of a message unless a caller says otherwise."""

_MARK: Final = b"\xef\xbb\xbf"
_NAME: Final = re.compile(rb"MSH[^A-Za-z0-9\s]")
_HEADER: Final = re.compile(rb"MSH([^A-Za-z0-9\s])[^A-Za-z0-9\s]{2,5}\1")
"""A header with its delimiters. No text holds one, for a field separator in a text is escaped."""

_ENDS: Final = b"\r\x0b\x1c\x00"
"""Bytes behind which a segment may begin."""

_BETWEEN: Final = _ENDS + b"\n "
_FARTHEST: Final = 20
"""Bytes in front of a header that are looked at."""

_TRAILER: Final = re.compile(rb"[\r\n\x0b\x1c\x00](?:BTS|FTS|BHS|FHS)[^A-Za-z0-9\s]")
_TRAILERS: Final = (b"BTS", b"FTS", b"BHS", b"FHS")
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
        while (start := buffer.find(b"MSH", at)) >= 0:
            if not last and start + _UNDECIDED > len(buffer):
                self._searched = start
                return None
            if _NAME.match(buffer, start) and self._begins(start):
                return start
            at = start + 1
        self._searched = max(at, len(buffer) - 2)
        return None

    def _begins(self, start: int) -> bool:
        """Tell whether a segment begins here, by what stands in front of it."""
        buffer = self._buffer
        front = buffer[max(start - _FARTHEST, 0) : start].removesuffix(_MARK)
        text = front.rstrip(_BETWEEN)
        between = front[len(text) :]
        if any(end in between for end in _ENDS):
            return True
        if b"\n" not in between:
            return self._at_start and not text and start <= _FARTHEST
        # An LF within a message of CR segments is a line break of a text, unless a whole header follows.
        breaks = self._in_message and (self._skipped_cr or buffer.find(b"\r", self._begin, start) >= 0)
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
        if any(name in message for name in _TRAILERS) and (trailer := _TRAILER.search(message)):
            message = message[: trailer.start()]
        yield message

    def _too_long(self) -> Reject:
        says = f"longer than {self._longest} bytes"
        return Reject("message", says, "send what is attached elsewhere, or allow longer messages")


def _is_batch_header(head: bytes) -> bool:
    text = head.strip(b"\x00\x0b\x1c\r\n\t \xef\xbb\xbf")
    return not text or text.startswith((b"FHS", b"BHS"))
