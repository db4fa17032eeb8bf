"""
A Faust table whose keys are written once a checkpoint, after the changelog has them.

Stock tables send a changelog record for every assignment and tell the local store before Kafka knows; a store on
disk can then be ahead of its changelog for good.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import faust
import rocksdict
from faust.stores import memory, rocksdb
from faust.types import TP

from streams.engine.log_faults import changelog_cut
from streams.engine.records import Record
from streams.engine.stop_reasons import StoreError, UnreadableStateError
from streams.engine.store_memory import MERGED_AT, RESTORED_MERGED_AT, merge_at


class _Message(NamedTuple):
    tp: TP
    offset: int
    partition: int
    key: bytes
    value: bytes | None


class _Written(NamedTuple):
    """A changelog record as recovery would read it back, which is how the local store learns of every write."""

    key: bytes
    value: bytes | None
    message: _Message


class RestoredTo(Protocol):
    """Who is told of changelog records while they are restored, and so need not read the store."""

    def begin(self, partition: int) -> None:
        """Begin a partition whose store is empty: all that its changelog has follows."""

    def take(self, partition: int, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take keys and values, in their order; those of partitions that were not begun as well."""


def _past_wal() -> Any:
    options: Any = rocksdict.WriteOptions()
    options.disable_wal = True
    return options


_PAST_WAL: Final = _past_wal()
"""What is restored lies in Kafka: RocksDB's own log would write it twice."""


