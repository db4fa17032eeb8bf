"""The agent that reads what came through the front door, and sends the events it says."""

import logging
from collections.abc import AsyncIterable, Callable, Mapping
from functools import partial
from typing import Any

from streams.engine.app import CheckpointApp
from streams.engine.batches import PartitionBatch
from streams.engine.records import Record
from streams.feeds.raw_processor import Convert, RawCounts, RawProcessor
from streams.kafka.partitioner import home_of
from streams.wire import topics
from streams.worker.association_store import AssociationStore
from streams.worker.guarded_work import work_off

_log = logging.getLogger(__name__)

Count = Callable[[str, RawCounts], None]
"""Takes in what a batch of a raw topic came to."""


class RawAgent:
    """Reads both raw topics; ``convert`` is the adapter of each."""

    def __init__(
        self, app: CheckpointApp, associations: AssociationStore, convert: Mapping[str, Convert],
        partitions: int, count: Count | None = None,
    ) -> None:  # fmt: skip
        self._app, self._associations, self._convert = app, associations, convert
        self._partitions, self._count = partitions, count

    async def read(self, stream: AsyncIterable[PartitionBatch]) -> None:
        """Convert messages to the events they say."""
        async for batch in stream:
            work_off(self._app, batch, partial(self._read, batch))

    def _read(self, batch: PartitionBatch) -> None:
        topic, partition = batch.tp
        store = self._associations
        consumer: Any = self._app.consumer
        committed = consumer.progress[batch.tp].committed if batch.tp in consumer.progress else 0
        said = store.said(partition, topic, committed)
        states = store.states(partition)
        processor = RawProcessor(topic, partition, self._convert[topic], store.linker, states, said)
        processed = processor.process(batch.records)
        for offset, value in processed.said.items():  # in front of what they changed: a crash may cut between
            store.keep_said(partition, topic, offset, value)
        for facility, changes in processed.changes.items():
            store.keep(partition, facility, changes)
        for message in processed.messages:
            record = Record(message.key, message.value, message.headers)
            home = partition
            if message.topic == topics.EVENTS and message.key is not None:
                home = home_of(message.key.decode(), self._partitions)
            self._app.send_at_checkpoint(message.topic, home, record)
        if self._count is not None:
            self._count(topic, processed.counts)
        if processed.counts.faults:
            _log.error(
                "%d messages of %s could not be converted: a fault of ours; see infusion rejects",
                processed.counts.faults, topic,
            )  # fmt: skip
