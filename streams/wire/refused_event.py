"""
A line that could not be used, as an event of its own: what is left in its place is part of the stay (R-DOC-9).

File and stream make it in the same way from the same bytes, so that both hold the same stay for the same reason. Pure.
"""

import re
from hashlib import sha256
from typing import Any, Final

from orjson import dumps
from pydantic import ValidationError
from pydantic_core import from_json

from models.event import Event
from streams.wire.encounter_key import found_id, parsed_id
from streams.wire.event_json import BYTE_ORDER_MARK, as_line, validate
from streams.wire.rejects import Reject

NO_MOMENT: Final = "1990-01-01T00:00:00Z"
"""The earliest instant the contract takes: a refusal has no moment of its own, and the fold reads none."""

_LONGEST: Final = 200
"""Characters of an id the contract takes."""

_TEXT_OF: Final = {
    name: re.compile(rb'"' + name.encode() + rb'"\s*:\s*"([^"\\]{1,200})"') for name in ("event_id", "source")
}


def legible_encounter_id(raw: bytes) -> str | None:
    """Return the encounter a refused line is about, None where its bytes do not tell."""
    try:
        name = found_id(raw)
    except UnicodeDecodeError:
        return None
    if name is None and (key := parsed_id(raw)) is not None:
        name = key.decode()
    return name if name and len(name) <= _LONGEST else None


def legible_source(raw: bytes) -> str | None:
    """Return the source a refused line names, None where its bytes do not tell."""
    return _text_of(raw, "source")


def refusal_id(raw: bytes) -> str:
    """Return the id of the refusal of these bytes; the same bytes, the same id."""
    return f"refused-{sha256(as_line(raw.strip()).strip()).hexdigest()[:32]}"


def refused_line(raw: bytes, encounter_id: str, reject: Reject) -> bytes:
    """Return the event that stands in the place of a refused line: its own id and source where legible, and why."""
    fields: dict[str, Any] = {
        "type": "event_refused",
        "event_id": refusal_id(raw),
        "encounter_id": encounter_id,
        "occurred_at": NO_MOMENT,
        "source": _text_of(raw, "source"),
        "refused_event_id": _text_of(raw, "event_id"),
        "reason": reject.reason,
    }
    return dumps({name: value for name, value in fields.items() if value is not None})


def refused_event(raw: bytes, encounter_id: str, reject: Reject) -> Event | None:
    """Return ``refused_line`` as an event; None where the encounter's id is none the contract takes."""
    try:
        return validate(refused_line(raw, encounter_id, reject))
    except ValidationError:
        return None


def _text_of(raw: bytes, name: str) -> str | None:
    """Return a text of a line that may be no event and no JSON; None where it cannot be read."""
    try:
        value: Any = from_json(raw.removeprefix(BYTE_ORDER_MARK)).get(name)
    except (ValueError, AttributeError):
        match = _TEXT_OF[name].search(raw)
        value = match[1].decode(errors="replace") if match else None
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable() else None
