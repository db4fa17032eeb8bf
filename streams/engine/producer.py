"""
The producer: every record it sent has arrived, or the worker stops before it commits.

Stock Faust 0.15.3 logs a failed send and commits over it, and its flush gives up after 100 milliseconds.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from faust.transport.drivers import aiokafka as driver
from faust.transport.producer import ProducerBuffer
from faust.types.tuples import FutureMessage

from streams.engine.records import PartitionRecords

_PARTS_A_BATCH: Final = 900_000
"""Bytes of one produce batch; a single record may be larger, a batch of several is not."""


class SendError(Exception):
    """A record was not written. The message names the topic and the driver's error, never the record."""


class CountingBuffer(ProducerBuffer):
    """Faust's queue of records to be sent soon, which also knows of those it has taken out and not handed on yet."""

    handing_on: int = 0

    async def _send_pending(self, fut: FutureMessage) -> None:
        self.handing_on += 1
        try:
            await super()._send_pending(fut)
        finally:
            self.handing_on -= 1


class CertainProducer(driver.Producer):
    """Faust's producer, idempotent, with a way to deliver many records and know that they lie there."""

    app: Any
    """A ``CheckpointApp``, which is made of this class and so cannot be named here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.buffer = self._soon = CountingBuffer(loop=self.loop, beacon=self.beacon)
        self._soon.app = self.app
        self._failed: SendError | None = None
        self._under_way: set[asyncio.Future[Any]] = set()

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}

    async def send(self, topic: str, *args: Any, **kwargs: Any) -> Any:
        """Send one record in Faust's way; a failure is remembered until the next flush."""
        try:
            sent = asyncio.ensure_future(await super().send(topic, *args, **kwargs))
        except Exception as error:
            self._fail(topic, error)
            raise
        self._under_way.add(sent)
        sent.add_done_callback(lambda done: self._note(topic, done))
        return sent

    def _note(self, topic: str, done: "asyncio.Future[Any]") -> None:
        self._under_way.discard(done)
        error = done.exception() if not done.cancelled() else asyncio.CancelledError()
        if error is not None:
            self._fail(topic, error)

    def _fail(self, topic: str, error: BaseException) -> None:
        if self._failed is None:
            self._failed = SendError(f"a record for {topic} was not written: {type(error).__name__}")

    async def flush(self) -> None:
        """
        Return when all that was sent before is written.

        Raises:
            SendError: something sent since the start of this producer was not.
        """
        while (self._soon.size or self._soon.handing_on) and self._failed is None:  # noqa: ASYNC110 -- Faust's buffer tells nobody that it is empty
            await asyncio.sleep(0.002)
        if self._under_way:
            await asyncio.wait(set(self._under_way))
        if self._failed is not None:
            raise self._failed

    async def deliver(self, groups: Sequence[PartitionRecords]) -> list[int]:
        """
        Write all partitions and return the offset of the first record of each.

        Raises:
            SendError: one of them was not written; others may have been.
        """
        if self._failed is not None:
            raise self._failed
        begun = [await self._begun(group) for group in groups]
        results = await asyncio.gather(*begun, return_exceptions=True)
        offsets: list[int] = []
        for group, result in zip(groups, results, strict=True):
            if isinstance(result, BaseException):
                self._failed = SendError(
                    f"records for {group.topic}, partition {group.partition}, were not written: {type(result).__name__}"
                )
                raise self._failed from result
            self.app.vitals.written[group.topic] += len(group.records)
            offsets.append(result.offset)
        return offsets

    async def _begun(self, group: PartitionRecords) -> "asyncio.Future[Any]":
        """
        Return what tells where the first record of a partition lies, once all of them are written.

        Nearly all are one batch, which the client takes at once: a task for each would cost more than that.
        """
        batches = list(self._batches_of(group))
        if len(batches) > 1:
            return asyncio.ensure_future(self._written(group, batches))
        try:
            return await self._sent(group, batches[0])
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are waited for before it is told
            failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            failed.set_exception(error)
            return failed

    def _batches_of(self, group: PartitionRecords) -> Iterator[Any]:
        producer = self._ensure_producer()
        batch, size = producer.create_batch(), 0
        for record in group.records:
            weight = len(record.key or b"") + len(record.value or b"") + 100 + 60 * len(record.headers)
            if size and size + weight > _PARTS_A_BATCH:
                yield batch
                batch, size = producer.create_batch(), 0
            fields = {"key": record.key, "value": record.value, "headers": list(record.headers)}
            if batch.append(timestamp=None, **fields) is None:
                yield batch
                batch, size = producer.create_batch(), 0
                batch.append(timestamp=None, **fields)
            size += weight
        yield batch

    async def _written(self, group: PartitionRecords, batches: Sequence[Any]) -> Any:
        first, *later = batches
        written = await (await self._sent(group, first))
        for batch in later:
            await (await self._sent(group, batch))
        return written

    async def _sent(self, group: PartitionRecords, batch: Any) -> "asyncio.Future[Any]":
        batch.close()
        sent: asyncio.Future[Any] = await self._ensure_producer().send_batch(
            batch, group.topic, partition=group.partition
        )
        return sent
