"""JSON in, resources out: one document, or one resource a line as bulk exports have them. Numbers stay as exact as sent."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from orjson import JSONDecodeError, loads

from streams.wire.event_json import BYTE_ORDER_MARK, unreadable_bytes
from streams.wire.rejects import Reject

Resource = dict[str, Any]

_LONG_NUMBER: Final = re.compile(rb"\d{16}|\.\d{12}|\d[eE][+-]?\d{3}")
"""What may be a number that a double does not hold as it was sent; a long identifier in quotes only costs time."""

LONGEST: Final = 16 << 20
"""Bytes of a resource unless a caller says otherwise; a bundle may be large."""

_BLANK: Final = b" \t\r\n\xef\xbb\xbf\x1e"
"""Around a resource; also the record separator of JSON text sequences."""

_WRITE_JSON: Final = "send one FHIR resource in JSON, with its resourceType"


def documents(raw: bytes) -> Iterator[bytes]:
    """Iterate over the resources in bytes: one document over many lines, or one resource a line (NDJSON)."""
    splitter = DocumentSplitter(len(raw) + 1)
    for document in (*splitter.feed(raw), *splitter.end()):
        if isinstance(document, bytes):
            yield document


class DocumentSplitter:
    """
    The resources of a stream that comes in pieces; any pieces give the same resources, in bounded memory.

    Which of the two forms it has shows in the first line that is not blank: in NDJSON it is a whole resource.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest: Final = longest
        self._buffer = b""
        self._by_line: bool | None = None
        self._skipping = False

    def feed(self, piece: bytes) -> Iterator[bytes | Reject]:
        """Iterate over the resources that these bytes complete, and a reject for each that is too long."""
        *lines, rest = (self._buffer + piece).split(b"\n")
        if self._by_line is None:
            first = next((line for line in lines if line.strip(_BLANK)), None)
            if first is not None:
                self._by_line = first.rstrip().endswith(b"}") and _is_json(first)
        if self._by_line:
            self._buffer = rest
            for line in lines:
                if self._skipping:
                    self._skipping = False
                elif line.strip(_BLANK):
                    yield line.strip(_BLANK) if len(line) <= self._longest else _too_long(self._longest)
        else:
            self._buffer += piece
        if len(self._buffer) > self._longest and not self._skipping:
            self._skipping = True
            yield _too_long(self._longest)
        if self._skipping:
            self._buffer = self._buffer[:1]

    def end(self) -> Iterator[bytes | Reject]:
        """Iterate over what is left once the stream has ended."""
        rest = self._buffer.strip(_BLANK)
        self._buffer = b""
        if rest and not self._skipping:
            yield rest


def _too_long(longest: int) -> Reject:
    return Reject(
        "resource", f"longer than {longest} bytes", "send it in parts, or allow more with --max-message-bytes"
    )


def _is_json(line: bytes) -> bool:
    try:
        loads(line.removeprefix(BYTE_ORDER_MARK))
    except JSONDecodeError:
        return False
    return True


def read_resource(raw: bytes) -> Resource | Reject:
    """Return the resource that bytes hold, or why they hold none; never raises for what is in them."""
    text = raw.removeprefix(BYTE_ORDER_MARK).strip()
    try:
        value: Any = loads(text)
        if _LONG_NUMBER.search(text):
            value = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return unreadable_bytes(text) or _not_json(text)
    if not isinstance(value, dict):
        return Reject("resource", "no JSON object", _WRITE_JSON)
    if not isinstance(value.get("resourceType"), str):
        return Reject("resourceType", "missing", _WRITE_JSON)
    return value


def _no_number(constant: str) -> float:
    message = f"{constant} is no number of JSON"
    raise ValueError(message)


def _not_json(text: bytes) -> Reject:
    if text.startswith(b"<"):
        return Reject(
            "resource", "FHIR in XML is not read", "ask the sender for JSON: Accept application/fhir+json"
        )
    if text.startswith((b"MSH", b"\x0bMSH")):
        return Reject("resource", "an HL7 v2 message, not FHIR", "convert it with --from hl7v2")
    return Reject("resource", "not JSON", _WRITE_JSON)
