"""The encounter store: states by partition, those used last cached in memory, and an index of their deadlines."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from streams.engine.app import CheckpointApp
from streams.engine.kept_states import Journaled
from streams.engine.table import CheckpointTable
from streams.lifecycle.account_notice import is_directory
from streams.lifecycle.deadline_index import DeadlineIndex
from streams.lifecycle.live_stays import LiveStay, LiveStays, live_stay
from streams.lifecycle.state import (
    WHOLE,
    EncounterState,
    Journal,
    deadline_of,
    departed_of,
    last_source_of,
    phase_of,
)
from streams.lifecycle.stay_journal import changes, entry_of, goes_on, journal_key, read_stay
from streams.lifecycle.timeouts import Timeouts
from streams.worker.live_count import AT_ONCE, LiveCount
from streams.worker.patient_store import PatientStore
from streams.worker.purge_sweep import PurgeSweep
from streams.worker.restored_stays import LastWords, RestoredStays
from streams.worker.state_memory import memory_of

RETRY_S: Final = 30
"""Seconds until the command for a stay that is still due is sent again: it may have been lost with a worker."""

_MAX_DUE: Final = 1_000
CACHED_BYTES: Final = 64 << 20
"""Of the states cached in memory, about: a few long stays take as much as thousands of short ones."""


class _Kept(Journaled):
    """A stay on its way to the table."""

    __slots__ = ("_journal", "_state")

    def __init__(self, state: EncounterState) -> None:
        self._state = state
        self._journal: Journal | None = None

    def changes(self, key: bytes) -> dict[bytes, bytes | None]:
        """Return what is to be written, all that was not written yet."""
        written, self._journal = changes(self._state, key)
        return written

    def written(self) -> None:
        """Note that this lies in Kafka: what is written next goes on from here."""
        self._state.journal = self._journal


class EncounterStore:
    """
    The states of encounters by partition. Deadlines are epoch seconds.

    ``capacity`` is how many are cached at most, and ``capacity_bytes`` how much memory those may take, about.

    ``retention`` is what lies between the last word of a stay that is final and its deadline.
    """

    def __init__(
        self,
        app: CheckpointApp,
        table: CheckpointTable,
        capacity: int,
        retention: int = Timeouts().retention,
        capacity_bytes: int = CACHED_BYTES,
    ) -> None:
        self._app, self._table, self._capacity, self._retention = app, table, capacity, retention
        self._capacity_bytes = capacity_bytes
        self.live = LiveStays()
        """Those that are not final, for figures."""
        self.last_words = LastWords()
        """When the newest kept event of each source came, as far as the last word of each stay tells; epoch seconds."""
        self.live_count: Final = LiveCount(self._count)
        """What of those is not counted yet after a recovery."""
        self.on_live: Callable[[int, bytes], None] = lambda _partition, _key: None
        """Told partition and key of each live stay after a recovery, when it is counted."""
        self._counted: dict[tuple[int, str], LiveStay | None] = {}
        """How the cached ones are counted among the live."""
        self._restoring: dict[int, RestoredStays] = {}
        self._cache: dict[tuple[int, str], EncounterState] = {}
        self._weights: dict[tuple[int, str], int] = {}
        self._weight = 0
        self._evict_above, self._evict_above_bytes = capacity, capacity_bytes
        self._due: dict[int, DeadlineIndex] = {}
        self.patients: Final = PatientStore(app, table)
        """The directories of patients, in the same table under keys that no encounter has."""
        self._sweep = PurgeSweep(table.items_of)
        table.restored_to = self
        app.when_revoked(self.clear)

    def clear(self) -> None:
        """Drop everything in memory."""
        self.live.clear()
        self.live_count.clear()
        self._restoring.clear()
        self._cache.clear()
        self._counted.clear()
        self._weights.clear()
        self._weight = 0
        self._due.clear()
        self._sweep.clear()

    def begin(self, partition: int) -> None:
        """Begin a partition of whose stays the store has none: all there are will be told to ``take``."""
        self._restoring[partition] = RestoredStays(self.last_words, self._retention)

    def take(self, partition: int, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take in keys and values that the changelog has of a partition."""
        if (restoring := self._restoring.get(partition)) is not None:
            restoring.take(records)

    def restore(self, partitions: set[int]) -> None:
        """Index the deadlines of these partitions anew, from what recovery brought or left there, and count what is live."""
        for partition in partitions:
            stays = self._restoring.pop(partition, None)
            if stays is None:
                stays = RestoredStays(self.last_words, self._retention)
                stays.take(self._table.items_of(partition))
            self._drop_leftovers(partition, stays.entries())
            due = self._due[partition] = DeadlineIndex(stays.deadlines())
            long = stays.long()
            for key in long:
                if (due_at := self._count_long(partition, key)) is not None:
                    due.add(key, due_at)
            live = stays.live()
            if len(live) > AT_ONCE:
                self.live_count.begin(partition, self._table.items_of(partition), long)
                continue
            for key in live:
                if (written := self._table.read(partition, key)) is not None:
                    self._count(partition, key, written)

    def _drop_leftovers(self, partition: int, entries: Iterable[bytes]) -> None:
        """Drop entries of a former snapshot: a crash between the next one and what makes room for it leaves them."""
        for key in entries:
            named, written = entry_of(key), self._table.read(partition, key)
            if named is None or written is None:
                continue
            if not goes_on(self._table.read(partition, named[0]), written):
                self._app.put(self._table, partition, key, None)

    def _count_long(self, partition: int, key: bytes) -> int | None:
        """Count a stay that is kept in parts, and return its deadline."""
        written = self._table.read(partition, key)
        if written is None:
            return None
        if phase_of(written) != "final" or self._has_entries(partition, key, written):
            return self._take_in(partition, key, self._assembled(partition, key, written), written)
        due_at = deadline_of(written)
        if due_at is not None:
            self.last_words.heard(last_source_of(written), due_at - self._retention)
        return due_at

    def _count(self, partition: int, key: bytes, written: bytes) -> None:
        """Count a stay that is kept whole, if it is live."""
        is_stay = entry_of(key) is None and not is_directory(key)
        if is_stay and written[0] <= WHOLE and phase_of(written) not in {"final", "forgotten"}:
            self._take_in(partition, key, self._assembled(partition, key, written), written)

    def _take_in(self, partition: int, key: bytes, state: EncounterState, written: bytes) -> int | None:
        """Count a stay, and return its deadline."""
        if state.phase == "final":
            said_at = None if state.due_at is None else state.due_at - self._retention
        else:
            said_at = state.last_event_at
            if (live := live_stay(state)) is not None:
                self.live.change(None, live)
                self.on_live(partition, key)
        if said_at is not None:
            self.last_words.heard(last_source_of(written), said_at)
        return state.due_at

    def departed_at(self, partition: int, key: bytes) -> int | None:
        """Return when the patient of a stay left, in epoch seconds; None where that is not known."""
        written = self._table.read(partition, key)
        if written is not None and self._has_entries(partition, key, written):
            return self._assembled(partition, key, written).departed_at
        return None if written is None else departed_of(written)

    def _has_entries(self, partition: int, key: bytes, written: bytes) -> bool:
        """Tell whether more than its own value is kept of a stay."""
        return written[0] > WHOLE and self._table.read(partition, journal_key(key, 0)) is not None

    def _assembled(self, partition: int, key: bytes, written: bytes) -> EncounterState:
        """Return a stay from its value and the entries beside it."""
        return read_stay(written, lambda number: self._table.read(partition, journal_key(key, number)))

    @property
    def indexed(self) -> int:
        """How many entries the index of deadlines has."""
        return sum(map(len, list(self._due.values())))

    @property
    def cached(self) -> int:
        """How many states are cached."""
        return len(self._cache)

    @property
    def cached_bytes(self) -> int:
        """How much memory those take, about."""
        return self._weight

    def load(self, partition: int, encounter_id: str) -> EncounterState | None:
        """Return the state of an encounter, or None."""
        place = (partition, encounter_id)
        state = self._cache.get(place)
        if state is None:
            key = encounter_id.encode()
            written = self._table.read(partition, key)
            if written is not None:
                state = self._cache[place] = self._assembled(partition, key, written)
                self._counted[place] = live_stay(state)
                self._weigh(place, state)
                self._evict()
        return state

    def keep(self, partition: int, state: EncounterState) -> None:
        """Put a changed state into the next checkpoint."""
        key, place = state.encounter_id.encode(), (partition, state.encounter_id)
        self._cache.pop(place, None)
        self._cache[place] = state
        self._weigh(place, state)
        self._app.put(self._table, partition, key, _Kept(state))
        live, before = live_stay(state), self._counted.get(place)
        self._counted[place] = live
        if self.live_count.claims(partition, key):
            if before is not None:
                self.on_live(partition, key)
            before = None
        self.live.change(before, live)
        due_at = state.due_at
        if due_at is not None and (state.indexed_at is None or due_at < state.indexed_at):
            self._due.setdefault(partition, DeadlineIndex()).add(key, due_at)
            state.indexed_at = due_at
        self._evict()

    def purge(self, partition: int, state: EncounterState) -> None:
        """Have nothing left of a forgotten stay from the next checkpoint on."""
        place, key = (partition, state.encounter_id), state.encounter_id.encode()
        if self._cache.pop(place, None) is not None:
            self._weight -= self._weights.pop(place)
            del self._counted[place]
        self._app.put(self._table, partition, key, None)

    def expired(self, at: int, before: int) -> Iterator[tuple[int, bytes]]:
        """Yield partition and key of forgotten stays without a word since ``before``, a few at a time, once a day."""
        return self._sweep.expired(self._due, at, before)

    def partitions_due(self, at: int) -> list[int]:
        """Return the partitions in which a stay may be due."""
        return [partition for partition, index in self._due.items() if index.has_due(at)]

    def due(self, partition: int, at: int) -> Iterator[bytes]:
        """Yield the keys of stays that are due, and index them under a later instant for another try."""
        index = self._due[partition]
        for key in list(index.due(at, partial(self._deadline, partition), _MAX_DUE)):
            index.add(key, at + RETRY_S)
            if (state := self.load(partition, key.decode())) is not None:
                state.indexed_at = at + RETRY_S  # so that a nearer deadline gets an entry of its own
            yield key

    def _deadline(self, partition: int, key: bytes) -> int | None:
        state = self._cache.get((partition, key.decode()))
        if state is not None:
            # From here on the index has the stay under this deadline, or under that of the next try.
            state.indexed_at = state.due_at
            return state.due_at
        written = self._table.read(partition, key)
        if written is not None and self._has_entries(partition, key, written):
            return self._assembled(partition, key, written).due_at
        return None if written is None else deadline_of(written)

    def _weigh(self, place: tuple[int, str], state: EncounterState) -> None:
        weight = memory_of(state)
        self._weight += weight - self._weights.get(place, 0)
        self._weights[place] = weight

    def _evict(self) -> None:
        """Drop a tenth of the cache, those unused longest, when it is too large; never a state that is not written yet."""
        if len(self._cache) <= self._evict_above and self._weight <= self._evict_above_bytes:
            return
        most, most_bytes = self._capacity * 9 // 10, self._capacity_bytes * 9 // 10
        for partition, name in list(self._cache):
            if len(self._cache) <= most and self._weight <= most_bytes:
                break
            if not self._app.unwritten(self._table, partition, name.encode()):
                del self._cache[partition, name], self._counted[partition, name]
                self._weight -= self._weights.pop((partition, name))
        # When none could be dropped, the cache grows by a tenth before the next attempt.
        self._evict_above = max(self._capacity, len(self._cache) + self._capacity // 10)
        self._evict_above_bytes = max(self._capacity_bytes, self._weight + self._capacity_bytes // 10)
