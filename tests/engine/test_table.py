"""A table keeps the partitions apart, wherever it keeps them."""

from engine_bench import CHANGELOG, OURS, Bench, Log

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
