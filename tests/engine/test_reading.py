"""What is read is handed out once, in order, and nothing of it is passed over; what stock Faust does with the same log."""

import asyncio

import faust
import pytest
from engine_bench import CHANGELOG, KINDS, OURS, Bench, Log, turns
from faust.types import TP

from streams.engine.positions import Position, positions_of, spans

SOURCE = TP("in", 0)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_fetched_between_recovery_and_the_seek_is_not_lost(kind: str) -> None:
    """Stock resumes, then seeks: what came meanwhile is thrown away, and counted as done."""
    bench = Bench(kind, Log({SOURCE: list(range(100)), CHANGELOG: []}, at_a_time=20))
    bench.log.committed[SOURCE] = bench.log.positions[SOURCE] = 5
    bench.consumer.pause_partitions({SOURCE})
    bench.resume()  # the changelog was being read a moment ago

    async def a_fetch_is_queued_and_another_on_its_way() -> None:
        for _ in range(200):
            if bench.queue.qsize():
                bench.log.answering.clear()
            await asyncio.sleep(0)

    bench.log.during_seek = a_fetch_is_queued_and_another_on_its_way
    bench.app._fetcher.maybe_start = turns  # noqa: SLF001 -- the bench fetches
    async with bench.draining():
        bench.deal()
        await bench.app.tables.recovery.on_recovery_completed(1)
        seen: list[int] = []
        while 99 not in seen:
            seen += bench.offsets(message := await bench.queue.get())
            bench.done(message)
        await bench.consumer.commit()
    passed_over = set(range(5, bench.log.committed[SOURCE])) - set(seen)
    if kind == OURS:
        assert bench.log.committed[SOURCE] == 100
        assert not passed_over
    else:
        assert passed_over, "stock commits a position past what no agent saw"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hanging", [0, 3])
async def test_a_position_is_committed_up_to_what_is_not_done(kind: str, hanging: int) -> None:
    """One record hangs with an agent while those after it are done: a crash now must bring it back."""
    bench = Bench(kind, Log({SOURCE: list(range(10))}, at_a_time=1))
    bench.resume()
    async with bench.draining():
        await bench.consumer.perform_seek()
        for message in await bench.read(10):
            if bench.offsets(message) != [hanging]:
                bench.done(message)
        await bench.consumer.commit()
        await bench.consumer.commit()
    committed = bench.log.committed.get(SOURCE, 0)
    assert committed == hanging if kind == OURS else committed > hanging, "stock commits past it"


@pytest.mark.parametrize("kind", KINDS)
async def test_holes_in_the_log_hold_nothing_up_and_hide_nothing(kind: str) -> None:
    """Compaction and transactions leave holes; a record beside a hole may hang all the same."""
    bench = Bench(kind, Log({SOURCE: [0, 1, 2, 7, 8, 20]}, at_a_time=1))
    bench.resume()
    async with bench.draining():
        await bench.consumer.perform_seek()
        first, *others = await bench.read(6)
        for message in others:
            bench.done(message)
        await bench.consumer.commit()
        hung_at = bench.log.committed.get(SOURCE, 0)
        bench.done(first)
        await bench.consumer.commit()
        await bench.consumer.commit()
    if kind == OURS:
        assert (hung_at, bench.log.committed[SOURCE]) == (0, 21)
    else:
        assert hung_at > 0, "stock commits past the record that hangs"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_partition_without_a_commit_is_read_from_its_beginning(kind: str) -> None:
    """Stock leaves the position where reading happened to stand before the partitions were dealt anew."""
    bench = Bench(kind, Log({SOURCE: list(range(10))}))
    bench.log.positions[SOURCE] = 7
    bench.resume()
    async with bench.draining():
        await bench.consumer.perform_seek()
        seen = bench.offsets((await bench.read(1))[0])
    assert seen[0] == (0 if kind == OURS else 7)


