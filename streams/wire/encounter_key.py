"""A raw line and the encounter it is about, found without reading it. Pure."""

import re
from typing import Any, Final

from pydantic_core import from_json

from streams.wire.event_json import BYTE_ORDER_MARK

InputLine = tuple[int, int, bytes]
"""Number of the input, number of the line in it, and its bytes; a plain tuple, for there are millions."""

find_id: Final = re.compile(rb'"encounter_id"\s*:\s*"([^"\\]+)"').search
"""
Finds the encounter id of a line without parsing it, as group 1.

In valid JSON the quoted name before a colon can only be a key, so a text that contains it cannot fool the
pattern. A line in which the id stands twice is refused when it is read (streams.wire.repeated_names). Ids and keys written with escapes
are not found; ``parsed_id`` has them.
"""


def found_id(raw: bytes) -> str | None:
    """Return the encounter id a line goes by when it is sorted; None when only parsing tells."""
    match = find_id(raw)
    return match[1].decode() if match else None


def parsed_id(raw: bytes) -> bytes | None:
    """Return the encounter id of a line by parsing it, or None when it is no JSON object or has none."""
    try:
        parsed: Any = from_json(raw.lstrip(BYTE_ORDER_MARK))
    except ValueError:
        return None
    if isinstance(parsed, dict) and isinstance(parsed.get("encounter_id"), str):
        return str(parsed["encounter_id"]).encode()
    return None
