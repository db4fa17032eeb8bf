"""
Recovery and what follows it: seek first, resume after, and nothing in between.

Stock Faust 0.15.3 resumes the source partitions and seeks afterwards; what was fetched meanwhile is thrown away
and counted as done. It also swallows what goes wrong while a table's callbacks run, and restores a table record by
record, each through a queue and a timer of its own.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery, ServiceStopped
from faust.types import TP
from mode import Service

from streams.engine.log_faults import changelog_cut
from streams.engine.positions import spans
from streams.engine.progress import Progress
from streams.fetching.stretch import span_of

_log = logging.getLogger(__name__)


class DealtApartError(Exception):
    """Partitions of topics came without the partitions of the tables that belong to them, and no other deal came."""


class RecoveryTimeoutError(Exception):
    """The broker did not answer what recovery asked of it; started again, the worker asks again."""


class SeekingRecovery(Recovery):
    """Faust's recovery with its end put in order."""

    app: Any
    """A ``CheckpointApp``, which is made of this class and so cannot be named here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._restoring: dict[TP, Progress] = {}

    async def restore(self, tp: TP, records: Sequence[Any]) -> None:
        """Bring a table up to fetched changelog records, and say so when all tables are up to date."""
        progress = self._restoring.get(tp)
        offsets = self.active_offsets if tp in self.active_tps else self.standby_offsets
        if progress is None or tp not in offsets:
            return
        start, end = span_of(records)
        if not progress.continues(start):
            await self.app.consumer.seek_wait({tp: progress.next})
            return
        fresh = [record for record in records if record.offset >= progress.next]
        if fresh:
            table: Any = self.tp_to_table[tp]
            table.restore(tp, fresh)
        if (
            end > progress.next
        ):  # not the last record: a marker of a transaction may be what the changelog ends with
            progress.next = end
            offsets[tp] = end - 1
        if self.in_recovery and not self.need_recovery():
            self._set_recovery_ended()
            self.signal_recovery_end.set()

    async def _seek_offsets(self, consumer: Any, tps: set[TP], offsets: Counter[TP], title: str) -> None:
        await consumer.wake(tps)
        await super()._seek_offsets(consumer, tps, offsets, title)
        for tp in tps:
            self._restoring[tp] = Progress(max(offsets[tp], 0))
            table: Any = self.tp_to_table[tp]
            table.begin_restoring(tp)

    async def _build_highwaters(
        self, consumer: Any, tps: set[TP], destination: Counter[TP], title: str
    ) -> None:
        """Ask where changelogs end, and stop where that is below what is known to lie there."""
        await super()._build_highwaters(consumer, tps, destination, title)
        noted, known = await consumer.noted_changelogs(), self.app.changelog_ends
        for tp in tps:
            end = destination[tp] + 1
            kept = self.tp_to_table[tp].persisted_offset(tp)
            there = max(known.get(tp, 0), noted.get(tp, 0), 0 if kept is None else kept + 1)
            if there > end:
                self.app.fatal(changelog_cut(*tp, there, end))
            known[tp] = end

    def _set_recovery_started(self) -> None:
        super()._set_recovery_started()
        self.signal_recovery_end.clear()

    @Service.task
    async def _slurp_changelogs(self) -> None:
        """Read nothing: the consumer brings changelog records here, a fetch at a time."""

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Finish the tables, seek, and let the streams run, unless another rebalance has begun."""
        self.log.info("Restore complete!")
        await self.app.on_rebalance_complete.send()
        self._set_recovery_ended()
        for restored in self.tables.values():
            restored.end_restoring()
        await asyncio.gather(
            *(
                table.on_recovery_completed(self.actives_for_table[table], self.standbys_for_table[table])
                for table in self.tables.values()
            )
        )
        await self._begin(generation_id)
        if self.app.consumer_generation_id == generation_id and not self.app.assignor.assigned_standbys():
            self.tables.on_standbys_ready()

    async def _resume_streams(self, generation_id: int = 0) -> None:
        await self.app.on_rebalance_complete.send()
        await self._begin(generation_id)
        self.tables.on_standbys_ready()

    async def _begin(self, generation_id: int) -> None:
        consumer = self.app.consumer
        if self._outlived(generation_id):
            return
        if apart := self._apart():
            self._wait_for_another_deal(generation_id, apart)
            return
        if consumer.assignment():
            # Faust leaves changelogs fetched for good, though nobody reads them: each worker gets all it writes back.
            await self._wait(consumer.rest({tp: progress.next for tp, progress in self._restoring.items()}))
            await self._wait(consumer.perform_seek(), timeout=self.app.conf.broker_request_timeout)
        if self._outlived(generation_id):
            return
        self.app.on_recovered({tp.partition for tp in consumer.assignment()})
        self.completed.set()
        consumer.resume_partitions({tp for tp in consumer.assignment() if not self._is_changelog_tp(tp)})
        self.app.flow_control.resume()
        consumer.resume_flow()
        await self.app._fetcher.maybe_start()  # noqa: SLF001 - Faust's own recovery does the same
        self.tables.on_actives_ready()
        self.app.on_rebalance_end()
        sources = [tp for tp in consumer.assignment() if not self._is_changelog_tp(tp)]
        _log.info("Worker ready: recovered in %.1f s, reading %s", self.app.vitals.recovery_s, spans(sources))

    async def _wait(self, coro: Any, timeout: Any = None) -> None:  # noqa: ASYNC109 - Faust's signature
        """Wait as Faust does, which takes a broker that does not answer in time for an order to stop, and idles."""
        try:
            await super()._wait(coro, timeout)
        except ServiceStopped:
            if not (self.should_stop or self.crashed):
                self.app.fatal(
                    RecoveryTimeoutError(f"the broker did not answer within {timeout:g} s in recovery")
                )
            raise

    def _apart(self) -> set[int]:
        """Return the partitions this worker is to read without having their tables."""
        read = {tp.partition for tp in self.app.consumer.assignment() if not self._is_changelog_tp(tp)}
        return {
            partition
            for table in self.tables.values()
            for partition in read
            if TP(table.changelog_topic_name, partition) not in self.active_tps
        }

    def _wait_for_another_deal(self, generation_id: int, apart: set[int]) -> None:
        """
        Read nothing: states made without what was there before would take its place.

        Faust's assignor deals changelogs and the topics they belong to apart when the members of a group do not
        subscribe to the same topics: while a release with other tables comes in, say. The next deal mends that.
        """
        self.log.error(
            "Partitions %s were dealt without their tables; reading nothing until the next deal", apart
        )

        def give_up() -> None:
            if self.app.consumer_generation_id == generation_id and not self.app.should_stop:
                self.app.fatal(DealtApartError(f"partitions {apart} were dealt without their tables"))

        asyncio.get_running_loop().call_later(3 * float(self.app.conf.broker_session_timeout), give_up)

    def _outlived(self, generation_id: int) -> bool:
        if self.app.consumer_generation_id == generation_id:
            return False
        self.log.info("Another rebalance began during recovery")
        return True


class SeekingTableManager(TableManager):
    """Faust's table manager with our recovery, whose stores are opened at the same time."""

    async def on_start(self) -> None:
        """Begin at once: every table is made before the app starts, and Faust waits a second for those that are not."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Open the stores of what was dealt, all at once: each waits for the disk; then do as Faust does."""
        opening = [
            asyncio.to_thread(table.open_store, tp.partition)
            for table in list(self.values())
            for tp in newly_assigned
            if tp.topic == table.changelog_topic_name
        ]
        await asyncio.gather(*opening)
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    @property
    def recovery(self) -> Any:
        """Return the recovery service, made when first asked for."""
        if self._recovery is None:
            self._recovery = SeekingRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
