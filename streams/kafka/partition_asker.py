"""
What only Kafka knows of partitions: where they end, what a group has committed, and when a record was written.

A client of its own, without a group: asking leaves no trace, and a worker that is stuck does not hold it up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import GroupLoadInProgressError

from streams.fetching.client import reading_client
from streams.kafka.connection import Connection
from streams.kafka.group_coordinator import Answer, GroupClient

Spot = tuple[str, int]
"""A topic and the number of a partition."""

ANSWER_S: Final = 3.0
"""Seconds in which Kafka answers, or has not answered."""

_FETCH_BYTES: Final = 1 << 20
"""Of each partition at once: one record is wanted, and a batch that is larger comes alone, a tenth of a second each."""

_AT_ONCE: Final = 24
"""Partitions whose first record is fetched at once: a response is in memory whole."""


_POLL_MS: Final = 100


class FirstRecord(NamedTuple):
    """The first record from some offset on."""

    offset: int
    """Its offset; where there is none, how far was looked."""
    timestamp: int | None
    """In milliseconds; None where there is none."""


class PartitionAsker:
    """
    Asks about partitions; every question raises ``TimeoutError`` or a Kafka error when there is no answer in time.

    It is connected by the first question, and anew after one that failed. ``groups`` is asked about positions.
    """

    def __init__(self, connection: Connection, patience_s: float = ANSWER_S) -> None:
        self._connection, self._patience_s = connection, patience_s
        self._consumer: Any = None
        self.groups: Final = GroupClient(connection, patience_s)

    async def ends(self, spots: Collection[Spot]) -> dict[Spot, int]:
        """Return the offset after the last record of each partition."""
        found = await self._ask("end_offsets", [TopicPartition(*spot) for spot in spots])
        return {tuple(place): offset for place, offset in found.items()}

    async def starts(self, spots: Collection[Spot]) -> dict[Spot, int]:
        """Return the offset of the first record of each partition that is still there."""
        found = await self._ask("beginning_offsets", [TopicPartition(*spot) for spot in spots])
        return {tuple(place): offset for place, offset in found.items()}

    async def first_records(
        self, offsets: Mapping[Spot, int], ends: Mapping[Spot, int]
    ) -> dict[Spot, FirstRecord]:
        """
        Return the first record at or after each offset, or that there is none before the end of the partition.

        A partition whose record does not come in time is left out: it is asked about again by whoever wants it.
        """
        found: dict[Spot, FirstRecord] = {}
        for start in range(0, len(offsets), _AT_ONCE):
            some = dict(islice(offsets.items(), start, start + _AT_ONCE))
            found |= await self._first_records(some, ends)
        return found

    async def _first_records(
        self, offsets: Mapping[Spot, int], ends: Mapping[Spot, int]
    ) -> dict[Spot, FirstRecord]:
        consumer = await self._connected()
        wanted = {TopicPartition(*spot) for spot in offsets}
        found: dict[Spot, FirstRecord] = {}
        consumer.assign(wanted)
        try:
            for spot, offset in offsets.items():
                consumer.seek(TopicPartition(*spot), offset)
            async with asyncio.timeout(ANSWER_S):
                while wanted:
                    fetched = await consumer.getmany(*wanted, timeout_ms=_POLL_MS, max_records=1)
                    for place, (record,) in fetched.items():
                        found[tuple(place)] = FirstRecord(record.offset, record.timestamp)
                    # Markers of transactions and what they took back move the position, and are no records.
                    for place in wanted - fetched.keys():
                        if (reached := await consumer.position(place)) >= ends[tuple(place)]:
                            found[tuple(place)] = FirstRecord(reached, None)
                    wanted = {place for place in wanted if tuple(place) not in found}
        except TimeoutError:
            pass
        finally:
            consumer.unsubscribe()
        return found

    async def committed(self, group: str, spots: Collection[Spot]) -> dict[Spot, int]:
        """Return the positions a group has committed in these partitions; those without one are not among them."""
        return {spot: offset for spot, (offset, _) in (await self.positions(group, spots)).items()}

    async def positions(self, group: str, spots: Collection[Spot]) -> dict[Spot, tuple[int, str]]:
        """Return the same with what was noted beside each position."""
        places = [TopicPartition(*spot) for spot in spots]

        async def question(admin: Any, coordinator: int) -> dict[TopicPartition, Any]:
            found: dict[TopicPartition, Any] = await admin.list_consumer_group_offsets(
                group, coordinator, places
            )
            # The client drops an error that is about the group as a whole, and what is left looks like "never read".
            if len(found) < len(places):
                raise GroupLoadInProgressError
            return found

        found = await self.groups.ask(group, question)
        return {
            tuple(place): (about.offset, about.metadata or "")
            for place, about in found.items()
            if about.offset >= 0
        }

    async def through_client(self, question: Callable[[Any], Awaitable[Answer]]) -> Answer:
        """Return what a question comes to; it is given the connected client, to ask what is not asked here."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await question((await self._connected())._client)  # noqa: SLF001 - aiokafka has no public way to it
        except Exception:
            await self._leave()
            raise

    async def close(self) -> None:
        """Close the connections."""
        await self._leave()
        await self.groups.close()

    async def _leave(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def _ask(self, question: str, places: list[TopicPartition]) -> Any:
        try:
            async with asyncio.timeout(self._patience_s):
                return await getattr(await self._connected(), question)(places)
        except Exception:
            await self._leave()
            raise

    async def _connected(self) -> Any:
        if self._consumer is None:
            consumer = reading_client(  # from the earliest: what retention took is not the oldest unread record any more
                **self._connection.for_aiokafka(),
                max_partition_fetch_bytes=_FETCH_BYTES,
                request_timeout_ms=int(self._patience_s * 1000),
            )
            try:
                async with asyncio.timeout(self._patience_s):
                    await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            self._consumer = consumer
        return self._consumer
