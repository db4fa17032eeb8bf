"""
The memory of all stores on disk of one process: one cache and one set of write buffers, however many partitions.

Faust gives each table and partition a cache of its own, and does not count what its indexes and filters take: a worker
that is dealt more partitions takes more memory, without a bound.

Its files are open all the while, so there are to be few: one of the oldest level for each quarter of a gigabyte, and
one or two that wait to be merged. Index and filter of such a file would take megabytes of the cache for each key that is
asked for; so they lie in blocks of their own.
"""

from typing import Any, Final

import rocksdict
from faust.stores.rocksdb import RocksDBOptions

CACHE_BYTES: Final = 16 << 20
"""
Of blocks read, with their indexes and filters; what does not fit comes from the system's own cache of files.

Blocks of files that were merged away stay in it until room is needed, so it is full in time however little is read.
"""

_BLOCK_BYTES: Final = 4 << 10
"""Of a block, about."""

BUFFER_BYTES: Final = 32 << 20
"""Of what was written and is not in files yet."""

FILE_BYTES: Final = 256 << 20
"""Of one file, at the most; what was flushed lies in smaller ones until it is merged."""

_BUFFERS_EACH: Final = 2
MERGED_AT: Final = 2
"""Files of what was flushed: with so many they are merged into the next level."""

RESTORED_MERGED_AT: Final = 12
"""The same while a store is restored: each merging goes through all that came before, and nobody reads it yet."""

_BLOOM_BITS: Final = 10
_KEPT_LOGS: Final = 3


def merge_at(store: Any, files: int) -> None:
    """Have what is flushed of an open store merged as soon as it lies in so many files."""
    store.set_options({"level0_file_num_compaction_trigger": str(files)})


class StoreMemory:
    """What the stores of one process share."""

    def __init__(self, cache_bytes: int = CACHE_BYTES, buffer_bytes: int = BUFFER_BYTES) -> None:
        # All in one part: an index of former releases, in one block, may be larger than a part of the other kind of cache.
        self.cache: Any = rocksdict.Cache.new_hyper_clock_cache(cache_bytes, _BLOCK_BYTES)
        self.buffers: Any = rocksdict.WriteBufferManager(buffer_bytes, allow_stall=False)

    def shared_by(self, options: RocksDBOptions) -> RocksDBOptions:
        """Return options as these, for a store that takes its memory from here."""
        return _SharingOptions(self, options)


class _SharingOptions(RocksDBOptions):
    def __init__(self, memory: StoreMemory, own: RocksDBOptions) -> None:
        super().__init__(
            max_open_files=own.max_open_files, write_buffer_size=own.write_buffer_size, use_rocksdict=True
        )
        self._memory = memory

    def as_options(self) -> Any:
        """Return RocksDB's options."""
        options: Any = super().as_options()
        tables = rocksdict.BlockBasedOptions()
        tables.set_block_cache(self._memory.cache)
        tables.set_cache_index_and_filter_blocks(True)
        tables.set_bloom_filter(_BLOOM_BITS, block_based=False)
        tables.set_index_type(rocksdict.BlockBasedIndexType.two_level_index_search())
        tables.set_partition_filters(True)
        options.set_block_based_table_factory(tables)
        options.set_target_file_size_base(FILE_BYTES)
        options.set_level_zero_file_num_compaction_trigger(MERGED_AT)
        options.set_write_buffer_manager(self._memory.buffers)
        options.set_max_write_buffer_number(_BUFFERS_EACH)
        options.set_keep_log_file_num(_KEPT_LOGS)
        return options
