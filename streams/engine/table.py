"""
A Faust table whose keys are written once a checkpoint, after the changelog has them.

Stock tables send a changelog record for every assignment and tell the local store before Kafka knows; a store on
disk can then be ahead of its changelog for good.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import faust
from faust.stores import memory, rocksdb
from faust.types import TP

from streams.engine.log_faults import changelog_cut
from streams.engine.records import Record
from streams.engine.stop_reasons import StoreError


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


class CheckpointTable(faust.Table[bytes, bytes]):
    """Bytes by key, kept apart by partition; a key belongs to the partition its messages come from."""

    # Faust works a hash out of the table's name, in Python, each time it is asked; every state is put by table.
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    app: Any
    """A ``CheckpointApp``, which makes these tables and so cannot be named here."""

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
        """Yield every key and value of a partition."""
        store = self.data
        if isinstance(store, rocksdb.Store):
            try:
                yield from store._visible_items(store._db_for_partition(partition))  # noqa: SLF001 - as above
            except Exception as error:
                raise self._unusable(store, error) from error
            return
        assert isinstance(store, memory.Store)  # noqa: S101 - as above
        for key, value in list(store.data.items()):
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
        self._learn(tp, ((offset, record.key, record.value) for offset, record in enumerate(records, first)))

    def restore(self, tp: TP, records: Iterable[Any]) -> None:
        """Bring the local store up to changelog records that recovery fetched; a fault stops the worker."""
        try:
            self._learn(tp, ((record.offset, record.key, record.value) for record in records))
        except Exception as error:  # noqa: BLE001 - a store half restored must not be used, whatever the reason
            self.app.fatal(error)

    def _learn(self, tp: TP, records: Iterable[tuple[int, bytes | None, bytes | None]]) -> None:
        written: Any = [
            _Written(key, value, _Message(tp, offset, tp.partition, key, value))
            for offset, key, value in records
            if key is not None
        ]
        try:
            self.data.apply_changelog_batch(written, to_key=_same, to_value=_same)
        except Exception as error:
            path = getattr(self.data, "path", None)  # in memory there is none
            raise StoreError(self.name, path and Path(path), error if path else None) from error


def _same(value: Any) -> Any:
    return value
