"""
The consumer: fetches in batches, knows what each partition is owed, and commits only what is finished.

Stock Faust 0.15.3 guesses holes from gaps in what it read, and counts what it threw away at a rebalance among
them; it wraps each record in four tasks; it sleeps a second when every queue is full.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage, Message
from mode import ServiceT

from streams.engine.batches import PartitionBatch
from streams.engine.checkpoint_pace import BACKLOG
from streams.engine.fetch_pace import BACKLOG_MS, IDLE_MS, SOON_MS
from streams.engine.lease import LeaseThread
from streams.engine.log_faults import Cut, source_cut
from streams.engine.lost_input import input_lost
from streams.engine.positions import spans
from streams.engine.progress import Progress
from streams.fetching.stretch import span_of

_FETCH_S = 1.0
_log = logging.getLogger(__name__)


class BatchConsumer(driver.Consumer):
    """Hands whole partition batches to agents, and those of changelogs to recovery."""

    _thread: LeaseThread
    app: Any
    """A ``CheckpointApp``, which is made of this class and so cannot be named here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.progress: dict[TP, Progress] = {}
        self._committing = asyncio.Lock()

    def _new_consumer_thread(self) -> LeaseThread:
        return LeaseThread(self, loop=self.loop, beacon=self.beacon)

    def lease_left(self) -> float:
        """Return for how many seconds more no other worker can have been given these partitions."""
        return self._thread.confirmed_at + float(self.app.conf.broker_session_timeout) - monotonic()

    async def subscribe(self, topics: Iterable[str]) -> None:
        """
        Subscribe to these topics, if the changelogs of all tables are among them.

        A worker that is told to stop while it starts would join its group without them, and Faust's assignor would
        then deal changelogs among the others in another way than the topics they belong to.
        """
        wanted = set(topics)
        if self.app.client_only or wanted.issuperset(
            table.changelog_topic_name for table in self.app.tables.values()
        ):
            await super().subscribe(wanted)
        else:
            self.log.info("Not subscribing: not all tables are there")

    def highwater(self, tp: TP) -> int:
        """Return the offset after the last readable record known of; 0 for a partition that is another's meanwhile."""
        try:
            return super().highwater(tp) or 0
        except (AssertionError, IllegalStateError):  # aiokafka asserts that it is ours
            return 0

    def behind(self) -> int:
        """Return how many records are unread, as far as fetches have shown."""
        ends = self._thread.readable_ends() if self.progress else {}
        return sum(max(0, ends.get(tp, 0) - progress.next) for tp, progress in self.progress.items())

    async def rest(self, partitions: Mapping[TP, int]) -> None:
        """Fetch nothing more from these partitions, each read up to the offset beside it."""
        await self._thread.rest(partitions)

    async def wake(self, partitions: Iterable[TP]) -> None:
        """Fetch from these partitions again."""
        await self._thread.wake(partitions)

    async def noted_changelogs(self) -> dict[TP, int]:
        """Return where changelogs ended at the least, by what is noted beside the group's positions."""
        return await self._thread.noted_changelogs()

    # Reading

    async def perform_seek(self) -> None:
        """
        Seek every source partition to its committed position, or to its beginning when it has none.

        Stock Faust leaves a partition without a commit where it happens to stand.
        """
        sources = {tp for tp in self.assignment() if not self._is_changelog_tp(tp)}
        committed = {TP(*tp): offset for tp, offset in (await self.seek_to_committed()).items()}
        earliest = await self.earliest_offsets(*sources) if sources else {}
        ends = await self._thread.log_ends(sources) if sources else {}
        if (fault := await self._thread.begin_watching()) is not None:
            self.app.fatal(fault)
        positions: dict[TP, int] = {}
        unread: set[TP] = set()
        for tp in sources:
            first, position = earliest.get(tp, 0), committed.get(tp)
            if position is None or position < 0:
                position = first
                unread.add(tp)
            elif position < first:
                input_lost(self.app.vitals, tp, position, first)
                position = first
            elif position > ends.get(tp, position):
                self.app.fatal(source_cut(self.app.conf.id, Cut(*tp, position, ends[tp])))
            positions[tp] = position
        await self.seek_wait(positions)
        self.progress = {tp: Progress(at, never_read=tp in unread) for tp, at in positions.items()}

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin a new membership: nothing handed out before counts any more."""
        _log.info("dealt by the group: %s", spans(tp for tp in assigned if not self._is_changelog_tp(tp)))
        self.progress.clear()
        self.app.discard_unwritten()
        await super().on_partitions_assigned(assigned, generation_id)

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                await asyncio.sleep(0)
                records, active = await self._next_records()
                generation = self.app.consumer_generation_id
                for key, fetched in (records or {}).items():
                    tp = TP(key.topic, key.partition)
                    if not self.flow_active or generation != self.app.consumer_generation_id:
                        break  # not handed out: what is owed stays as it was, and recovery seeks
                    if active is None or tp in active:
                        await self._deliver(tp, fetched)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise
        except Exception as error:
            self.app.fatal(error, f"reading {spans(self.progress)}")
            raise

    async def _next_records(self) -> tuple[Mapping[Any, Any] | None, set[TP] | None]:
        if not self.flow_active:
            await self.can_resume_flow.wait()
        self.app.vitals.polled_at = monotonic()
        active = None if self.app.client_only else set(self._get_active_partitions())
        if active is not None and not active:
            await self.sleep(0.02)
            return None, active
        records = await self._getmany(active_partitions=active, timeout=_FETCH_S)
        behind = bool(records) and self.behind() > BACKLOG
        self._thread.park((BACKLOG_MS if behind else SOON_MS) if records else IDLE_MS)
        return records, active

    async def _deliver(self, tp: TP, records: list[Any]) -> None:
        if self._is_changelog_tp(tp):
            await self.app.tables.recovery.restore(tp, records)
            return
        progress = self.progress.get(tp)
        if progress is None:
            return
        first, end = span_of(records)
        if not progress.continues(first):
            self.log.info("Fetching %s again from offset %d", tp, progress.next)
            with suppress(IllegalStateError):  # dealt anew meanwhile: recovery seeks
                await self.seek_wait({tp: progress.next})
            return
        if first > progress.next:
            earliest = (await self.earliest_offsets(tp)).get(tp, 0)
            if self.progress.get(tp) is not progress or not self.flow_active:
                return
            if progress.next < earliest:
                input_lost(self.app.vitals, tp, progress.next, earliest)
        fresh = [record for record in records if record.offset >= progress.next]
        if not fresh:
            progress.pass_over(end)
            return
        batch = PartitionBatch(tp, fresh, end)
        message: Any = self._to_message(tp, fresh[0])
        message.key, message.value, message.headers = None, batch, {}
        progress.hand_out(batch)
        if await self._hand_to_streams(message):
            self.app.vitals.read[tp.topic] += len(fresh)
        else:
            progress.take_back(batch)

    async def _hand_to_streams(self, message: ConsumerMessage) -> bool:
        """Hand a message to the streams; return False when they were suspended before they took it."""
        handing = asyncio.ensure_future(self.callback(message))
        suspended: asyncio.Future[Any] | None = None
        try:
            await asyncio.sleep(0)
            if not handing.done():
                suspended = asyncio.ensure_future(self.suspend_flow.wait())
                await asyncio.wait((handing, suspended), return_when=asyncio.FIRST_COMPLETED)
            if not handing.done():
                return False
            handing.result()
            return True
        finally:
            handing.cancel()
            if suspended is not None:
                suspended.cancel()

    def on_buffer_full(self, tp: TP) -> None:
        """Do nothing: a full queue holds up the fetcher by itself, without leaving a partition out."""

    # Committing

    def ack(self, message: Message) -> bool:
        """Note that a stream let go of a message; only ``PartitionBatch.finish`` says that it is done."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        if (waiting := self._waiting_for_ack) is not None and not waiting.done():
            waiting.set_result(None)
        return True

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002, ARG002 - Faust's signature
        """
        Write what was finished since the last time, then commit the positions before it.

        False when there was nothing, or when this worker is no member any more: whoever is reads the same records.
        """
        if self.app.client_only:
            return False
        return await self.checkpoint(commit=True)

    async def checkpoint(self, *, commit: bool) -> bool:
        """
        Write what was finished since the last time; ``commit`` the positions before it, or leave that for later.

        What is written and not committed is read again after a crash, and said again as it was.
        """
        async with self._committing:
            finished = {
                tp: (progress, position)
                for tp, progress in self.progress.items()
                if (position := progress.position()) is not None
            }
            try:
                checkpoint = self.app.checkpoint()
            except Exception as error:  # noqa: BLE001 - a state that does not turn into bytes is not written
                self.app.fatal(error)
                return False
            try:
                if await checkpoint.write(self.app.producer, self.lease_left, self.app.lease_margin):
                    await self.app.producer.flush()  # what an agent sent in Faust's way
                    self.app.written(checkpoint)
                    return await self._commit_finished(finished) if commit else True
            except asyncio.CancelledError:
                self.app.requeue(checkpoint)
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, what was read is not safely written
                self.app.fatal(error, f"writing what follows from {spans(self.progress)}")
                return False
            self.app.requeue(checkpoint)
            return False

    async def _commit_finished(self, finished: Mapping[TP, tuple[Progress, int]]) -> bool:
        if not finished:
            return False  # and a consumer that is stopped before it started has no assignment to be asked for
        owned = self.assignment()
        mine = {
            tp: position
            for tp, (progress, position) in finished.items()
            if tp in owned and self.progress.get(tp) is progress
        }
        if not mine or not await self._commit(mine):
            return False
        for tp, position in mine.items():
            finished[tp][0].note_committed(position)
        self._committed_offset.update(mine)
        self.app.vitals.commits += 1
        return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:  # noqa: ARG002 - Faust's signature
        return iter(())