class CheckpointTable(faust.Table[bytes, bytes]):
    """Bytes by key, kept apart by partition; a key belongs to the partition its messages come from."""

    # Faust works a hash out of the table's name, in Python, each time it is asked; every state is put by table.
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    app: Any
    """A ``CheckpointApp``, which makes these tables and so cannot be named here."""

    restored_to: RestoredTo | None = None
    """Told of what is restored, where somebody wants to be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unflushed: set[int] = set()
        """Partitions restored past RocksDB's log, and not in its files for certain yet."""

    def read(self, partition: int, key: bytes) -> bytes | None:
        """Return what the last checkpoint left under a key of this partition, or None."""
        store = self.data
        if isinstance(store, rocksdb.Store):
            try:
                value: bytes | None = store._db_for_partition(partition).get(key)  # noqa: SLF001 - the store has no such reader
            except Exception as error:
                raise self._unusable(store, error) from error
            return value
        assert isinstance(store, memory.Store)  # noqa: S101 - the app refuses any other at its start
        if store._key_partition.get(key) != partition:  # noqa: SLF001 - as above
            return None  # it holds all partitions in one: this key is of another
        stored: bytes | None = store.data.get(key)
        return stored

    def items_of(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield every key and value of a partition, in the order of the keys."""
        store = self.data
        if isinstance(store, rocksdb.Store):
            try:
                yield from store._visible_items(store._db_for_partition(partition))  # noqa: SLF001 - as above
            except Exception as error:
                raise self._unusable(store, error) from error
            return
        assert isinstance(store, memory.Store)  # noqa: S101 - as above
        for key, value in sorted(store.data.items()):
            if store._key_partition.get(key) == partition:  # noqa: SLF001 - as above
                yield key, value

    def _new_store_by_url(self, url: Any) -> Any:
        """Return the store; on disk it shares its memory, and one that cannot be opened stops the worker and says which it is."""
        store = super()._new_store_by_url(url)
        if isinstance(store, rocksdb.Store):
            store.rocksdb_options = self.app.store_memory.shared_by(store.rocksdb_options)
            opened = store.rocksdb_options.open

            def open_or_stop(path: Any, **options: Any) -> Any:
                try:
                    return opened(path, **options)
                except Exception as error:
                    if "lock" not in str(error):  # Faust tries again what a former owner has not let go yet
                        self.app.fatal(self._unusable(store, error))
                    raise

            store.rocksdb_options.open = open_or_stop  # type: ignore[method-assign] # an object of this one table
        return store

    def _unusable(self, store: Any, error: BaseException) -> StoreError:
        return StoreError(self.name, Path(store.path), error)

    def remember(self, partition: int, records: Sequence[Record], first: int) -> None:
        """
        Bring the local store up to what now lies in the changelog from offset ``first`` on.

        Raises:
            StoreError: the store cannot be written.
            LogTruncatedError: they lie where others lay that are there no more.
        """
        tp = TP(self.changelog_topic_name, partition)
        if 0 <= first < (known := self.app.changelog_ends.get(tp, 0)):
            raise changelog_cut(*tp, known, first)
        self.app.changelog_ends[tp] = first + len(records)
        self._flush(partition)
        self._learn(tp, ((offset, record.key, record.value) for offset, record in enumerate(records, first)))

    def open_store(self, partition: int) -> None:
        """Open the store of a partition, in any thread; one that a former owner has not let go is left to Faust's tries."""
        store = self.data
        if isinstance(store, rocksdb.Store):
            with suppress(Exception):  # what is wrong with it stops the worker where it is opened
                store._db_for_partition(partition)  # noqa: SLF001 - the store opens one at a time

    def begin_restoring(self, tp: TP) -> None:
        """Get ready for what the changelog has of a partition behind what the store has."""
        on_disk = isinstance(self.data, rocksdb.Store)
        if on_disk and self.restored_to is not None and self.persisted_offset(tp) is None:
            self.restored_to.begin(tp.partition)

    def restore(self, tp: TP, records: Sequence[Any]) -> None:
        """Bring the local store up to changelog records that recovery fetched; a fault stops the worker."""
        try:
            if tp.partition not in self._unflushed:
                self._merge_seldom(tp.partition)
                self._unflushed.add(tp.partition)
            self._learn(tp, ((record.offset, record.key, record.value) for record in records), _PAST_WAL)
            if self.restored_to is not None:
                self.restored_to.take(
                    tp.partition, [(record.key, record.value) for record in records if record.key is not None]
                )
        except StoreError as error:
            self.app.fatal(error)
        except Exception as error:  # noqa: BLE001 - a store half restored must not be used, whatever the reason
            self.app.fatal(UnreadableStateError({tp.partition}, error))

    def _merge_seldom(self, partition: int) -> None:
        """Leave what is restored of a partition in many files, until it is flushed."""
        store = self.data
        if isinstance(store, rocksdb.Store):
            try:
                merge_at(store._db_for_partition(partition), RESTORED_MERGED_AT)  # noqa: SLF001 - as above
            except Exception as error:
                raise self._unusable(store, error) from error

    def end_restoring(self) -> None:
        """Have all that was restored in files; a fault stops the worker."""
        try:
            for partition in list(self._unflushed):
                self._flush(partition)
        except StoreError as error:
            self.app.fatal(error)
            raise

    def _flush(self, partition: int) -> None:
        """
        Have what was restored of a partition in files before anything is written through RocksDB's log.

        Read back after a crash, the log would otherwise be put upon a store that lacks what was restored before it.
        """
        if partition not in self._unflushed:
            return
        store = self.data
        if isinstance(store, rocksdb.Store) and (opened := store._dbs.get(partition)) is not None:  # noqa: SLF001 - as above
            try:
                opened.flush(wait=True)
                merge_at(opened, MERGED_AT)
            except Exception as error:
                raise self._unusable(store, error) from error
        self._unflushed.discard(partition)

    def _learn(
        self, tp: TP, records: Iterable[tuple[int, bytes | None, bytes | None]], options: Any = None
    ) -> None:
        store: Any = self.data
        try:
            if isinstance(store, rocksdb.Store):
                _write(store, tp.partition, records, options)
            else:
                store.apply_changelog_batch(_events(tp, records), to_key=_same, to_value=_same)
        except Exception as error:
            path = getattr(store, "path", None)  # in memory there is none
            raise StoreError(self.name, path and Path(path), error if path else None) from error


def _write(
    store: Any, partition: int, records: Iterable[tuple[int, bytes | None, bytes | None]], options: Any
) -> None:
    """Write records and the offset of the last one at once: what the store has is what it says that it has."""
    batch: Any = rocksdict.WriteBatch(raw_mode=True)
    put, last = batch.put, None
    for offset, key, value in records:
        last = offset
        if key is None:
            continue
        if value is None:
            batch.delete(key)
        else:
            put(key, value)
    if last is not None:
        put(store.offset_key, b"%d" % last)
        store._db_for_partition(partition).write(batch, options)  # noqa: SLF001 - the store writes them one by one


def _events(tp: TP, records: Iterable[tuple[int, bytes | None, bytes | None]]) -> Any:
    return [
        _Written(key, value, _Message(tp, offset, tp.partition, key, value))
        for offset, key, value in records
        if key is not None
    ]


def _same(value: Any) -> Any:
    return value
