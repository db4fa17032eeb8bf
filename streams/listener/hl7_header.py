"""
What the door reads of an HL7 v2 message: its header, for who sent it and how to answer. Pure.

Fields stay bytes as they came: a sender compares the control id it gets back with its own, byte for byte.
"""

import re
from typing import Final, NamedTuple

from streams.feeds.hl7v2.batches import messages
from streams.feeds.hl7v2.segments import read_message
from streams.wire.rejects import Reject

_AROUND: Final = b"\x00\x0b\x1c\r\n\t "
_LINE: Final = re.compile(rb"[^\r\n]*")
_MARK: Final = b"\xef\xbb\xbf"
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
"""Marks of UTF-16, whose header cannot be cut off before it is decoded."""

_USUAL: Final = b"MSH|^~\\&|"
"""How nearly every header begins: about its delimiters there is nothing to find out."""

_LONGEST_KEY: Final = 200


class Hl7Header(NamedTuple):
    """The fields of an MSH by their numbers, MSH-1 being the separator itself."""

    fields: tuple[bytes, ...]
    component_mark: bytes

    def field(self, number: int) -> bytes:
        """Return a field as sent; empty when it is not there, or is HL7's null."""
        value = self.fields[number].strip() if number < len(self.fields) else b""
        return b"" if value == b'""' else value

    def component(self, number: int, component: int = 1) -> bytes:
        """Return a component of a field."""
        parts = self.field(number).split(self.component_mark)
        return parts[component - 1].strip() if len(parts) >= component else b""

    @property
    def facility(self) -> bytes:
        """Who sent it, the key of its record: MSH-4, else MSH-3, else nothing."""
        for number in (4, 3):
            for component in (1, 2):
                if name := self.component(number, component):
                    return name[:_LONGEST_KEY]
        return b""


EMPTY: Final = Hl7Header((b"MSH", b"|", b"^~\\&"), b"^")
"""Of a message that has none."""


def read_header(message: bytes) -> tuple[Hl7Header, Reject | None]:
    """
    Return a message's header and why it cannot be read, if it cannot; never raises for what is in it.

    Of a batch it is the header of the first message.
    """
    text = message.lstrip(_AROUND)
    if text.startswith(_WIDE):
        text = text.decode("utf-16", "replace").encode()
    if text.startswith((b"FHS", b"BHS")):
        text = next(messages(text), b"")
    line = _LINE.match(text.removeprefix(_MARK))
    first = line[0] if line else b""
    if first.startswith(_USUAL):
        return Hl7Header((b"MSH", b"|", *first.split(b"|")[1:]), b"^"), None
    read = read_message(first)
    if not first.startswith(b"MSH") or len(first) < len("MSH|^~\\&"):
        return EMPTY, read if isinstance(read, Reject) else None
    separator = first[3:4]
    rest = first.split(separator)
    header = Hl7Header((b"MSH", separator, *rest[1:]), rest[1][:1] or b"^")
    return (header, read) if isinstance(read, Reject) else (header, None)
