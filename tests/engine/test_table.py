"""A table keeps the partitions apart, wherever it keeps them."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine_bench import CHANGELOG, OURS, Bench, Log
from engine_bench import Record as Fetched

from streams.engine.app import CheckpointApp
from streams.engine.records import Record


async def test_a_key_of_one_partition_is_not_found_in_another() -> None:
    """A worker in memory holds all partitions in one: a stay of one would be taken for another's, and coded twice."""
    table = Bench(OURS, Log({CHANGELOG: []})).table
    table.remember(0, [Record(b"k", b"v")], 0)
    assert table.read(0, b"k") == b"v"
    assert table.read(1, b"k") is None
    assert dict(table.items_of(0)) == {b"k": b"v"}
    assert dict(table.items_of(1)) == {}
    table.remember(0, [Record(b"k", None)], 1)
    assert table.read(0, b"k") is None


class Told:
    """Who is told of what is restored."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.taken: list[tuple[bytes, bytes | None]] = []

    def begin(self, partition: int) -> None:
        """Note the partition."""
        self.begun.append(partition)

    def take(self, partition: int, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Note what came."""
        assert partition == 0
        self.taken += records


def on_disk(folder: Path) -> Any:
    """Return a table in a folder."""
    folder.mkdir(exist_ok=True)
    app = CheckpointApp("bench", store="rocksdb://", datadir=str(folder), topic_allow_declare=False)
    table: Any = app.Table("kept", key_type=bytes, value_type=bytes, options={"write_buffer_size": 1 << 20})
    table.data.path.mkdir(parents=True, exist_ok=True)
    return table


def fetched(*numbers: int) -> list[Any]:
    """Return changelog records of these offsets, each under a key of its own."""
    return [Fetched(*CHANGELOG, number, key=b"%d" % number) for number in numbers]


def test_a_crash_leaves_no_hole_between_what_was_restored_and_what_was_written_after(tmp_path: Path) -> None:
    """What is restored goes past RocksDB's log: without a flush the log would lie upon a store that lacks it."""
    table = on_disk(tmp_path / "now")
    table.begin_restoring(CHANGELOG)
    table.restore(CHANGELOG, fetched(*range(100)))
    shutil.copytree(tmp_path / "now", tmp_path / "restoring")  # what a crash leaves: the files, as they are
    table.remember(0, [Record(b"new", b"v")], 100)
    shutil.copytree(tmp_path / "now", tmp_path / "writing")
    assert table.persisted_offset(CHANGELOG) == 100
    half = on_disk(tmp_path / "restoring")
    assert (half.persisted_offset(CHANGELOG), dict(half.items_of(0))) == (None, {})
    whole = on_disk(tmp_path / "writing")
    assert (whole.persisted_offset(CHANGELOG), len(dict(whole.items_of(0)))) == (100, 101)


def test_the_end_of_recovery_has_what_was_restored_in_files(tmp_path: Path) -> None:
    """Also without a write after it."""
    table = on_disk(tmp_path / "now")
    table.restore(CHANGELOG, fetched(*range(10)))
    table.end_restoring()
    shutil.copytree(tmp_path / "now", tmp_path / "then")
    kept = on_disk(tmp_path / "then")
    assert (kept.persisted_offset(CHANGELOG), len(dict(kept.items_of(0)))) == (9, 10)


def merged_at(folder: Path) -> str:
    """Return at how many files the only store of a folder merges them, as RocksDB notes it."""
    newest = max(folder.rglob("OPTIONS-*"), key=lambda path: path.name)
    (line,) = (
        one
        for one in newest.read_text(encoding="utf-8").splitlines()
        if "level0_file_num_compaction_trigger" in one
    )
    return line.partition("=")[2]


def test_a_store_merges_seldom_while_it_is_restored(tmp_path: Path) -> None:
    """Each time it goes through all that came before; what is read, and open for months, is to lie in few files."""
    table = on_disk(tmp_path)
    table.restore(CHANGELOG, fetched(*range(10)))
    assert merged_at(tmp_path) == "12"
    table.end_restoring()
    assert merged_at(tmp_path) == "2"
    table.restore(CHANGELOG, fetched(*range(10, 20)))
    table.remember(0, [Record(b"new", b"v")], 20)
    assert merged_at(tmp_path) == "2"


def test_whoever_asks_is_told_what_is_restored_into_an_empty_store(tmp_path: Path) -> None:
    """In the order of the changelog; into one that was kept he is told what came since, and that he knows not all."""
    table = on_disk(tmp_path / "now")
    table.restored_to = told = Told()
    table.begin_restoring(CHANGELOG)
    table.restore(CHANGELOG, fetched(0, 1))
    assert (told.begun, told.taken) == ([0], [(b"0", b"v"), (b"1", b"v")])
    table.begin_restoring(CHANGELOG)
    assert told.begun == [0]
