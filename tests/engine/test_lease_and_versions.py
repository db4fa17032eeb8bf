"""When a worker may write, and with which engine it starts at all."""

import asyncio
from importlib.metadata import requires
from math import inf
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from engine_bench import KINDS, OURS, Bench, Log
from faust.types import TP
from packaging.requirements import Requirement

from streams.engine import consumer
from streams.engine.lease import LeaseThread
from streams.engine.records import Record
from streams.engine.versions import TESTED, UntestedEngineError, require_tested

SOURCE = TP("in", 0)
HEARTBEAT, SYNC, JOIN = "HeartbeatRequest", "SyncGroupRequest", "JoinGroupRequest"


def told(*answers: tuple[str, int, float]) -> tuple[Any, list[BaseException]]:
    """Return the thread after these answers, and what it stopped the worker for."""
    thread: Any = object.__new__(LeaseThread)
    errors: list[BaseException] = []
    thread._excluded = []  # noqa: SLF001 -- what its constructor makes, which would want a whole app
    thread.app = SimpleNamespace(should_stop=False, fatal=errors.append)
    for request, code, asked_at in answers:
        thread.note_answer(request, code, asked_at)
    return thread, errors


def heard(*answers: tuple[str, int, float]) -> float:
    """Return when the group confirmed this worker last, after these answers."""
    return float(told(*answers)[0].confirmed_at)


@pytest.mark.parametrize(
    ("answers", "stopped"),
    [
        ([(HEARTBEAT, 25, 1.0)], False),
        ([(HEARTBEAT, 25, 1.0), (HEARTBEAT, 25, 5.0)], False),
        ([(HEARTBEAT, 25, 1.0), (HEARTBEAT, 25, 5.0), (HEARTBEAT, 25, 60.0)], True),
        ([(HEARTBEAT, 25, 1.0), (HEARTBEAT, 25, 5.0), (HEARTBEAT, 25, 61.0)], False),
        ([(HEARTBEAT, 22, 1.0), (HEARTBEAT, 22, 2.0), (HEARTBEAT, 22, 3.0)], False),
        ([(HEARTBEAT, 82, 1.0)], True),
    ],
    ids=[
        "put out once",
        "twice",
        "three times in a minute",
        "now and then",
        "by rebalances",
        "by a namesake",
    ],
)
def test_two_workers_of_one_id_do_not_go_on_putting_each_other_out(
    answers: list[tuple[str, int, float]], *, stopped: bool
) -> None:
    """The group says so in as many words, or by what it does again and again."""
    assert bool(told(*answers)[1]) == stopped


@pytest.mark.parametrize(
    ("error", "stopped"), [(None, False), (AssertionError("url"), True)], ids=["as asked", "by a fault"]
)
async def test_a_membership_that_ends_by_itself_stops_the_worker(
    error: BaseException | None, *, stopped: bool
) -> None:
    """Faust would go on answering that all is well, and read nothing."""
    thread, errors = told()

    async def coordinate() -> None:
        if error is not None:
            raise RuntimeError from error

    task = asyncio.ensure_future(coordinate())
    await asyncio.wait([task])
    thread._coordination_ended(task)  # noqa: SLF001 -- what the task calls when it is done
    assert [type(one).__name__ for one in errors] == (["CoordinationError"] if stopped else [])


@pytest.mark.parametrize(
    ("answers", "confirmed_at"),
    [
        ([], -inf),
        ([(JOIN, 0, 1.0)], -inf),
        ([(SYNC, 0, 1.0)], 1.0),
        ([(SYNC, 27, 1.0)], -inf),
        ([(SYNC, 0, 1.0), (HEARTBEAT, 0, 2.0)], 2.0),
        ([(HEARTBEAT, 0, 2.0), (HEARTBEAT, 27, 3.0)], 3.0),
        ([(HEARTBEAT, 0, 2.0), (HEARTBEAT, 16, 3.0)], 2.0),
        ([(HEARTBEAT, 0, 2.0), (HEARTBEAT, 22, 3.0)], -inf),
        ([(HEARTBEAT, 0, 2.0), (HEARTBEAT, 25, 3.0)], -inf),
        ([(HEARTBEAT, 0, 2.0), (HEARTBEAT, 82, 3.0)], -inf),
        ([(HEARTBEAT, 25, 3.0), (SYNC, 0, 4.0)], 4.0),
    ],
    ids=[
        "never asked", "joined, not yet dealt", "dealt", "not dealt", "alive", "about to be dealt anew",
        "another coordinator", "a former generation", "no member", "replaced", "a member again",
    ],
)  # fmt: skip
def test_the_lease_runs_from_the_last_request_the_group_said_yes_to(
    answers: list[tuple[str, int, float]], confirmed_at: float
) -> None:
    """It counts from when the request was sent: the answer may have waited in a process that stood still."""
    assert heard(*answers) == confirmed_at


