"""The release store: release states by partition, from the table or from memory until they are written."""

from collections.abc import Iterator

from streams.charging.release_state import ReleaseState, from_bytes, to_bytes
from streams.engine.app import CheckpointApp
from streams.engine.table import CheckpointTable


class _Unwritten:
    """A release state on its way to the table."""

    __slots__ = ("state",)

    def __init__(self, state: ReleaseState) -> None:
        self.state = state

    def to_bytes(self) -> bytes:
        return to_bytes(self.state)


class ReleaseStore:
    """Release states by partition; those not written yet are in memory, since the table does not have them."""

    def __init__(self, app: CheckpointApp, table: CheckpointTable) -> None:
        self._app, self._table = app, table
        self._unwritten: dict[tuple[int, bytes], ReleaseState] = {}
        self._drop_above = _MAX_UNWRITTEN
        app.when_revoked(self._unwritten.clear)

    def written(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield every key and stored value of a partition, as they are when the first is asked for."""
        return self._table.items_of(partition)

    def load(self, partition: int, key: bytes) -> ReleaseState | None:
        """Return the release state of an encounter, or None."""
        unwritten = self._unwritten.get((partition, key))
        if unwritten is not None:
            return unwritten
        written = self._table.read(partition, key)
        return None if written is None else from_bytes(written)

    def keep(self, partition: int, key: bytes, state: ReleaseState) -> None:
        """Put a changed state into the next checkpoint."""
        if len(self._unwritten) >= self._drop_above:
            self._drop_written()
        self._unwritten[partition, key] = state
        self._app.put(self._table, partition, key, _Unwritten(state))

    def purge(self, partition: int, key: bytes) -> None:
        """Have nothing left of an encounter from the next checkpoint on."""
        self._unwritten.pop((partition, key), None)
        self._app.put(self._table, partition, key, None)

    def _drop_written(self) -> None:
        for partition, key in list(self._unwritten):
            if not self._app.unwritten(self._table, partition, key):
                del self._unwritten[partition, key]
        # A backlog is coded in batches of thousands, none of them written yet: looking again at each would be quadratic.
        self._drop_above = max(_MAX_UNWRITTEN, 2 * len(self._unwritten))


_MAX_UNWRITTEN = 200
"""Release states in memory before those that are written are dropped: with its charge set and changes one takes some 20 kB."""
