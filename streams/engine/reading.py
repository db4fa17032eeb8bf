"""The consumer's thread as a reader: committed records alone, and each fetch as stretches, so that markers are passed."""

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any, Final

from aiokafka.errors import ConsumerStoppedError
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.fetching.client import read_committed
from streams.fetching.stretch import fetched_stretches

_READ_UNCOMMITTED: Final = 0


class ReadingThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, whose consumer reads what is committed and tells how far it has come."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        return read_committed(super()._create_worker_consumer(transport))

    def _create_client_consumer(self, transport: Any) -> Any:
        return read_committed(super()._create_client_consumer(transport))

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
            return await fetched_stretches(fetcher, active_partitions, timeout or 0, max_records)

    def highwater(self, tp: TP) -> Any:
        """Return the offset after the last record that can be read: what an open transaction wrote cannot be yet."""
        consumer = self._ensure_consumer()
        stable = consumer.last_stable_offset(tp)
        return consumer.highwater(tp) if stable is None or stable < 0 else stable

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
