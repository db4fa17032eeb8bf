"""The association store: what is remembered of each facility, by partition, from the table and in memory."""

from typing import Any

from streams.engine.app import CheckpointApp, Written
from streams.engine.table import CheckpointTable
from streams.feeds.linking import Entry, Linker

_BETWEEN = b"\x00"
"""Between the facility and the name of an entry in a key of the table."""


class AssociationStore:
    """States of facilities by partition; all of them are in memory, and each entry that changes is in the table."""

    def __init__(self, app: CheckpointApp, table: CheckpointTable, linker: Linker) -> None:
        self._app, self._table, self.linker = app, table, linker
        self._states: dict[int, dict[bytes, Any]] = {}
        app.when_revoked(self._states.clear)

    def restore(self, partitions: set[int]) -> None:
        """Take over what recovery left in the table."""
        for partition in partitions:
            entries: dict[bytes, list[Entry]] = {}
            for key, value in self._table.items_of(partition):
                facility, _, name = key.partition(_BETWEEN)
                entries.setdefault(facility, []).append((name, value))
            self._states[partition] = {
                facility: self.linker.restored(kept) for facility, kept in entries.items()
            }

    @property
    def unlinked(self) -> int:
        """How much waits to be linked, over all facilities; asked from any thread."""
        states = [*self._states.values()]
        return sum(self.linker.unlinked(state) for one in states for state in [*one.values()])

    def states(self, partition: int) -> dict[bytes, Any]:
        """Return the states of a partition's facilities; whoever changes one says so to ``keep``."""
        return self._states.setdefault(partition, {})

    def keep(self, partition: int, facility: bytes, changes: dict[bytes, bytes | None]) -> None:
        """Put changed entries into the next checkpoint."""
        for name, value in changes.items():
            key = facility.replace(_BETWEEN, b"") + _BETWEEN + name
            self._app.put(self._table, partition, key, None if value is None else Written(value))
