"""How long a fetch may wait at a broker, and that one is answered in one step of the thread that reads."""

import asyncio
import inspect
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.structs import TopicPartition
from faust.types import TP

from streams.engine import fetch_pace
from streams.engine.fetch_pace import BACKLOG_MS, GAP_S, HELD_S, IDLE_MS, RECOVERING_MS, SOON_MS, FetchPace
from streams.engine.lease import LeaseThread
from streams.engine.reading import ReadingThread


class Asked:
    """Stands for aiokafka's fetcher, and notes how long each fetch it sends may wait."""

    def __init__(self) -> None:
        self._records: dict[str, Any] = {}
        self._fetch_max_wait_ms = 0
        self._wait_consume_future = asyncio.get_running_loop().create_future()
        self.resting = [asyncio.get_running_loop().create_future()]

    def _get_actions_per_node(self, _: Any) -> tuple[int, dict[Any, Any], float, bool, list[Any]]:
        return self._fetch_max_wait_ms, {}, 0.2, False, self.resting

    def _notify(self, future: "asyncio.Future[None]") -> None:
        if not future.done():
            future.set_result(None)


async def test_the_next_fetch_is_sent_when_all_is_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it asks for every partition and may wait long; what a fetch leaves out would wait for its end."""
    now = [100.0]
    monkeypatch.setattr(fetch_pace, "monotonic", lambda: now[0])
    fetcher = Asked()
    pace = FetchPace(fetcher, lambda: True)
    for wait_ms in (IDLE_MS, SOON_MS):  # after nothing came for a second, and while something comes
        now[0] += GAP_S
        pace.soon_ms = wait_ms
        fetcher._records.clear()  # noqa: SLF001 - aiokafka's
        assert fetcher._get_actions_per_node(None)[0] == IDLE_MS  # noqa: SLF001 - as above
        fetcher._records["in-0"] = "fetched, not handed out"  # noqa: SLF001 - as above
        fetches, resets, timeout, unknown, resting = fetcher._get_actions_per_node(None)  # noqa: SLF001 - as above
        assert (fetches, resets, timeout, unknown, resting) == ((), {}, HELD_S, False, ())
    now[0] += HELD_S  # nobody takes it: what it leaves out is not kept waiting for that
    assert fetcher._get_actions_per_node(None)[0] == SOON_MS  # noqa: SLF001 - as above


async def test_some_milliseconds_lie_between_two_fetches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs what it costs however little it finds; what comes alone is asked for long before."""
    now = [100.0]
    monkeypatch.setattr(fetch_pace, "monotonic", lambda: now[0])
    fetcher = Asked()
    pace = FetchPace(fetcher, lambda: True)
    pace.soon_ms = SOON_MS
    assert fetcher._get_actions_per_node(None)[0] == IDLE_MS  # noqa: SLF001 - aiokafka's
    now[0] += 0.001  # it was answered
    fetches, _, timeout, _, _ = fetcher._get_actions_per_node(None)  # noqa: SLF001 - as above
    assert fetches == ()
    assert timeout == pytest.approx(GAP_S - 0.001)
    now[0] += timeout
    assert fetcher._get_actions_per_node(None)[0] == IDLE_MS  # noqa: SLF001 - as above
    pace.soon_ms = BACKLOG_MS
    assert fetcher._get_actions_per_node(None)[0] == IDLE_MS  # noqa: SLF001 - as above


async def test_in_a_backlog_the_next_fetch_is_sent_at_once() -> None:
    """It is there when it is wanted."""
    fetcher = Asked()
    FetchPace(fetcher, lambda: True).soon_ms = BACKLOG_MS
    fetcher._records["in-0"] = "fetched, not handed out"  # noqa: SLF001 - aiokafka's
    assert fetcher._get_actions_per_node(None)[0] == BACKLOG_MS  # noqa: SLF001 - as above


async def test_while_a_worker_recovers_no_fetch_waits_long() -> None:
    """What recovery asks waits behind it."""
    fetcher, vitals = Asked(), SimpleNamespace(recovering=False)
    pace = FetchPace(fetcher, lambda: not vitals.recovering)
    pace.soon_ms = SOON_MS
    vitals.recovering = True
    assert fetcher._get_actions_per_node(None)[0] == SOON_MS  # noqa: SLF001 - as above
    pace.soon_ms = IDLE_MS  # as at a start, before anything came
    assert fetcher._get_actions_per_node(None)[0] == RECOVERING_MS  # noqa: SLF001 - as above


async def test_partitions_that_rest_are_not_waited_for_one_by_one_and_their_waking_is_told() -> None:
    """Each of them was a future to wait for at every fetch."""
    fetcher = Asked()
    pace = FetchPace(fetcher, lambda: True)
    assert not fetcher._get_actions_per_node(None)[-1]  # noqa: SLF001 - aiokafka's
    pace.woken()
    assert fetcher._wait_consume_future.done()  # noqa: SLF001 - as above


