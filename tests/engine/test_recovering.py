"""What goes wrong between a rebalance and the first record stops the worker; stock Faust logs it, or idles for ever."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from engine_bench import CHANGELOG, KINDS, OURS, Bench, Log, Record, turns
from faust.tables.recovery import RebalanceAgain, ServiceStopped
from faust.types import TP

from streams.engine.stop_reasons import StoreError

SOURCE = TP("in", 0)


def _full(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_store_that_cannot_be_written_in_recovery_stops_the_worker(kind: str) -> None:
    """Stock logs a warning for each record, and goes on beside a table that lacks them."""
    bench = Bench(kind, Log({CHANGELOG: []}))
    recovery = bench.app.tables.recovery
    recovery.add_active(bench.table, CHANGELOG)
    recovery.active_offsets[CHANGELOG] = -1
    asked = asyncio.Event()

    def full(*_: Any, **__: Any) -> None:
        asked.set()
        _full()

    bench.table.data.apply_changelog_batch = full
    bench.resume()
    if kind == OURS:
        await recovery._seek_offsets(bench.consumer, {CHANGELOG}, recovery.active_offsets, "active")  # noqa: SLF001 -- Faust's step before reading
        await recovery.restore(CHANGELOG, [Record(*CHANGELOG, 0)])
        assert [type(error) for error in bench.errors] == [StoreError]
        return
    bench.table.recovery_buffer_size = 1
    message = bench.consumer._to_message(CHANGELOG, Record(*CHANGELOG, 0))  # noqa: SLF001 -- what its consumer does
    bench.app.tables.changelog_queue.put_nowait(bench.app.create_event(b"k", b"v", {}, message))
    reading = asyncio.ensure_future(recovery._slurp_changelogs.fun(recovery))  # noqa: SLF001 -- what the service runs
    await asked.wait()
    await turns()
    assert not reading.done()
    assert not bench.app.crashed
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading


async def test_changelog_records_that_lie_beyond_a_hole_of_our_making_are_fetched_again() -> None:
    """A fetch from before the seek must not be taken for the next one: what lies between would be missing."""
    bench = Bench(OURS, Log({CHANGELOG: list(range(10))}))
    recovery = bench.app.tables.recovery
    recovery.add_active(bench.table, CHANGELOG)
    recovery.active_offsets[CHANGELOG] = -1
    await recovery._seek_offsets(bench.consumer, {CHANGELOG}, recovery.active_offsets, "active")  # noqa: SLF001 -- Faust's step before reading
    await recovery.restore(CHANGELOG, [Record(*CHANGELOG, 6, key=b"6")])
    assert bench.table.read(0, b"6") is None
    assert bench.log.positions[CHANGELOG] == 0
    for offset in range(10):
        await recovery.restore(CHANGELOG, [Record(*CHANGELOG, offset, key=b"%d" % offset)])
    assert [bench.table.read(0, b"%d" % offset) for offset in range(10)] == [b"v"] * 10


@pytest.mark.parametrize("kind", KINDS)
async def test_a_broker_that_does_not_answer_recovery_stops_the_worker(kind: str) -> None:
    """Stock takes the silence for an order to stop: recovery ends, and the worker beats its heart and reads nothing."""
    bench = Bench(kind, Log({SOURCE: []}))
    with pytest.raises(ServiceStopped):
        await bench.app.tables.recovery._wait(asyncio.Event().wait(), timeout=0.01)  # noqa: SLF001 -- every question of recovery goes through it
    assert [str(error) for error in bench.errors] == (
        ["the broker did not answer within 0.01 s in recovery"] if kind == OURS else []
    )


async def test_another_rebalance_in_the_middle_of_recovery_is_no_error() -> None:
    """Recovery begins anew, as Faust's does."""
    bench = Bench(OURS, Log({SOURCE: []}))
    recovery = bench.app.tables.recovery
    recovery.signal_recovery_start.set()
    with pytest.raises(RebalanceAgain):
        await recovery._wait(asyncio.Event().wait(), timeout=60)  # noqa: SLF001 -- as above
    assert not bench.errors


async def test_streams_stay_shut_when_another_rebalance_began_during_the_seek() -> None:
    """The partitions that were sought may be another worker's by then."""
    bench = Bench(OURS, Log({SOURCE: list(range(10)), CHANGELOG: []}))
    bench.consumer.pause_partitions({SOURCE})
    told: list[set[int]] = []
    bench.app.when_recovered(told.append)

    async def dealt_anew() -> None:
        bench.app.consumer_generation_id = 2

    bench.log.during_seek = dealt_anew
    bench.deal()
    await bench.app.tables.recovery.on_recovery_completed(1)
    assert SOURCE not in bench.consumer._get_active_partitions()  # noqa: SLF001 -- what would be fetched
    assert not told
    assert not bench.app.tables.recovery.completed.is_set()


async def test_timers_find_a_table_complete_before_records_flow() -> None:
    """Whoever asked is told the partitions in between, when the table is whole and nothing was handed out."""
    bench = Bench(OURS, Log({SOURCE: list(range(10)), CHANGELOG: []}))
    bench.consumer.pause_partitions({SOURCE})
    bench.app._fetcher.maybe_start = turns  # noqa: SLF001 -- the bench fetches
    flowing: list[bool] = []
    bench.app.when_recovered(
        lambda partitions: flowing.append(partitions != {0} or bench.consumer.progress[SOURCE].next != 0)
    )
    bench.deal()
    await bench.app.tables.recovery.on_recovery_completed(1)
    assert flowing == [False]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_record_of_a_former_generation_does_not_enter_a_queue(kind: str) -> None:
    """It stood at the door when the partitions were dealt anew and the queues were emptied."""
    bench = Bench(kind, Log({SOURCE: []}))
    message = bench.consumer._to_message(SOURCE, Record(*SOURCE, 0))  # noqa: SLF001 -- what the consumer does
    event = bench.app.create_event(b"k", b"v", {}, message)
    bench.app.flow_control.suspend()
    entering = asyncio.ensure_future(bench.queue.put(event))
    await turns()
    bench.app.consumer_generation_id = 2
    bench.resume()
    await entering
    assert bench.queue.empty() == (kind == OURS)


async def test_partitions_that_come_without_their_tables_are_not_read() -> None:
    """Faust's assignor deals the two apart when members subscribe to different topics: states would be made from nothing."""
    bench = Bench(OURS, Log({SOURCE: [0, 1, 2], CHANGELOG: []}))
    recovery = bench.app.tables.recovery
    bench.app.consumer_generation_id = 1
    recovery.active_tps.clear()
    await recovery._begin(1)  # noqa: SLF001 -- what follows on recovery
    assert not bench.consumer.progress
    recovery.add_active(bench.table, CHANGELOG)
    assert not recovery._apart()  # noqa: SLF001 -- as above


async def test_a_worker_without_all_its_tables_does_not_join(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to stop while it starts, it would have the others' changelogs dealt apart from their topics."""
    bench = Bench(OURS, Log({SOURCE: [], CHANGELOG: []}))
    asked: list[set[str]] = []

    async def subscribed(topics: set[str]) -> None:
        asked.append(topics)

    monkeypatch.setattr(bench.log, "subscribe", subscribed, raising=False)
    await bench.consumer.subscribe([SOURCE.topic])
    assert asked == []
    await bench.consumer.subscribe([SOURCE.topic, CHANGELOG.topic])
    assert asked == [{SOURCE.topic, CHANGELOG.topic}]
