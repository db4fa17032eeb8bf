"""A reject as a line, for a person or for a machine; the message's own content is in it only with ``show``."""

import base64
from datetime import UTC, datetime
from typing import Any, Final

from orjson import dumps

from streams.operations.reject_queue import Rejected

_PLACE: Final = 12
_FROM: Final = 34
_UNKNOWN: Final = "no reason in its headers: something else than the worker put it here"

HEAD: Final = f"{'AT':{_PLACE}}  {'WHEN':20}  {'FROM':{_FROM}}  REASON"


def as_row(reject: Rejected, *, show: bool) -> str:
    """Return a reject as a row under ``HEAD``, and its key and value on lines of their own when they are to be shown."""
    origin = reject.origin
    place = f"{reject.partition}:{reject.offset}"
    source = f"{origin.topic} {origin.partition}:{origin.offset}" if origin else "-"
    row = f"{place:{_PLACE}}  {_when(reject)}  {_printable(source):{_FROM}}  {_printable(origin.reason if origin else _UNKNOWN)}"
    if not show:
        return row
    shown = (
        (name, content)
        for name, content in (("key", reject.key), ("value", reject.value))
        if content is not None
    )
    return "\n".join([row, *(f"    {name:5}  {_printable(_text(content))}" for name, content in shown)])


def as_json(reject: Rejected, *, show: bool) -> bytes:
    """Return a reject as one JSON object; what is no UTF-8 is shown as base64."""
    origin = reject.origin
    fields: dict[str, Any] = {
        "partition": reject.partition,
        "offset": reject.offset,
        "rejected_at": _when(reject),
        "topic": origin.topic if origin else None,
        "original_partition": origin.partition if origin else None,
        "original_offset": origin.offset if origin else None,
        "reason": origin.reason if origin else None,
        "rulebook": origin.rulebook if origin else None,
        "bytes": len(reject.value or b""),
    }
    if show:
        for name, content in (("key", reject.key), ("value", reject.value)):
            fields |= _shown(name, content)
    return dumps(fields)


def _shown(name: str, content: bytes | None) -> dict[str, str | None]:
    if content is None:
        return {name: None}
    try:
        return {name: content.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(content).decode()}


def _when(reject: Rejected) -> str:
    return datetime.fromtimestamp(reject.rejected_at // 1000, UTC).isoformat().replace("+00:00", "Z")


def _text(content: bytes) -> str:
    return content.decode(errors="backslashreplace")


def _printable(text: str) -> str:
    """Return text that is safe on a terminal: control characters are written as escapes."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
