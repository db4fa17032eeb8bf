r"""
The ER7 writer: segments of fields by number, every text escaped (HL7 v2.9, 2.5 and 2.7).

A field is a text, a tuple of components, or a list of repetitions; texts only, so nobody can forget an escape.
"""

from collections.abc import Mapping, Sequence
from typing import Final

Component = str
Repetition = Component | tuple[Component, ...]
Field = Repetition | list[Repetition]

SEPARATOR: Final = "|"
ENCODING: Final = "^~\\&"
CHARSET: Final = "UNICODE UTF-8"
"""MSH-18 of what is written here (HL7 table 0211)."""

_ESCAPES: Final = {
    **{
        code: f"\\X{code:02X}\\" for code in (*range(0x20), 0x7F)
    },  # framing bytes and ends of segments among them
    ord("\\"): "\\E\\",
    ord("|"): "\\F\\",
    ord("^"): "\\S\\",
    ord("&"): "\\T\\",
    ord("~"): "\\R\\",
}


def escape(text: str) -> str:
    """Return a text as it may stand in a field; reading it gives the text again."""
    # Two quotes alone would say "delete what you have".
    return "\\X2222\\" if text == '""' else text.translate(_ESCAPES)


def segment(name: str, fields: Mapping[int, Field]) -> str:
    """Return a segment with these fields by their numbers; fields between them and empty ones at the end are left out."""
    texts = {number: _field(value) for number, value in fields.items()}
    last = max((number for number, text in texts.items() if text), default=0)
    return SEPARATOR.join([name, *(texts.get(number, "") for number in range(1, last + 1))])


def header(fields: Mapping[int, Field]) -> str:
    """Return the MSH with these fields, of which 1 and 2 are the delimiters."""
    # MSH-1 is the separator itself, so the field after the name is MSH-2.
    body = segment("MSH", {number - 1: value for number, value in fields.items()} | {1: ""})
    return f"MSH{SEPARATOR}{ENCODING}{body.removeprefix('MSH' + SEPARATOR)}"


def message(segments: Sequence[str]) -> bytes:
    """Return a message: UTF-8, each segment ended by CR."""
    return "".join(f"{one}\r" for one in segments).encode()


def _field(value: Field) -> str:
    if isinstance(value, list):
        return "~".join(_repetition(one) for one in value)
    return _repetition(value)


def _repetition(value: Repetition) -> str:
    if isinstance(value, str):
        return escape(value)
    return "^".join(escape(one) for one in value).rstrip("^")
