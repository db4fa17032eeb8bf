"""One message on its way out: where to, under which key, what, and with which headers. Pure."""

from typing import NamedTuple

Headers = tuple[tuple[str, bytes], ...]
"""Names and values of a message's headers, in their order; a name may stand twice."""


class Outgoing(NamedTuple):
    """A message for a topic; without a value it is a tombstone, which takes back what its key said."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
