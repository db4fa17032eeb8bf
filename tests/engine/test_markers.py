"""What a partition ends with may be a marker of a transaction, which no consumer hands out: positions count."""

import asyncio
from typing import Any

import pytest
from engine_bench import CHANGELOG, OURS, Bench, Log, Record
from faust.types import TP

from streams.engine.app import CheckpointApp
from streams.engine.progress import Progress
from streams.fetching.stretch import Stretch

SOURCE = TP("in", 0)


def stretch(tp: TP, start: int, end: int, *offsets: int) -> Stretch:
    """Return records at these offsets, with nothing else from ``start`` up to ``end``."""
    return Stretch([Record(*tp, offset, key=b"%d" % offset) for offset in offsets], start, end)


async def fetched(bench: Bench, *stretches: Stretch, tp: TP = SOURCE) -> None:
    """Hand over what the thread fetched."""
    for one in stretches:
        await bench.consumer._deliver(tp, one)  # noqa: SLF001 -- what follows on a fetch


async def test_a_partition_that_ends_with_markers_is_read_to_its_end() -> None:
    """Nothing is handed out, the position moves on, and it is committed."""
    bench = Bench(OURS, Log({SOURCE: []}))
    bench.resume()
    await bench.consumer.perform_seek()
    await fetched(bench, stretch(SOURCE, 0, 3))
    assert bench.consumer.progress[SOURCE].next == 3
    assert await bench.consumer.commit()
    assert bench.log.committed == {SOURCE: 3}
    assert bench.queue.empty()


async def test_a_marker_after_records_is_behind_them() -> None:
    """The position is past it once the records are done, and no sooner; nothing is fetched twice for it."""
    bench = Bench(OURS, Log({SOURCE: []}))
    bench.resume()
    await bench.consumer.perform_seek()
    await fetched(bench, stretch(SOURCE, 0, 4, 0, 1, 2), stretch(SOURCE, 4, 7, 4, 5), stretch(SOURCE, 7, 9))
    assert not await bench.consumer.commit()
    first, second = await bench.read(5)
    bench.done(second)
    assert not await bench.consumer.commit()
    bench.done(first)
    assert await bench.consumer.commit()
    assert bench.log.committed == {SOURCE: 9}


async def test_a_stretch_from_before_a_seek_does_not_hide_what_lies_between() -> None:
    """It was fetched further on, and the seek went back: it is fetched again from where the worker is."""
    bench = Bench(OURS, Log({SOURCE: []}))
    bench.resume()
    await bench.consumer.perform_seek()
    await fetched(bench, stretch(SOURCE, 5, 9))
    assert bench.consumer.progress[SOURCE].next == 0
    assert bench.log.positions[SOURCE] == 0


async def test_a_changelog_that_ends_with_markers_is_recovered() -> None:
    """Recovery waited for a record at the end that never comes."""
    bench = Bench(OURS, Log({CHANGELOG: []}))
    recovery = bench.app.tables.recovery
    recovery.add_active(bench.table, CHANGELOG)
    recovery.active_offsets[CHANGELOG] = -1
    recovery.active_highwaters[CHANGELOG] = 8
    await recovery._seek_offsets(bench.consumer, {CHANGELOG}, recovery.active_offsets, "active")  # noqa: SLF001 -- Faust's step before reading
    recovery._set_recovery_started()  # noqa: SLF001 -- as above
    await fetched(bench, stretch(CHANGELOG, 0, 3, 0, 1), tp=CHANGELOG)
    assert recovery.need_recovery()
    await fetched(bench, stretch(CHANGELOG, 3, 9), tp=CHANGELOG)
    assert not recovery.need_recovery()
    assert recovery.signal_recovery_end.is_set()
    assert bench.table.read(0, b"1") == b"v"


def test_a_stretch_passed_over_waits_for_what_was_handed_out_before_it() -> None:
    """Otherwise a crash would skip what an agent still has."""
    progress = Progress(0)

    class One:
        first, next, finished, timestamp = 0, 2, False, 0

    one: Any = One()
    progress.hand_out(one)
    progress.pass_over(5)
    progress.pass_over(3)
    assert (progress.next, progress.position()) == (5, None)
    one.finished = True
    assert progress.position() == 5
    progress.note_committed(5)
    assert progress.oldest_uncommitted() == (5, None)


@pytest.mark.parametrize("client_only", [False, True])
async def test_the_workers_consumer_reads_committed_records(*, client_only: bool) -> None:
    """Faust asks for that only where it writes in transactions itself."""
    app = CheckpointApp("bench", broker="kafka://127.0.0.1:9", store="memory://", broker_session_timeout=6.0)
    app.client_only = client_only
    thread: Any = app.consumer._thread  # type: ignore[attr-defined] # noqa: SLF001 -- where the driver's consumer is made
    thread.thread_loop.close()
    consumer = thread._create_consumer(asyncio.get_running_loop())  # noqa: SLF001 -- as above
    assert consumer._isolation_level == "read_committed"  # noqa: SLF001 -- what is asked of brokers
    await consumer.stop()
