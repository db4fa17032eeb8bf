"""Ids for events that a wire gives none: the same for a message sent again, different for two facts of one message."""

from hashlib import sha256
from typing import Final

_LENGTH: Final = 32
"""Hexadecimal digits: 128 bits."""


def event_id(*parts: str) -> str:
    """
    Return the id of a fact told by a wire: sender, control id, kind, time and administration, in this order.

    A control id alone does not do: one pump's stop and its completion share theirs, and some senders number
    every message 1.
    """
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]
