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

_LONG_NUMBER: Final = re.compile(rb"[:\[,]\s*-?(?:\d{16,}|\d*\.\d{12,}|\d[\d.]*[eE])")
"""A number that a double may not hold as it was sent; texts and identifiers are in quotes."""

_WRITE_JSON: Final = "send one FHIR resource in JSON, with its resourceType"


def documents(raw: bytes) -> Iterator[bytes]:
    """
    Iterate over the resources in the bytes of a file: one document over many lines, or one resource a line (NDJSON).

    Which of the two it is shows in the first line: in NDJSON it is a whole resource.
    """
    text = raw.removeprefix(BYTE_ORDER_MARK).strip()
    first, _, rest = text.partition(b"\n")
    if rest and first.rstrip().endswith(b"}") and _is_json(first):
        yield from (line for line in text.split(b"\n") if line.strip())
    elif text:
        yield text


def _is_json(line: bytes) -> bool:
    try:
        loads(line)
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
