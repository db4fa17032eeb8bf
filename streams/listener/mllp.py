"""
MLLP's framing as a state machine over a stream of bytes: 0x0B, the message, 0x1C, 0x0D. Pure.

However the stream is cut into pieces, the same things come out in the same order. What stands between frames is
counted and told; LF, CR, NUL and blanks there are what senders pad with, and are skipped.
"""

import re
from typing import Final, NamedTuple

START: Final = 0x0B
END: Final = 0x1C
_CR: Final = 0x0D
_LF: Final = 0x0A

_PADDING: Final = b"\x00\r\n\t "
_MARK: Final = re.compile(rb"[\x0b\x1c]")


class Frame(NamedTuple):
    """One message, without the bytes that frame it."""

    content: bytes


class Noise(NamedTuple):
    """Bytes between frames that are no padding: how many, and the first of them."""

    size: int
    first: int


class Broken(NamedTuple):
    """A frame that never ended: another began within it, or the stream was over; its bytes are dropped unanswered."""

    size: int


class Oversized(NamedTuple):
    """A frame that ended and was larger than it may be: its beginning, and its whole size in bytes."""

    beginning: bytes
    size: int


Found = Frame | Noise | Broken | Oversized


def framed(message: bytes) -> bytes:
    """Return a message in its frame."""
    return b"\x0b" + message + b"\x1c\r"


class Framer:
    """
    Finds frames in a stream; ``most`` is the bytes a message may have.

    A frame ends with 0x1C and 0x0D. 0x1C and LF, or 0x1C and the start of the next frame, end it too; before any
    other byte 0x1C belongs to the message.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._frame: bytearray | None = None
        self._size = 0
        self._at_end = False
        self._noise = 0
        self._first = 0
        self.noise_bytes = 0
        """Bytes of noise since the beginning, those included that are not told yet."""

    @property
    def held(self) -> int:
        """Bytes of an unfinished frame in memory."""
        return len(self._frame or b"")

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._frame is not None

    @property
    def awaits_last_byte(self) -> bool:
        """Whether the last byte was 0x1C within a frame: all but 0x0D is there."""
        return self._at_end

    def feed(self, data: bytes) -> list[Found]:
        """Return what these bytes complete."""
        found: list[Found] = []
        at, end = 0, len(data)
        while at < end:
            if self._frame is None:
                at = self._skip(data, at, found)
            elif self._at_end:
                at += self._after_end(data[at], found)
            else:
                at = self._take(data, at, found)
        return found

    def finish(self) -> list[Found]:
        """Return what the end of the stream completes: a frame that lacked its 0x0D, or what is left over."""
        found: list[Found] = []
        self._tell_noise(found)
        if self._at_end:
            self._complete(found)
        elif self._frame is not None:
            found.append(Broken(self._size))
            self._frame = None
        return found

    def _skip(self, data: bytes, at: int, found: list[Found]) -> int:
        start = data.find(START, at)
        between = data[at : None if start < 0 else start]
        noise = len(between.translate(None, _PADDING)) if between else 0
        if noise:
            if not self._noise:
                self._first = between.lstrip(_PADDING)[0]
            self._noise += noise
            self.noise_bytes += noise
        if start < 0:
            return len(data)
        self._tell_noise(found)
        self._begin()
        return start + 1

    def _after_end(self, byte: int, found: list[Found]) -> int:
        """Return how many bytes the end of the frame takes: one, or none where it belongs to what follows."""
        self._at_end = False
        if byte in {_CR, _LF}:
            self._complete(found)
            return 1
        if byte == START:
            self._complete(found)
        else:
            self._add(b"\x1c")
        return 0

    def _take(self, data: bytes, at: int, found: list[Found]) -> int:
        mark = _MARK.search(data, at)
        self._add(data[at : mark.start()] if mark else data[at:])
        if mark is None:
            return len(data)
        if data[mark.start()] == END:
            self._at_end = True
        else:
            found.append(Broken(self._size))
            self._begin()
        return mark.end()

    def _begin(self) -> None:
        self._frame, self._size, self._at_end = bytearray(), 0, False

    def _add(self, piece: bytes) -> None:
        assert self._frame is not None  # noqa: S101 - only called within a frame
        self._size += len(piece)
        if (room := self._most - len(self._frame)) > 0:
            self._frame += piece[:room]

    def _complete(self, found: list[Found]) -> None:
        content = bytes(self._frame or b"")
        found.append(Frame(content) if self._size <= self._most else Oversized(content, self._size))
        self._frame, self._at_end = None, False

    def _tell_noise(self, found: list[Found]) -> None:
        if self._noise:
            found.append(Noise(self._noise, self._first))
            self._noise = 0
