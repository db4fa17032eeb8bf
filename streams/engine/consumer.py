"""
The consumer: fetches in batches, knows what each partition is owed, and commits only what is finished.

Stock Faust 0.15.3 guesses holes from gaps in what it read, and counts what it threw away at a rebalance among
them; it wraps each record in four tasks; it sleeps a second when every queue is full.
"""

import asyncio
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage, Message
from mode import ServiceT

from streams.engine.batches import PartitionBatch
from streams.engine.lease import LeaseThread
from streams.engine.progress import Progress

_FETCH_S = 1.0


class BatchConsumer(driver.Consumer):
    """Hands whole partition batches to agents; changelogs go record by record to Faust's recovery, as ever."""

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

    # Reading

    async def perform_seek(self) -> None:
        """
        Seek every source partition to its committed position, or to its beginning when it has none.

        Stock Faust leaves a partition without a commit where it happens to stand.
        """
        sources = {tp for tp in self.assignment() if not self._is_changelog_tp(tp)}
        committed = {TP(*tp): offset for tp, offset in (await self.seek_to_committed()).items()}
        unknown = [tp for tp in sources if committed.get(tp) is None or committed[tp] < 0]
        earliest = await self.earliest_offsets(*unknown) if unknown else {}
        positions = {tp: earliest.get(tp, 0) if tp in unknown else committed[tp] for tp in sources}
        await self.seek_wait(positions)
        self.progress = {tp: Progress(position) for tp, position in positions.items()}

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin a new membership: nothing handed out before counts any more."""
        self.progress.clear()
        self.app.forget()
        await super().on_partitions_assigned(assigned, generation_id)

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                await asyncio.sleep(0)
                records, active = await self._next_records()
                generation = self.app.consumer_generation_id
                for key, held in (records or {}).items():
                    tp = TP(key.topic, key.partition)
                    if not self.flow_active or generation != self.app.consumer_generation_id:
                        break  # not handed out: what is owed stays as it was, and recovery seeks
                    if held and (active is None or tp in active):
                        await self._deliver(tp, held)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _next_records(self) -> tuple[Mapping[Any, Any] | None, set[TP] | None]:
        if not self.flow_active:
            await self.can_resume_flow.wait()
        active = None if self.app.client_only else set(self._get_active_partitions())
        if active is not None and not active:
            await self.sleep(0.02)
            return None, active
        return await self._getmany(active_partitions=active, timeout=_FETCH_S), active

    async def _deliver(self, tp: TP, records: list[Any]) -> None:
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        if self._is_changelog_tp(tp):
            for record in records:
                if not await self._hand(self._to_message(tp, record)):
                    break  # what follows would be read as if nothing were missing before it
            return
        progress = self.progress.get(tp)
        if progress is None:
            return
        if not progress.continues(records[0].offset):
            self.log.info("Fetching %s again from offset %d", tp, progress.next)
            await self.seek_wait({tp: progress.next})
            return
        fresh = [record for record in records if record.offset >= progress.next]
        if not fresh:
            return
        batch = PartitionBatch(tp, fresh)
        message: Any = self._to_message(tp, fresh[0])
        message.key, message.value, message.headers = None, batch, {}
        progress.hand_out(batch)
        if not await self._hand(message):
            progress.take_back(batch)

    async def _hand(self, message: ConsumerMessage) -> bool:
        """Give a message to the streams; False when they stopped taking any before they took this one."""
        taking = asyncio.ensure_future(self.callback(message))
        suspended: asyncio.Future[Any] | None = None
        try:
            await asyncio.sleep(0)
            if not taking.done():
                suspended = asyncio.ensure_future(self.suspend_flow.wait())
                await asyncio.wait((taking, suspended), return_when=asyncio.FIRST_COMPLETED)
            if not taking.done():
                return False
            taking.result()
            return True
        finally:
            taking.cancel()
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

        False when there was nothing, or when this worker is no member any more: then nothing was committed,
        and whoever has the partitions now reads the same records.
        """
        if self.app.client_only:
            return False
        async with self._committing:
            finished = {
                tp: (progress, position)
                for tp, progress in self.progress.items()
                if (position := progress.position()) is not None
            }
            checkpoint = self.app.checkpoint()
            try:
                if await checkpoint.write(self.app.producer, self.lease_left, self.app.lease_margin):
                    await self.app.producer.flush()  # what an agent sent in Faust's way
                    self.app.written(checkpoint)
                    return await self._commit_finished(finished)
            except asyncio.CancelledError:
                self.app.put_back(checkpoint)
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, what was read is not safely written
                self.app.fatal(error)
                return False
            self.app.put_back(checkpoint)
            return False

    async def _commit_finished(self, finished: Mapping[TP, tuple[Progress, int]]) -> bool:
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
        self.app.monitor.on_tp_commit(mine)
        return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:  # noqa: ARG002 - Faust's signature
        return iter(())