def test_aiokafka_has_what_is_replaced() -> None:
    """Another release may send its fetches in another way."""
    source = inspect.getsource(Fetcher)
    assert "self._fetch_max_wait_ms," in inspect.getsource(Fetcher._get_actions_per_node)  # noqa: SLF001 - as above
    assert "self._get_actions_per_node(assignment)" in source
    assert "chain(self._pending_tasks, other_futs, resume_futures)" in source


@pytest.fixture
def loop_of_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """Return a loop that runs in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def reading(loop: asyncio.AbstractEventLoop, answer: Any) -> Any:
    """Return the consumer's thread, which answers a fetch by this."""
    thread: Any = object.__new__(ReadingThread)
    thread._fetching = set()  # noqa: SLF001 - what its constructor makes, which would want a whole app
    thread._ensure_consumer = lambda: SimpleNamespace(_max_poll_records=500)  # noqa: SLF001 - as above
    thread.thread_loop, thread.parent_loop = loop, asyncio.get_running_loop()
    thread._fetch_records = answer  # noqa: SLF001 - as above
    return thread


async def test_a_fetch_runs_in_the_thread_and_is_answered_here(loop_of_a_thread: Any) -> None:
    """With what was asked for, and nothing is left of it."""

    async def answer(_: Any, active: Any, **how: Any) -> Any:
        assert asyncio.get_running_loop() is loop_of_a_thread
        return active, how

    thread = reading(loop_of_a_thread, answer)
    assert await thread.getmany({"in"}, 1.0) == ({"in"}, {"timeout": 1.0, "max_records": 500})
    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop_of_a_thread))
    assert not thread._fetching  # noqa: SLF001 - as above


async def test_what_a_fetch_raises_is_raised_here(loop_of_a_thread: Any) -> None:
    """It stops the worker in words, and not the thread."""

    async def refuse(*_: Any, **__: Any) -> Any:
        raise LookupError

    with pytest.raises(LookupError):
        await reading(loop_of_a_thread, refuse).getmany(None, 1.0)


async def test_who_waits_no_longer_is_not_answered(loop_of_a_thread: Any) -> None:
    """A fetcher that is told to stop goes, whatever the fetch does."""
    begun = threading.Event()

    async def hang(*_: Any, **__: Any) -> Any:
        begun.set()
        await asyncio.sleep(0.01)
        return {}

    thread = reading(loop_of_a_thread, hang)
    waiting = asyncio.ensure_future(thread.getmany(None, 1.0))
    assert await asyncio.to_thread(begun.wait, 30)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    async def ended() -> None:
        await asyncio.gather(*thread._fetching)  # noqa: SLF001 - as above

    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(ended(), loop_of_a_thread))


def test_ends_asked_together_are_those_asked_one_by_one() -> None:
    """What an open transaction wrote cannot be read yet; of a partition never fetched nothing is known."""

    def state(lso: int | None, highwater: int | None) -> Any:
        return SimpleNamespace(lso=lso, highwater=highwater)

    states = {
        ("in", 0): state(5, 9),
        ("in", 1): state(-1, 9),
        ("in", 2): state(None, None),
        ("in", 3): state(None, 4),
    }
    assignment = SimpleNamespace(_tp_state=states)
    thread: Any = object.__new__(LeaseThread)
    kafka = SimpleNamespace(
        _subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=assignment)),
        last_stable_offset=lambda tp: states[tp].lso,
        highwater=lambda tp: states[tp].highwater,
    )
    thread._ensure_consumer = lambda: kafka  # noqa: SLF001 - as above
    found = thread.readable_ends()
    assert found == {("in", 0): 5, ("in", 1): 9, ("in", 3): 4}
    assert all(thread.highwater(tp) == found.get(tp) for tp in states)


@pytest.mark.parametrize(
    ("fetched", "active", "first"),
    [
        ({"in", "followed"}, {"in", "followed", "other"}, {"followed"}),
        ({"in"}, {"in", "followed"}, {"in", "followed"}),  # nothing of it came: whatever comes is handed out
        ({"in", "followed"}, {"in"}, {"in"}),  # no stream reads it now
        (set(), {"in", "followed"}, {"in", "followed"}),
    ],
)
def test_what_followed_from_the_others_is_handed_out_before_them(
    fetched: set[str], active: set[str], first: set[str]
) -> None:
    """The others could fill every fetch."""
    thread: Any = object.__new__(ReadingThread)
    thread.app = SimpleNamespace(priority_topics={"followed"})
    fetcher = SimpleNamespace(_records=dict.fromkeys(TopicPartition(topic, 0) for topic in fetched))
    found = thread._first_of(fetcher, {TP(topic, 0) for topic in active})  # noqa: SLF001 - its own choice
    assert {tp.topic for tp in found} == first
    assert thread._first_of(fetcher, None) is None  # noqa: SLF001 - as above
