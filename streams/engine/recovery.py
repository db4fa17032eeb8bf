"""
Recovery and what follows it: seek first, resume after, and nothing in between.

Stock Faust 0.15.3 resumes the source partitions and seeks afterwards; what was fetched meanwhile is thrown away
and counted as done. It also swallows what goes wrong while a table's callbacks run.
"""

import asyncio
from typing import Any

from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery


class SeekingRecovery(Recovery):
    """Faust's recovery with its end put in order."""

    app: Any
    """A ``CheckpointApp``, which is made of this class and so cannot be named here."""

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Finish the tables, seek, and let the streams run, unless another rebalance has begun."""
        self.log.info("Restore complete!")
        await self.app.on_rebalance_complete.send()
        self._set_recovery_ended()
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
        if consumer.assignment():
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
        self.log.info("Worker ready")

    def _outlived(self, generation_id: int) -> bool:
        if self.app.consumer_generation_id == generation_id:
            return False
        self.log.info("Another rebalance began during recovery")
        return True


class SeekingTableManager(TableManager):
    """Faust's table manager with our recovery."""

    @property
    def recovery(self) -> Any:
        """Return the recovery service, made when first asked for."""
        if self._recovery is None:
            self._recovery = SeekingRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