@pytest.mark.parametrize(
    ("cause", "left"),
    [(RebalanceInProgressError(), 1.0), (UnknownMemberIdError(), -inf), (IllegalGenerationError(), -inf)],
    ids=["about to be dealt anew", "no member", "a former generation"],
)
async def test_a_refused_commit_is_no_crash_and_may_end_the_lease(cause: KafkaError, left: float) -> None:
    """Whoever has the partitions now reads the same records; stock stops the worker for some of these."""

    class Refusing:
        async def commit(self, _offsets: object) -> None:
            raise CommitFailedError from cause

    thread: Any = object.__new__(LeaseThread)
    thread.confirmed_at, thread._consumer = 1.0, Refusing()  # noqa: SLF001 -- where the driver's consumer is
    assert not await thread._commit({SOURCE: 1})  # noqa: SLF001 -- what the consumer calls across threads
    assert thread.confirmed_at == left


@pytest.mark.parametrize(("now", "left"), [(10.0, 6.0), (15.5, 0.5), (16.0, 0.0), (100.0, -84.0)])
def test_the_lease_ends_a_session_after_it_was_confirmed(
    now: float, left: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is six seconds on the bench."""
    monkeypatch.setattr(consumer, "monotonic", lambda: now)
    bench = Bench(OURS, Log({}))
    bench.log.confirmed_at = 10.0
    assert bench.consumer.lease_left() == left


@pytest.mark.parametrize("kind", KINDS)
async def test_a_worker_that_stood_still_for_a_session_writes_and_commits_nothing(kind: str) -> None:
    """Its partitions may be another's; stock writes and commits whatever the time."""
    bench = Bench(kind, Log({SOURCE: list(range(10))}))
    bench.resume()
    async with bench.draining():
        await bench.consumer.perform_seek()
        messages = await bench.read(10)
        bench.log.confirmed_at = -inf  # the machine slept, and the next heartbeat is not answered yet
        if kind == OURS:
            bench.app.send_at_checkpoint("out", 0, Record(b"k", b"v"))
        else:
            await bench.app.topic("out", value_type=bytes).send(key=b"k", value=b"v")
        for message in messages:
            bench.done(message)
        await bench.consumer.commit()
    assert bool(bench.sink.taken) == (kind != OURS)
    assert bool(bench.log.commits) == (kind != OURS)
    assert not bench.errors, "another try comes with the next answer"


def test_the_tested_engine_is_accepted() -> None:
    """It is the one installed."""
    require_tested()
    require_tested(TESTED.__getitem__)


@pytest.mark.parametrize("name", TESTED)
def test_any_other_release_is_refused_by_name(name: str) -> None:
    """The message says what was found and what to install."""
    with pytest.raises(UntestedEngineError) as refused:
        require_tested(lambda asked: "99.0" if asked == name else TESTED[asked])
    wanted = " ".join(f"{part}=={version}" for part, version in TESTED.items())
    assert str(refused.value) == (
        f"the worker was not tested with {name} 99.0; install what it was tested with: pip install {wanted}"
    )


def test_stock_faust_takes_any_later_driver() -> None:
    """It pins neither the driver nor its service library, whose private methods it lives on as we do."""
    asked = {
        need.name: need for need in map(Requirement, requires("faust-streaming") or ()) if need.marker is None
    }
    assert all(asked[name].specifier.contains("99.0") for name in ("aiokafka", "mode-streaming"))
