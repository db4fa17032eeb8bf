"""A reject as a line: for a person, or for a machine. What stood in the message is in it only when asked for."""

import base64
from datetime import UTC, datetime
from typing import Any, Final

from orjson import dumps

from streams.operations.reject_queue import Rejected

_PLACE: Final = 12
_FROM: Final = 34
_UNKNOWN: Final = "no reason in its headers: something else than the worker put it here"

HEAD: Final = f"{'AT':{_PLACE}}  {'WHEN':20}  {'FROM':{_FROM}}  REASON"


def as_row(one: Rejected, *, show: bool) -> str:
    """Return a reject as a row under ``HEAD``, and its key and value on lines of their own when they are to be shown."""
    came = one.origin
    place = f"{one.partition}:{one.offset}"
    origin = f"{came.topic} {came.partition}:{came.offset}" if came else "-"
    row = f"{place:{_PLACE}}  {_when(one)}  {_printable(origin):{_FROM}}  {_printable(came.reason if came else _UNKNOWN)}"
    if not show:
        return row
    shown = ((name, held) for name, held in (("key", one.key), ("value", one.value)) if held is not None)
    return "\n".join([row, *(f"    {name:5}  {_printable(_text(held))}" for name, held in shown)])


def as_json(one: Rejected, *, show: bool) -> bytes:
    """Return a reject as one JSON object; what is no UTF-8 is shown as base64."""
    came = one.origin
    found: dict[str, Any] = {
        "partition": one.partition,
        "offset": one.offset,
        "rejected_at": _when(one),
        "topic": came.topic if came else None,
        "original_partition": came.partition if came else None,
        "original_offset": came.offset if came else None,
        "reason": came.reason if came else None,
        "rulebook": came.rulebook if came else None,
        "bytes": len(one.value or b""),
    }
    if show:
        for name, held in (("key", one.key), ("value", one.value)):
            found |= _shown(name, held)
    return dumps(found)


def _shown(name: str, held: bytes | None) -> dict[str, str | None]:
    if held is None:
        return {name: None}
    try:
        return {name: held.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(held).decode()}


def _when(one: Rejected) -> str:
    return datetime.fromtimestamp(one.rejected_at // 1000, UTC).isoformat().replace("+00:00", "Z")


def _text(held: bytes) -> str:
    return held.decode(errors="backslashreplace")


def _printable(text: str) -> str:
    """Return text that leaves a terminal as it is: what controls one is written as its escape."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
