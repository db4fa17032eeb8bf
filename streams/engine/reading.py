"""The consumer's thread as a reader: committed records alone, and each fetch as stretches, so that markers are passed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import copy
from functools import partial
from typing import Any, Final

from aiokafka.errors import ConsumerStoppedError
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.utils.futures import maybe_set_exception, maybe_set_result

from streams.fetching.client import read_committed
from streams.fetching.stretch import fetched_stretches

_READ_UNCOMMITTED: Final = 0


class ReadingThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, whose consumer reads what is committed and tells how far it has come."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fetching: set[asyncio.Task[None]] = set()
        """Under way; the loop itself does not keep a task alive."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        return read_committed(super()._create_worker_consumer(transport))

    def _create_client_consumer(self, transport: Any) -> Any:
        return read_committed(super()._create_client_consumer(transport))

    async def getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109 - Faust's signature
    ) -> Any:
        """
        Fetch in the thread.

        Faust's queue of calls makes seven tasks of one, and at every fetch; here it is one.
        """
        consumer = self._ensure_consumer()
        promise: asyncio.Future[Any] = self.parent_loop.create_future()
        fetch = partial(
            self._fetch_records,
            consumer,
            active_partitions,
            timeout=timeout,
            max_records=consumer._max_poll_records,  # noqa: SLF001 - Faust reads it too
        )
        self.thread_loop.call_soon_threadsafe(self._begin, promise, fetch)
        return await promise

    def _begin(self, promise: "asyncio.Future[Any]", fetch: Callable[[], Awaitable[Any]]) -> None:
        task = asyncio.ensure_future(self._answer(promise, fetch))
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def _answer(self, promise: "asyncio.Future[Any]", fetch: Callable[[], Awaitable[Any]]) -> None:
        if promise.cancelled():
            return
        try:
            result = await fetch()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the caller's
            self.parent_loop.call_soon_threadsafe(maybe_set_exception, promise, error)
        else:
            self.parent_loop.call_soon_threadsafe(maybe_set_result, promise, result)

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Any,
        timeout: Any = None,  # noqa: ASYNC109 - Faust's signature
        max_records: Any = None,
    ) -> Any:
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher  # noqa: SLF001 - Faust reads from it too
        if consumer._closed or fetcher._closed:  # noqa: SLF001 - as above
            raise ConsumerStoppedError
        with fetcher._subscriptions.fetch_context():  # noqa: SLF001 - as above
            partitions = self._first_of(fetcher, active_partitions)
            return await fetched_stretches(fetcher, partitions, timeout or 0, max_records)

    def _first_of(self, fetcher: Any, active: set[TP] | None) -> set[TP] | None:
        """Return those of these partitions that are fetched and go before the others, or all where none is."""
        if active is None:
            return None
        before: Any = self.app.priority_topics  # type: ignore[attr-defined] # a ``CheckpointApp``
        fetched = {TP(*place) for place in fetcher._records if place.topic in before}  # noqa: SLF001 - as above
        return fetched & active or active

    def highwater(self, tp: TP) -> Any:
        """Return the offset after the last record that can be read: what an open transaction wrote cannot be yet."""
        consumer = self._ensure_consumer()
        return _readable_end(consumer.last_stable_offset(tp), consumer.highwater(tp))

    def readable_ends(self) -> dict[TP, int]:
        """Return what ``highwater`` does, for every partition of this worker that fetches have shown an end of."""
        subscription = self._ensure_consumer()._subscription.subscription  # noqa: SLF001 - asked one by one it costs ten times as much
        if subscription is None or subscription.assignment is None:
            return {}
        ends = {}
        for place, state in list(subscription.assignment._tp_state.items()):  # noqa: SLF001 - as above
            if end := _readable_end(state.lso, state.highwater):
                ends[TP(*place)] = end
        return ends

    async def log_ends(self, partitions: Iterable[TP]) -> Mapping[TP, int]:
        """Return the offset after the last record of each partition, be it of an open transaction."""
        return {
            TP(*place): end for place, end in (await self.call_thread(self._log_ends, partitions)).items()
        }

    async def _log_ends(self, partitions: Iterable[TP]) -> Mapping[Any, int]:
        consumer = self._ensure_consumer()
        asking = copy(consumer._fetcher)  # noqa: SLF001 - only to ask, beside the one that fetches
        asking._isolation_level = _READ_UNCOMMITTED  # noqa: SLF001 - as above
        places = [TopicPartition(*tp) for tp in partitions]
        return await asking.end_offsets(places, consumer._request_timeout_ms)  # type: ignore[no-any-return] # noqa: SLF001 - as above


def _readable_end(stable: int | None, highwater: int | None) -> int | None:
    """Return the end of what is committed, or of what there is where a broker does not tell the former."""
    return highwater if stable is None or stable < 0 else stable
