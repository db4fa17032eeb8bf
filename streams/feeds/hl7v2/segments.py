"""
The ER7 reader: a message's segments, fields, repetitions, components and subcomponents, by their numbers.

It knows no message structure: what a sender adds, leaves out or puts elsewhere is read all the same. Numbers
count from 1 as HL7's do, and MSH-1 is the field separator itself.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from streams.feeds.conversion import Note
from streams.feeds.hl7v2.charset import decode
from streams.feeds.hl7v2.escapes import unescape
from streams.wire.rejects import Reject

_NULL: Final = '""'
"""What HL7 writes for "delete what you have"; for us it is nothing charted."""

_SHORTEST_HEADER: Final = len("MSH|^~\\&")
_NAME: Final = 3
_SEGMENT_AFTER_LF: Final = re.compile(
    r"\n(?=(?:EVN|SFT|PID|PD1|NK1|PV1|PV2|MRG|AL1|DG1|PR1|IN1|ORC|RXA|RXR|RXE|RXO|RXC|RXG|RXD|RXV|OBR|OBX|NTE|TQ1|FT1|ERR|MSA|Z[A-Z0-9]{2})[^A-Za-z0-9\s])"
)
"""A sender that ends some segments with CR and others with LF: names of segments, never other capitals in a text."""


class Segment:
    """One segment; texts come without escapes, and what is not there is an empty text."""

    __slots__ = ("_charset", "_delimiters", "_fields", "name", "position")

    def __init__(self, name: str, position: int, fields: list[str], delimiters: str, charset: str) -> None:
        self.name = name
        self.position = position
        """Which segment of the message it is, from 0."""
        self._fields = fields
        self._delimiters = delimiters
        self._charset = charset

    def __len__(self) -> int:
        """Return the number of the last field there is."""
        return len(self._fields) - 1

    def raw(self, field: int) -> str:
        """Return a field as sent, with its delimiters and escapes; empty for HL7's null."""
        if not 0 < field < len(self._fields):
            return ""
        value = self._fields[field]
        return "" if value == _NULL else value

    def repetitions(self, field: int) -> int:
        """Return how often a field stands; 0 when it is empty."""
        value = self.raw(field)
        return value.count(self._delimiters[2]) + 1 if value else 0

    def text(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """Return one text, without blanks around it; empty when it is not there, or is HL7's null."""
        value = self.raw(field)
        if not value:
            return ""
        marks = self._delimiters
        value = _part(value, marks[2], repetition)
        value = _part(value, marks[1], component)
        if len(marks) > 4:  # noqa: PLR2004 - a sender may name no subcomponent separator
            value = _part(value, marks[4], subcomponent)
        return "" if value == _NULL else unescape(value, marks, self._charset).strip()

    def is_header(self) -> bool:
        """Tell whether it is the MSH, whose fields are never unescaped into delimiters."""
        return self.name == "MSH"


def _part(value: str, separator: str, number: int) -> str:
    if separator not in value:
        return value if number == 1 else ""
    parts = value.split(separator, number)
    return parts[number - 1] if len(parts) >= number else ""


class Message(NamedTuple):
    """One message, its segments in the order sent."""

    segments: tuple[Segment, ...]
    notes: tuple[Note, ...] = ()

    @property
    def header(self) -> Segment:
        """The MSH."""
        return self.segments[0]

    def all(self, name: str) -> Iterator[Segment]:
        """Iterate over the segments of a name."""
        return (segment for segment in self.segments if segment.name == name)

    def first(self, name: str) -> Segment:
        """Return the first segment of a name, or an empty one."""
        return next(self.all(name), _ABSENT)


_ABSENT: Final = Segment("", -1, [""], "|^~\\&", "utf-8")


def read_message(raw: bytes, default_charset: str = "utf-8") -> Message | Reject:
    """
    Return the message that bytes hold, or why they hold none; never raises for what is in them.

    Segments end with CR. Where a message has no CR at all, LF ends them; a LF beside CR is a line break of text,
    except right after the CR or in front of the name of a segment. Framing bytes, NULs and a byte-order mark around the
    message are left out.
    """
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))  # every other byte of UTF-16 may be a NUL
    decoded = decode(raw if wide else raw.strip(b"\x00\x0b\x1c\r\n\t "), default_charset)
    text = decoded.text.strip("\x00\x0b\x1c\r\n\t ") if wide else decoded.text
    if not text.startswith("MSH"):
        return Reject("MSH", "no HL7 v2 message begins here", "send ER7 text that begins with MSH")
    if len(text) < _SHORTEST_HEADER:
        return Reject("MSH-2", "the message ends within its header", "send the whole message")
    separator = text[_NAME]
    if "\n" in text and "\r" in text:
        text = _SEGMENT_AFTER_LF.sub("\r", text)
    lines = text.split("\r" if "\r" in text else "\n")
    header = lines[0].split(separator)
    encoding = header[1] if len(header) > 1 else ""
    delimiters = separator + encoding
    if not 2 <= len(encoding) <= 5 or len(set(delimiters)) < len(delimiters):  # noqa: PLR2004 - HL7 v2.9, 2.16.9
        return Reject("MSH-2", "does not name delimiters that differ", "write for example ^~\\&")
    if any(mark.isalnum() or mark.isspace() for mark in delimiters):
        return Reject("MSH-2", "names a letter, a digit or a blank as a delimiter", "write for example ^~\\&")
    segments = [Segment("MSH", 0, ["MSH", separator, *header[1:]], delimiters, decoded.charset)]
    notes = list(decoded.notes)
    for line in lines[1:]:
        stripped = line.lstrip("\n") if line[:1] == "\n" else line
        if not stripped.strip():
            continue
        fields = stripped.split(separator)
        name = fields[0].strip()
        if len(name) != _NAME or not name.isalnum():
            notes.append(
                Note(f"segment {len(segments) + 1}", "has no name of three letters or digits; left out")
            )
            continue
        segments.append(Segment(name, len(segments), fields, delimiters, decoded.charset))
    return Message(tuple(segments), tuple(notes))
