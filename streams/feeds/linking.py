"""
What a linker is: it remembers of one facility what later messages need, and joins them to it. Pure.

A pump's message names no patient; the order, or the bed, that was told before does. What is remembered lies in small
entries, so that a message rewrites only what it changed. All of a facility is in one partition, in its order.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from streams.feeds.conversion import Conversion

Entry = tuple[bytes, bytes]
"""A name within the facility, and what is remembered under it."""


class Linked(NamedTuple):
    """A message joined to what was remembered: what is remembered from here on, and what the message comes to now."""

    state: Any
    conversion: Conversion
    changes: Mapping[bytes, bytes | None] = {}
    """The entries that changed; None forgets one."""


class Linker(Protocol):
    """
    Remembers and joins; states are values of its own that nobody else looks into.

    A message that is read again after a crash finds what it left itself; what it came to then is said again by the
    worker. So a linker may send each event once.
    """

    def restored(self, entries: Iterable[Entry]) -> Any:
        """Return the state that these entries are; without any, that of a facility never heard of."""

    def known(self, state: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return the resources that a message may refer to, by ``Type/id``."""

    def unlinked(self, state: Any) -> int:
        """Return how much waits to be joined; asked from any thread."""

    def link(self, state: Any, conversion: Conversion, at: int) -> Linked:
        """Join a message; ``at`` is when it came, in epoch seconds."""


class Unlinked:
    """Remembers nothing, and leaves every message as it is."""

    def restored(self, entries: Iterable[Entry]) -> None:
        """Return nothing."""

    def known(self, state: Any) -> Mapping[str, Mapping[str, Any]]:  # noqa: ARG002 - the protocol's
        """Return no resources."""
        return {}

    def unlinked(self, state: Any) -> int:  # noqa: ARG002 - the protocol's
        """Return none: nothing waits."""
        return 0

    def link(self, state: Any, conversion: Conversion, at: int) -> Linked:  # noqa: ARG002 - the protocol's
        """Return the message as it is."""
        return Linked(state, conversion)
