"""
The lease: how long a worker may still take its partitions for its own.

A group gives a silent member's partitions away after the session timeout, which it counts from the last request
it answered. Here it is counted from when that request was sent, which is earlier.
"""

import asyncio
import sys
from collections.abc import Iterable, Mapping
from math import inf
from time import monotonic
from typing import Any, Final

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import CommitFailedError, IllegalStateError, RebalanceInProgressError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.types import TP

from streams.engine.dealing import deal_when_topics_are_known
from streams.engine.fetch_pace import IDLE_MS, FetchPace
from streams.engine.log_faults import LogFaultError
from streams.engine.log_watch import LogWatch
from streams.engine.reading import ReadingThread

_REBALANCING: Final = 27
_CONFIRMING: Final = {"HeartbeatRequest": {0, _REBALANCING}, "SyncGroupRequest": {0}}
"""Answers after which the group counts the session anew; 27 says that it is about to deal the partitions anew."""

_FETCH_BYTES: Final = 16 << 20
"""Of one answer of a broker, over all partitions; aiokafka asks for 50 MiB, and holds that beside what is worked on."""

_OUT: Final = {22, 25, 82}
"""Answers to a heartbeat that say: no member of this generation, no member at all, replaced by its namesake."""


SWITCH_S: Final = 0.0005
"""
Seconds after which a thread that computes lets another have the interpreter, five milliseconds as Python comes.

This thread lets go of it at every write to a socket, and while an agent computes waits so long to get it back: several
times a fetch.
"""

_UNKNOWN: Final = 25
_REPLACED: Final = 82
_NAMESAKE_S: Final = 60.0
_NAMESAKE_TIMES: Final = 3
"""So often within so many seconds no worker is put out by anything but a namesake."""


class CoordinationError(Exception):
    """The task that keeps a worker a member of its group ended; the message has the kind of error."""


class NamesakeError(Exception):
    """Two workers share one id."""


