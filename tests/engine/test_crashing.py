"""Workers as processes on an embedded broker: refused, stumbling, killed; complete in the end, where stock Faust is not."""

import asyncio
import random
import signal
from pathlib import Path

import pytest
from counting import Counting, ended
from counting_worker import SESSION_S
from engine_bench import KINDS, OURS

from streams.engine.exit_status import EXIT_FATAL
from streams.kafka.embedded import PRODUCE

INVALID_RECORD = 87
NAMES = ["one", "two"]
EVENTS = 200
EVERYTHING = {b"ev%d" % number for number in range(EVENTS)}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_refused_record_stops_the_worker_and_is_written_by_the_next(
    kind: str, tmp_path: Path
) -> None:
    """Stock logs it, and commits the position past what it came from."""
    with Counting(kind, tmp_path) as run:
        await run.publish(EVENTS, keys=20)
        run.broker.push_errors(PRODUCE, INVALID_RECORD)
        first = run.start()
        if kind == OURS:
            assert await ended(first) == EXIT_FATAL
            assert (await run.verdict()).committed == 0
            run.start()
        verdict = await run.until(lambda seen: seen.committed == EVENTS)
    assert verdict.committed == EVENTS
    complete = set(verdict.sent) == verdict.kept == EVERYTHING
    assert complete == (kind == OURS)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_exception_that_leaves_an_agent_is_not_an_acknowledgement(kind: str, tmp_path: Path) -> None:
    """Stock skips the event, and commits past it."""
    with Counting(kind, tmp_path) as run:
        await run.publish(EVENTS, keys=1)
        first = run.start(raise_at="ev5")
        if kind == OURS:
            assert await ended(first) == EXIT_FATAL
            assert (await run.verdict()).committed == 0
            run.start()
        verdict = await run.until(lambda seen: seen.committed == EVENTS)
    assert verdict.committed == EVENTS
    assert EVERYTHING - set(verdict.sent) == (set() if kind == OURS else {b"ev5"})


async def test_a_worker_told_to_stop_ends_though_the_broker_is_gone(tmp_path: Path) -> None:
    """What it could not write is read again; an operator's stop must not hang on it."""
    with Counting(OURS, tmp_path, stop_within=2.0) as run:
        await run.publish(EVENTS, keys=20)
        worker = run.start()
        await run.until(lambda seen: seen.committed == EVENTS)
        run.broker.set_down()
        worker.send_signal(signal.SIGTERM)
        await ended(worker)


async def test_a_worker_told_to_stop_commits_and_ends_well(tmp_path: Path) -> None:
    """Nothing comes twice after it."""
    with Counting(OURS, tmp_path) as run:
        await run.publish(EVENTS, keys=20)
        worker = run.start(await_s=0.002)
        await run.until(lambda seen: seen.committed > 0)
        worker.send_signal(signal.SIGTERM)
        assert await ended(worker) == 0
        run.start()
        verdict = await run.until(lambda seen: seen.committed == EVENTS)
    assert set(verdict.sent.values()) == {1}
    assert set(verdict.sent) == verdict.kept == EVERYTHING


@pytest.mark.parametrize("seed", [3])
async def test_two_workers_killed_and_stopped_at_any_instant_lose_nothing(seed: int, tmp_path: Path) -> None:
    """One of them stands still for longer than its session, and wakes up to partitions that are another's."""
    instants = random.Random(seed)  # noqa: S311 -- instants, not secrets
    deeds = instants.sample(["kill", "kill", "stand still"], 3)
    share = 1_000
    everything = {b"ev%d" % number for number in range(share * len(deeds))}
    with Counting(OURS, tmp_path, await_s=0.0005) as run:
        for name in NAMES:
            run.start(name)
        for number, deed in enumerate(deeds):
            await run.publish(share, keys=300, first=number * share)
            await asyncio.sleep(instants.uniform(0.5, 2.5))
            name = instants.choice(NAMES)
            if deed == "kill":
                run.kill(name)
                run.start(name)
            else:
                run.workers[name].send_signal(signal.SIGSTOP)
                await asyncio.sleep(SESSION_S + 1)
                run.workers[name].send_signal(signal.SIGCONT)
        verdict = await run.until(lambda seen: seen.committed == len(everything))
    assert verdict.committed == len(everything)
    assert set(verdict.sent) == verdict.kept == everything
