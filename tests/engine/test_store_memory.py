"""The stores of a process share one cache and one set of write buffers, however many partitions it has."""

from os import urandom
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import rocksdict
from faust.stores.rocksdb import RocksDBOptions

from streams.engine.app import CheckpointApp
from streams.engine.store_memory import StoreMemory


def test_what_many_stores_read_takes_no_more_than_one_cache(tmp_path: Path) -> None:
    """Eight stores of four megabytes each, all of it read."""
    memory = StoreMemory(cache_bytes=2 << 20, buffer_bytes=1 << 20)
    options = memory.shared_by(RocksDBOptions(write_buffer_size=256 << 10, use_rocksdict=True))
    stores: list[Any] = [options.open(tmp_path / f"{number}.db") for number in range(8)]
    for store in stores:
        for number in range(1_000):
            store.put(b"%d" % number, b"%04d" % number * 1_000)
        store.flush()
        for number in range(1_000):
            assert store.get(b"%d" % number) == b"%04d" % number * 1_000
    assert 0 < memory.cache.get_usage() <= 3 << 20
    assert memory.buffers.get_usage() <= 3 << 20


def test_every_table_of_an_application_takes_its_memory_from_one_place(tmp_path: Path) -> None:
    """Also one that was written before, by a release whose stores had caches of their own."""
    before: Any = RocksDBOptions(use_rocksdict=True, block_cache_size=1 << 20).open(tmp_path / "old.db")
    before.put(b"k", b"v")
    before.flush()
    before.close()
    app = CheckpointApp("bench", store="rocksdb://", datadir=str(tmp_path), topic_allow_declare=False)
    tables: list[Any] = [
        app.Table(name, key_type=bytes, value_type=bytes, options={"write_buffer_size": 1 << 20})
        for name in ("one", "two")
    ]
    options = [table.data.rocksdb_options for table in tables]
    assert {one._memory for one in options} == {app.store_memory}  # noqa: SLF001 - nothing else tells
    assert {one.write_buffer_size for one in options} == {1 << 20}
    assert isinstance(app.store_memory.cache, rocksdict.Cache)
    after: Any = options[0].open(tmp_path / "old.db")
    assert after.get(b"k") == b"v"


def test_a_store_keeps_few_files_open_however_much_was_flushed(tmp_path: Path) -> None:
    """One of the oldest level, and one that waits to be merged with the next."""
    options = StoreMemory().shared_by(RocksDBOptions(write_buffer_size=1 << 20, use_rocksdict=True))
    store: Any = options.open(tmp_path / "many.db")
    for _ in range(12):
        for _ in range(300):
            store.put(urandom(8), urandom(3_000))
        store.flush()
    until = monotonic() + 30
    while (files := len(store.live_files())) > 2 and monotonic() < until:
        sleep(0.05)  # merging goes on beside
    assert files <= 2
