"""A record as Kafka keeps it, and a message for a topic: key, value and headers. Pure."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

Headers = tuple[tuple[str, bytes], ...]
"""Names and values of a message's headers, in their order; a name may stand twice."""


class Record(Protocol):
    """One record as Kafka keeps it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class OutboundMessage(NamedTuple):
    """A message for a topic; without a value it is a tombstone, which takes back what its key said."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    at: float | None = None
    """When it happened, in epoch seconds, for a publisher whose pace goes by that."""
