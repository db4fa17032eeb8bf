"""What was last said of each stay, as the table has it and as a batch under way leaves it."""

from streams.charging.release_state import ReleaseState, from_bytes, to_bytes
from streams.engine.app import CheckpointApp
from streams.engine.table import CheckpointTable


class _Fresh:
    """A release on its way to the table."""

    __slots__ = ("released",)

    def __init__(self, released: ReleaseState) -> None:
        self.released = released

    def to_bytes(self) -> bytes:
        return to_bytes(self.released)


class ReleaseStore:
    """Releases by partition; those not written yet are held in memory, for the table does not have them."""

    def __init__(self, app: CheckpointApp, table: CheckpointTable) -> None:
        self._app, self._table = app, table
        self._fresh: dict[tuple[int, bytes], ReleaseState] = {}
        self._sweep_at = _MOST_FRESH
        app.when_revoked(self._fresh.clear)

    def load(self, partition: int, key: bytes) -> ReleaseState | None:
        """Return what was last said of a stay, or None."""
        fresh = self._fresh.get((partition, key))
        if fresh is not None:
            return fresh
        written = self._table.read(partition, key)
        return None if written is None else from_bytes(written)

    def keep(self, partition: int, key: bytes, released: ReleaseState) -> None:
        """Note what is said of a stay from now on."""
        if len(self._fresh) >= self._sweep_at:
            self._sweep()
        self._fresh[partition, key] = released
        self._app.put(self._table, partition, key, _Fresh(released))

    def _sweep(self) -> None:
        for partition, key in list(self._fresh):
            if not self._app.unwritten(self._table, partition, key):
                del self._fresh[partition, key]
        # A backlog is coded in batches of thousands, none of them written yet: looking again at each would be quadratic.
        self._sweep_at = max(_MOST_FRESH, 2 * len(self._fresh))


_MOST_FRESH = 2_000
