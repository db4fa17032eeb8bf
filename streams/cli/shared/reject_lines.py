"""A reject as a line, for a person or for a machine; the message's own content is in it only with ``show``."""

import base64
from typing import Any, Final

from orjson import dumps

from models.printable import printable
from streams.operations.reject_ledger import RejectedMessage
from streams.operations.reject_queue import SelectedReject
from streams.wire.instant_text import rfc3339
from streams.wire.reject_marks import first_origin, replay_count

_PLACE: Final = 12
_FROM: Final = 34
_UNKNOWN: Final = "no reason in its headers: something else than the worker put it here"

_STATE: Final = 9
HEAD: Final = f"{'AT':{_PLACE}}  {'WHEN':20}  {'FROM':{_FROM}}  {'STATE':{_STATE}}  SENT  REASON"


def as_row(found: SelectedReject, *, show: bool) -> str:
    """Return a reject as a row under ``HEAD``, and its key and value on lines of their own when they are to be shown."""
    message = found.message
    origin = message.origin
    place = f"{message.partition}:{message.offset}"
    source = f"{origin.topic} {origin.partition}:{origin.offset}" if origin else "-"
    row = f"{place:{_PLACE}}  {_when(message)}  {printable(source):{_FROM}}  {found.state:{_STATE}}  {replay_count(message.headers):4}  {printable(origin.reason if origin else _UNKNOWN)}"
    if not show:
        return row
    shown = (
        (name, content)
        for name, content in (("key", message.key), ("value", message.value))
        if content is not None
    )
    return "\n".join([row, *(f"    {name:5}  {printable(_text(content))}" for name, content in shown)])


def as_json(found: SelectedReject, *, show: bool) -> bytes:
    """Return a reject as one JSON object; what is no UTF-8 is shown as base64."""
    message = found.message
    origin = message.origin
    row: dict[str, Any] = {
        "partition": message.partition,
        "offset": message.offset,
        "rejected_at": _when(message),
        "topic": origin.topic if origin else None,
        "original_partition": origin.partition if origin else None,
        "original_offset": origin.offset if origin else None,
        "reason": origin.reason if origin else None,
        "rulebook": origin.rulebook if origin else None,
        "bytes": len(message.value or b""),
        "state": found.state,
        "by": found.by or None,
        "first_origin": first_origin(message.headers) or None,
        "replays": replay_count(message.headers),
    }
    if show:
        for name, content in (("key", message.key), ("value", message.value)):
            row |= _shown(name, content)
    return dumps(row)


def _shown(name: str, content: bytes | None) -> dict[str, str | None]:
    if content is None:
        return {name: None}
    try:
        return {name: content.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(content).decode()}


def _when(message: RejectedMessage) -> str:
    return rfc3339(message.rejected_at // 1000)


def _text(content: bytes) -> str:
    return content.decode(errors="backslashreplace")