class LeaseThread(ReadingThread):
    """Faust's consumer thread, which also keeps when the group last confirmed that this worker is a member."""

    confirmed_at: float = -inf
    rebalancing: bool = False
    """Whether the group has said that it deals partitions anew, and has not done so yet."""
    pace: FetchPace | None = None
    """How long fetches wait, from the start on."""
    logs: LogWatch | None = None
    """Watches what is read, from the start on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._excluded: list[float] = []
        self._watching: asyncio.Future[None] | None = None

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # A broker answers one connection's requests in order, and recovery's seeks wait behind a parked fetch:
        # Faust parks it for a second and a half, each time.
        consumer._fetch_max_wait_ms = IDLE_MS  # noqa: SLF001 - Faust has no setting for it
        consumer._fetch_max_bytes = _FETCH_BYTES  # noqa: SLF001 - as above
        return consumer

    def park(self, milliseconds: int) -> None:
        """Have fetches from now on that leave partitions out wait no longer than this for something to come."""
        if self.pace is not None:
            self.pace.soon_ms = milliseconds

    async def rest(self, partitions: Mapping[TP, int]) -> None:
        """Fetch nothing more from these partitions, and let go of what was fetched beyond these positions."""
        await self.call_thread(self._rest, partitions)

    async def wake(self, partitions: Iterable[TP]) -> None:
        """Fetch from these partitions again."""
        await self.call_thread(self._wake, partitions)

    async def _wake(self, partitions: Iterable[TP]) -> None:
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        for tp in partitions:
            if TopicPartition(*tp) in assigned:
                consumer.resume(TopicPartition(*tp))
        if self.pace is not None:
            self.pace.woken()

    async def _rest(self, partitions: Mapping[TP, int]) -> None:
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        for tp, position in partitions.items():
            place = TopicPartition(*tp)
            if place in assigned:
                consumer.pause(place)
                consumer.seek(place, position)

    async def on_start(self) -> None:
        """Start consuming, and listen to what the group answers."""
        sys.setswitchinterval(SWITCH_S)
        await super().on_start()
        consumer: Any = self._ensure_consumer()
        app: Any = self.app
        vitals = app.vitals
        self.pace = FetchPace(consumer._fetcher, lambda: not vitals.recovering)  # noqa: SLF001 - aiokafka has no other way
        coordinator = consumer._coordinator  # noqa: SLF001 - aiokafka tells nobody else of its heartbeats
        if isinstance(coordinator, GroupCoordinator):
            deal_when_topics_are_known(coordinator)
            self.logs = LogWatch(consumer, coordinator.group_id, self._fatal, app.changelog_ends, app.cluster)
            self._watching = asyncio.ensure_future(self.logs.run())
            ask = coordinator._send_req  # noqa: SLF001 - as above

            async def listened(request: Any) -> Any:
                asked_at = monotonic()
                answer = await ask(request)
                self.note_answer(type(request).__name__, getattr(answer, "error_code", None), asked_at)
                return answer

            coordinator._send_req = listened  # noqa: SLF001 - as above
            coordinator._coordination_task.add_done_callback(self._coordination_ended)  # noqa: SLF001 - as above

    def _coordination_ended(self, task: "asyncio.Task[None]") -> None:
        """Stop for what ended the task that keeps this worker a member: without it nothing is read any more."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fatal(
                CoordinationError(f"the membership in the group ended by {type(error.__cause__).__name__}")
            )

    def _fatal(self, error: BaseException) -> None:
        app: Any = self.app
        if not app.should_stop:
            app.fatal(error)

    async def on_thread_stop(self) -> None:
        """
        Leave the group, and close.

        aiokafka, closed while it waits to ask a broker again, ends as if somebody had cancelled it; Faust would
        then wait for this thread for ever.
        """
        if self._watching is not None:
            self._watching.cancel()
        try:
            await super().on_thread_stop()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise

    async def begin_watching(self) -> LogFaultError | None:
        """Return what is wrong with the logs as the group's positions have them; None where nothing is."""
        return await self.call_thread(self.logs.begin) if self.logs is not None else None

    async def noted_changelogs(self) -> dict[TP, int]:
        """Return where changelogs ended at the least, by what is noted beside the group's positions."""
        return await self.call_thread(self.logs.noted_changelogs) if self.logs is not None else {}

    def note_answer(self, request: str, answer: int | None, asked_at: float) -> None:
        """Note what the group answered to a request of this name, sent at this instant of the monotonic clock."""
        if answer in _CONFIRMING.get(request, ()):
            self.confirmed_at = asked_at
            self.rebalancing = answer == _REBALANCING
        elif request == "HeartbeatRequest" and answer in _OUT:
            self.confirmed_at = -inf
            self._count_exclusion(int(answer or 0), asked_at)

    def _count_exclusion(self, answer: int, at: float) -> None:
        """Stop when a namesake took this worker's place: two of them would put each other out for ever."""
        self._excluded = (
            [excluded_at for excluded_at in self._excluded if at - excluded_at < _NAMESAKE_S]
            if answer == _UNKNOWN
            else []
        )
        self._excluded.append(at)
        if answer == _REPLACED or len(self._excluded) >= _NAMESAKE_TIMES:
            self._fatal(
                NamesakeError(
                    "another worker of the group has this one's id and took its place; give each worker an id of its own"
                )
            )

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """
        Commit, and tell whether the group took it; a worker that is no member any more learns it here.

        Stock Faust stops the worker for every error, also for those that a rebalance brings.
        """
        consumer = self._ensure_consumer()
        try:
            await consumer.commit(
                {
                    TopicPartition(*tp): OffsetAndMetadata(
                        offset, self.logs.note(tp, offset) if self.logs else ""
                    )
                    for tp, offset in offsets.items()
                }
            )
        except CommitFailedError as error:
            if not isinstance(error.__cause__, RebalanceInProgressError):
                self.confirmed_at = -inf
            return False
        except IllegalStateError:
            return False
        return True
