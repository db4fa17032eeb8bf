"""The stays a worker keeps at hand: those it used last in memory, all others in the table, and their deadlines."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Final

from streams.engine.app import CheckpointApp
from streams.engine.table import CheckpointTable
from streams.lifecycle.deadline_index import DeadlineIndex
from streams.lifecycle.state import EncounterState, deadline_of, from_bytes

RETRY_S: Final = 30
"""After which a stay that is still due is asked for again: the command may have been lost with a worker."""

_MOST_AT_ONCE: Final = 1_000


class EncounterStore:
    """Kept stays by partition; deadlines in epoch seconds."""

    def __init__(self, app: CheckpointApp, table: CheckpointTable, most: int) -> None:
        self._app, self._table, self._most = app, table, most
        self._held: dict[tuple[int, str], EncounterState] = {}
        self._crowded_at = most
        self._due: dict[int, DeadlineIndex] = {}
        app.when_revoked(self.forget)

    def forget(self) -> None:
        """Drop everything in memory."""
        self._held.clear()
        self._due.clear()

    def restore(self, partitions: set[int]) -> None:
        """Index the deadlines of these partitions anew, from what recovery left in the table."""
        for partition in partitions:
            self._due[partition] = DeadlineIndex(
                (due_at, key)
                for key, written in self._table.held(partition)
                if (due_at := deadline_of(written)) is not None
            )

    def load(self, partition: int, encounter_id: str) -> EncounterState | None:
        """Return what is kept of a stay, or None."""
        place = (partition, encounter_id)
        state = self._held.get(place)
        if state is None:
            written = self._table.read(partition, encounter_id.encode())
            if written is not None:
                state = self._held[place] = from_bytes(written)
                self._make_room()
        return state

    def keep(self, partition: int, state: EncounterState) -> None:
        """Note a stay that changed for the next checkpoint."""
        key = state.encounter_id.encode()
        self._held.pop((partition, state.encounter_id), None)
        self._held[partition, state.encounter_id] = state
        self._app.put(self._table, partition, key, state)
        due_at = state.due_at
        if due_at is not None and (state.indexed_at is None or due_at < state.indexed_at):
            self._due.setdefault(partition, DeadlineIndex()).add(key, due_at)
            state.indexed_at = due_at
        self._make_room()

    def partitions_due(self, at: int) -> list[int]:
        """Return the partitions in which a stay may be due."""
        return [partition for partition, index in self._due.items() if index.soonest() <= at]

    def due(self, partition: int, at: int) -> Iterator[bytes]:
        """Yield the keys of stays that are due, and hold them under a later instant for another try."""
        index = self._due[partition]
        for key in list(index.due(at, partial(self._deadline, partition), _MOST_AT_ONCE)):
            index.add(key, at + RETRY_S)
            if (state := self.load(partition, key.decode())) is not None:
                state.indexed_at = at + RETRY_S  # so that a nearer deadline gets an entry of its own
            yield key

    def _deadline(self, partition: int, key: bytes) -> int | None:
        state = self._held.get((partition, key.decode()))
        if state is not None:
            # From here on the index has it under this deadline, or under that of the next try.
            state.indexed_at = state.due_at
            return state.due_at
        written = self._table.read(partition, key)
        return None if written is None else deadline_of(written)

    def _make_room(self) -> None:
        """Let go of a tenth of the stays, those unused longest, when there are too many; never of an unwritten one."""
        if len(self._held) <= self._crowded_at:
            return
        for partition, name in list(islice(self._held, self._most // 10)):
            if not self._app.unwritten(self._table, partition, name.encode()):
                del self._held[partition, name]
        # Where none could go, a tenth more must come before it is worth looking again.
        self._crowded_at = max(self._most, len(self._held) + self._most // 10)
