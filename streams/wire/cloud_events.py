"""
The headers of what we send: CloudEvents 1.0, binary mode for Kafka. Pure.

What is sent again after a crash carries the same id and the same time as before, so that whoever reads can tell.
Ids are therefore made from what a message is about, and its time is that of the decision behind it: no clock and
no random number has a say.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from models.schema import CONTRACT_VERSION
from rules.claim.charge_lines import stable_id
from streams.wire.instant_text import rfc3339
from streams.wire.message import Headers

SOURCE: Final = "infusion-charges"
CE_SOURCE: Final = "ce_source"
TYPE_PREFIX: Final = "org.infusion-charges."
SCHEMA_VERSION: Final = "schema-version"
"""The header that says which edition of the contract a message was written by."""

_JSON: Final = ("content-type", b"application/json")
_SPECIFICATION: Final = ("ce_specversion", b"1.0")
_EDITION: Final = (SCHEMA_VERSION, CONTRACT_VERSION.encode())


def event_id(*about: str) -> str:
    """Return the id of the message that is about this: the same words give the same UUID, other words another."""
    return stable_id("\x1f".join(about))


def headers(
    kind: str, event_id: str, subject: str, time: int | None, traceparent: bytes | None = None,
    *, source: str = SOURCE,
) -> Headers:  # fmt: skip
    """
    Return the headers of a message: its kind as the AsyncAPI document names it, its id, the stay it is about.

    ``time`` is the instant of the decision in epoch seconds, or None where none is known; ``traceparent`` is that
    of the message this one answers, passed on as it came.
    """
    kind_header, source_header = _constant(kind, source)
    pairs = [
        _SPECIFICATION,
        ("ce_id", event_id.encode()),
        kind_header,
        source_header,
        ("ce_subject", subject.encode()),
    ]
    if time is not None:
        pairs.append(("ce_time", rfc3339(time).encode()))
    pairs += (_JSON, _EDITION)
    if traceparent is not None:
        pairs.append(("traceparent", traceparent))
    return tuple(pairs)


def traceparent(headers: Iterable[tuple[str, bytes]]) -> bytes | None:
    """Return the trace context among the headers of a message, to be passed on with what it caused; None without one."""
    return next((value for name, value in headers if name == "traceparent"), None)


@lru_cache(maxsize=256)
def _constant(kind: str, source: str) -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    return ("ce_type", f"{TYPE_PREFIX}{kind}.v1".encode()), (CE_SOURCE, source.encode())
