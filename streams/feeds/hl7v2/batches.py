"""Messages out of a file or a buffer: one, many, framed for MLLP, or in batches of FHS, BHS, BTS and FTS."""

import re
from collections.abc import Iterator
from typing import Final

_ENDS: Final = rb"\r\x0b\x1c\x00"
_START_CR: Final = re.compile(rb"(?:\A|[" + _ENDS + rb"])[\n\x00 ]*(?:\xef\xbb\xbf)?(MSH[^A-Za-z0-9\s])")
_START_LF: Final = re.compile(rb"(?:\A|[\n" + _ENDS + rb"])[\x00 ]*(?:\xef\xbb\xbf)?(MSH[^A-Za-z0-9\s])")
_TRAILER: Final = re.compile(rb"[\r\n\x0b\x1c\x00](?:BTS|FTS|BHS|FHS)[^A-Za-z0-9\s]")


def messages(raw: bytes) -> Iterator[bytes]:
    """
    Iterate over the messages in bytes, each from its MSH on, without framing and batch segments.

    The letters MSH within a field begin no message: only those at the start of a segment do. Bytes in front of
    the first message come as they are when they are no batch header, so that a reject can tell of them.
    """
    start = _START_CR if b"\r" in raw else _START_LF
    begins = [match.start(1) for match in start.finditer(raw)]
    head = raw[: begins[0]] if begins else raw
    if not _is_batch_header(head):
        yield head
    for begin, end in zip(begins, [*begins[1:], len(raw)][: len(begins)], strict=True):
        message = raw[begin:end]
        trailer = _TRAILER.search(message)
        yield message[: trailer.start()] if trailer else message


def _is_batch_header(head: bytes) -> bool:
    text = head.strip(b"\x00\x0b\x1c\r\n\t \xef\xbb\xbf")
    return not text or text.startswith((b"FHS", b"BHS"))
