"""
An event's line as a message: under which key it travels, with which headers, and when it happened.

Nothing is validated and nothing is changed: the line is sent as it is, and whoever reads it says what is wrong
with it. Pure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from orjson import JSONDecodeError, loads

from streams.wire.cloud_events import SOURCE, headers
from streams.wire.encounter_key import find_id
from streams.wire.event_json import BYTE_ORDER_MARK
from streams.wire.message import Headers

_LONGEST: Final = 1024
"""Characters of type, ids and source together that are repeated in headers; an event of longer ones has no headers."""

_YEARS: Final = range(1900, 2200)


class EventMessage(NamedTuple):
    """What goes with a line."""

    key: bytes | None
    """The encounter id; None when the line has none, which its reader will reject."""
    headers: Headers
    """CloudEvents' headers; none when the line is no event."""
    at: float | None
    """When it was recorded, or else when it happened, in epoch seconds; None when it says neither."""


def event_message(line: bytes) -> EventMessage:
    """Return what goes with a line; never raises for what is in it."""
    match = find_id(line)
    key = match[1] if match else None
    try:
        event: Any = loads(line.removeprefix(BYTE_ORDER_MARK))
    except JSONDecodeError:
        return EventMessage(key, (), None)
    if not isinstance(event, dict):
        return EventMessage(key, (), None)
    if key is None:
        # Its name or its value is written with escapes, or it is not there.
        key = _text(event, "encounter_id").encode() or None
    elif _text(event, "encounter_id").encode() != key:
        return EventMessage(
            key, (), None
        )  # the id stands twice: its reader rejects it, under the first of them
    at = _at(event)
    return EventMessage(key, _headers(event, at), at)


def event_headers(event: Mapping[str, Any]) -> Headers:
    """Return the headers of an event that is at hand as a mapping: the same that its line would get."""
    return _headers(event, _at(event))


def _at(event: Mapping[str, Any]) -> float | None:
    return _instant(event, "recorded_at") or _instant(event, "occurred_at")


def _headers(event: Mapping[str, Any], at: float | None) -> Headers:
    kind, name, subject = (_text(event, field) for field in ("type", "event_id", "encounter_id"))
    source = _text(event, "source") or SOURCE
    if not (kind and name and subject) or len(kind) + len(name) + len(subject) + len(source) > _LONGEST:
        return ()
    return headers(kind, name, subject, None if at is None else int(at), source=source)


def _text(event: Mapping[str, Any], field: str) -> str:
    value = event.get(field)
    return value if isinstance(value, str) else ""


def _instant(event: Mapping[str, Any], field: str) -> float | None:
    try:
        instant = datetime.fromisoformat(_text(event, field))
    except ValueError:
        return None
    return instant.timestamp() if instant.tzinfo is not None and instant.year in _YEARS else None
