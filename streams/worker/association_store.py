"""The association store: what is remembered of each facility, by partition, from the table and in memory."""

from typing import Any

from streams.engine.app import CheckpointApp
from streams.engine.kept_states import Written
from streams.engine.table import CheckpointTable
from streams.feeds.linking import Entry, Linker

_BETWEEN = b"\x00"
"""Between the facility and the name of an entry in a key of the table."""

_SAID = b"\x00\x00said\x00"
"""How keys begin under which it is kept what records came to: topic, NUL and offset follow."""


class AssociationStore:
    """States of facilities by partition; all of them are in memory, and each entry that changes is in the table."""

    def __init__(self, app: CheckpointApp, table: CheckpointTable, linker: Linker) -> None:
        self._app, self._table, self.linker = app, table, linker
        self._states: dict[int, dict[bytes, Any]] = {}
        self._said: dict[int, dict[tuple[str, int], bytes]] = {}
        app.when_revoked(self._states.clear)
        app.when_revoked(self._said.clear)

    def restore(self, partitions: set[int]) -> None:
        """Take over what recovery left in the table."""
        for partition in partitions:
            entries: dict[bytes, list[Entry]] = {}
            said = self._said[partition] = {}
            for key, value in self._table.items_of(partition):
                if key.startswith(_SAID):
                    topic, _, offset = key.removeprefix(_SAID).partition(_BETWEEN)
                    said[topic.decode(), int(offset)] = value
                    continue
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

    def said(self, partition: int, topic: str, committed: int) -> dict[int, bytes]:
        """Return what records from the committed position on came to, by offset, and forget that of those before."""
        said = self._said.setdefault(partition, {})
        for place in [place for place in said if place[0] == topic and place[1] < committed]:
            del said[place]
            self._app.put(self._table, partition, _said_key(*place), None)
        return {offset: value for (name, offset), value in said.items() if name == topic}

    def keep_said(self, partition: int, topic: str, offset: int, value: bytes) -> None:
        """Put what a record came to into the next checkpoint, before the entries that it changed are put there."""
        self._said.setdefault(partition, {})[topic, offset] = value
        self._app.put(self._table, partition, _said_key(topic, offset), Written(value))

    def keep(self, partition: int, facility: bytes, changes: dict[bytes, bytes | None]) -> None:
        """Put changed entries into the next checkpoint."""
        for name, value in changes.items():
            key = facility.replace(_BETWEEN, b"") + _BETWEEN + name
            self._app.put(self._table, partition, key, None if value is None else Written(value))


def _said_key(topic: str, offset: int) -> bytes:
    return _SAID + topic.encode() + _BETWEEN + b"%d" % offset