async def test_records_that_retention_took_before_the_start_are_called_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The position was committed, and what lay there is deleted: input is lost, and somebody has to know."""
    bench = Bench(OURS, Log({SOURCE: [7, 8, 9]}))
    bench.log.committed[SOURCE] = 5
    await bench.consumer.perform_seek()
    assert "INPUT LOST: records 5 to 6 of in, partition 0" in caplog.text
    assert bench.consumer.progress[SOURCE].next == 7


async def test_records_that_retention_took_while_reading_are_called_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The driver moves to the first record there is without a word; a hole of compaction is no loss."""
    bench = Bench(OURS, Log({SOURCE: [0, 1, 5, 6, 20, 21]}, at_a_time=2))
    bench.resume()
    async with bench.draining():
        await bench.consumer.perform_seek()
        await bench.read(4)
        assert "INPUT LOST" not in caplog.text, "5 is the next after 1: what lay between was compacted"
    bench.log.earliest[SOURCE] = 20
    async with bench.draining():
        await bench.read(2)
    assert "INPUT LOST: records 7 to 19 of in, partition 0" in caplog.text


async def test_a_position_beyond_the_end_of_its_partition_stops_the_worker() -> None:
    """The topic was deleted and made anew, or lost records: all that comes until that offset would be passed over."""
    bench = Bench(OURS, Log({SOURCE: [0, 1, 2]}))
    bench.log.committed[SOURCE] = 9
    await bench.consumer.perform_seek()
    (error,) = bench.errors
    assert str(error).startswith(
        "in, partition 0: its log was cut short: it was read up to offset 9 and was cut at 3. Records 3 to 8 are gone from Kafka"
    )


async def test_what_goes_wrong_while_fetching_stops_the_worker() -> None:
    """A consumer that stopped reading must not look like one that has nothing to read."""
    bench = Bench(OURS, Log({SOURCE: [0]}))
    bench.resume()
    await bench.consumer.perform_seek()

    async def refused(*_: object, **__: object) -> None:
        raise PermissionError

    bench.log.getmany = refused  # type: ignore[method-assign] -- the log stands for a driver that raises
    with pytest.raises(PermissionError):
        await bench.consumer._drain_messages(faust.Service())  # noqa: SLF001 -- what the fetcher runs
    assert [type(error) for error in bench.errors] == [PermissionError]


async def test_a_batch_that_finds_no_room_before_a_rebalance_is_taken_back() -> None:
    """It waits at a full queue when flow stops; no task is left that would hand it over later."""
    bench = Bench(OURS, Log({SOURCE: list(range(10))}, at_a_time=5))
    bench.queue._maxsize = 1  # noqa: SLF001 -- a full queue
    bench.resume()
    async with bench.draining():
        await bench.consumer.perform_seek()
        await turns()
        assert bench.consumer.progress[SOURCE].next == 10
        bench.consumer.stop_flow()
        await turns()
        assert bench.consumer.progress[SOURCE].next == 5
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_fetcher_that_is_cancelled_leaves_no_task_behind() -> None:
    """The batch it was handing over would reach an agent after the last commit."""
    bench = Bench(OURS, Log({SOURCE: list(range(10))}, at_a_time=5))
    bench.queue._maxsize = 1  # noqa: SLF001 -- a full queue
    bench.resume()
    async with bench.draining():
        await bench.consumer.perform_seek()
        await turns()
    await turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_positions_are_read_from_the_engines_own_books() -> None:
    """What is committed, what is in hand and since when it lay there, and the ends that fetches have shown."""
    bench = Bench(OURS, Log({SOURCE: [0, 1, 2], CHANGELOG: []}))
    assert positions_of(bench.app)[SOURCE] == Position(None, never_read=False, oldest_ms=None, end=0)
    bench.resume()
    async with bench.draining():
        await bench.consumer.perform_seek()
        assert positions_of(bench.app)[SOURCE].never_read
        bench.done((await bench.read(1))[0])
        await bench.consumer.commit()
    found = positions_of(bench.app)
    assert CHANGELOG not in found
    assert (found[SOURCE].committed, found[SOURCE].never_read) == (3, False)
    assert bench.app.vitals.read == {SOURCE.topic: 3}
    assert bench.app.vitals.commits == 1


def test_partitions_are_named_in_few_words() -> None:
    """A worker of fifty partitions says so in a line."""
    places = [TP("b", 3), *(TP("a", number) for number in (0, 1, 2, 5))]
    assert spans(places) == "a 0-2 5, b 3"
    assert spans([]) == "no partition"
