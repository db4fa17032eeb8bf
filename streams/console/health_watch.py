"""Whether the stream works, asked of Kafka every few seconds beside the pages: workers, lag, topics, logs."""

import asyncio
from time import monotonic, time
from typing import Final

from aiokafka.errors import IncompatibleBrokerVersion, KafkaError

from streams.console.follower import Follower
from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.kafka.group_lag import GroupLag
from streams.kafka.group_members import Cluster, Group, cluster_of
from streams.kafka.partition_asker import PartitionAsker
from streams.operations.log_check import LogCheck
from streams.operations.stream_status import StreamStatus
from streams.wire import topics
from streams.wire.topic_check import check_topics

EVERY_S: Final = 5.0
NOT_TOLD: Final = "this broker does not tell who works"
_PATIENCE_S: Final = 5.0


class HealthWatch:
    """The newest look at the stream; None until there was one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.newest: StreamStatus | None = None
        self.trouble: str | None = None
        """Why there is no newer look, in words."""
        self.answered_at = monotonic()
        """When Kafka last answered, on the clock of ``monotonic``; at first when this was made."""

    async def run(self, follower: Follower) -> None:
        """Look until cancelled, and tell the follower how far workers have committed."""
        asker = PartitionAsker(self._connection, _PATIENCE_S)
        lag = GroupLag(asker, topics.APPLICATION)
        logs = LogCheck(asker, topics.APPLICATION, topics.KEPT)
        try:
            while True:
                try:
                    self.newest = await self._look(asker, lag, logs)
                    self.trouble, self.answered_at = None, monotonic()
                    committed = {
                        (one.topic, one.partition): one.committed
                        for one in self.newest.lags
                        if one.committed is not None
                    }
                    await follower.committed(committed)
                except (KafkaError, OSError, TimeoutError) as error:
                    self.trouble = f"Kafka does not answer ({type(error).__name__})"
                await asyncio.sleep(EVERY_S)
        finally:
            await asker.close()

    async def _look(self, asker: PartitionAsker, lag: GroupLag, logs: LogCheck) -> StreamStatus:
        try:
            cluster = await cluster_of(asker.groups, topics.APPLICATION)
        except IncompatibleBrokerVersion:  # an embedded broker tells nothing of a group's members
            cluster = Cluster(None, 1, Group("Stable", (NOT_TOLD,)))
        on_broker = await broker_topics(self._connection)
        wrong = tuple(one.topic.name for one in check_topics(on_broker, None) if one.state != "ok")
        status = StreamStatus(round(time() * 1000), cluster, wrong)
        there = {name: on_broker[name].partitions for name in topics.READ if name in on_broker}
        status.lags = tuple(await lag.look(there))
        await logs.check(status.lags)
        status.log_faults = tuple(str(fault) for _, fault in sorted(logs.faults.items()))
        return status
