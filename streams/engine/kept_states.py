"""The states that wait for a checkpoint: what a state must be able to, and the bytes it comes to."""

from collections.abc import Mapping
from typing import Protocol

from streams.engine.checkpoint import Table
from streams.engine.error_place import placed


class State(Protocol):
    """The value of a key in a table."""

    def to_bytes(self) -> bytes:
        """Return the bytes to write."""


class Journaled:
    """The value of a key that is written in parts: of a long one, what came since the last checkpoint."""

    __slots__ = ()

    def changes(self, key: bytes) -> Mapping[bytes, bytes | None]:
        """Return the records to write, in their order; asked again before ``written``, all of them and what came since."""
        raise NotImplementedError

    def written(self) -> None:
        """Note that what was last asked for is written."""
        raise NotImplementedError


Kept = dict[tuple[Table, int], dict[bytes, "State | Journaled | None"]]
"""States to write, by table and partition, then by key."""


class Written(bytes):
    """A state that is bytes already."""

    def to_bytes(self) -> bytes:
        """Return them."""
        return self


def bytes_of(kept: Mapping[bytes, State | Journaled | None], place: str) -> dict[bytes, bytes | None]:
    """Return the records of states by key, None for what is to go; ``place`` is told by whatever fails."""
    records: dict[bytes, bytes | None] = {}
    try:
        for key, state in kept.items():
            if isinstance(state, Journaled):
                records.update(state.changes(key))
            else:
                records[key] = None if state is None else state.to_bytes()
    except Exception as error:
        placed(error, f"a state for {place}")
        raise
    return records
