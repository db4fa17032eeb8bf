"""
What is written down of deliveries: on ``infusion.deliveries.v1`` what the billing system said, and which stays are parked.

A change counts as delivered once its record here is stored by every replica, and its position is committed after that.
So a process that is killed knows at its next start what was acknowledged, but for answers that it never wrote down.
"""

from collections.abc import Mapping
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from time import time
from typing import Any, Final, NamedTuple, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition
from orjson import loads

from models.delivery import Delivery, Outcome
from streams.delivery.stay import Item, Kept, Refusal, kept_bytes, kept_of
from streams.fetching.client import reading_client
from streams.kafka.connection import Connection
from streams.kafka.topic_reader import records_between
from streams.wire.charge_json import value_of
from streams.wire.cloud_events import event_id, headers
from streams.wire.topics import CHARGE_LINES, DELIVERIES, PARKED, topic

LOOK_BACK_S: Final = 24 * 3600
"""
How much older than the first undelivered change an acknowledgement may be and still be known at the start. A worker
that crashed sends its last changes again when it is back: one that was away for longer may have them delivered twice.
"""

_TIMEOUT_MS: Final = 60_000
_POLL_MS: Final = 500
_FIRST_RECORD_POLLS: Final = 20


class Known(NamedTuple):
    """What a partition's new owner has to know."""

    acknowledged: set[str]
    """Control ids of changes that the billing system has taken."""
    parked: dict[str, Kept]
    """Parked stays by their encounter ids."""


class Ledger(Protocol):
    """Where deliveries are written down."""

    async def decided(
        self, partition: int, item: Item, outcome: Outcome, refusal: Refusal | None, answer: str | None
    ) -> None:
        """Write down what became of a change."""

    async def keep(
        self, partition: int, encounter_id: str, refusal: Refusal | None, items: list[Item]
    ) -> None:
        """Keep the parked changes of a stay in place of those kept before; none of them takes the stay out."""


class KafkaLedger:
    """The ledger of one destination on Kafka; any failure to write is raised, for nothing may be committed after it."""

    def __init__(self, connection: Connection, destination: str) -> None:
        self._connection, self._destination = connection, destination
        self._producer: Any = None

    async def start(self) -> None:
        """
        Connect.

        Raises:
            aiokafka.errors.KafkaError: Kafka cannot be reached.
        """
        self._producer = AIOKafkaProducer(
            **self._connection.for_aiokafka(),
            enable_idempotence=True,
            acks="all",
            max_request_size=topic(PARKED).max_message_bytes,
            request_timeout_ms=_TIMEOUT_MS,
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Disconnect."""
        if self._producer is not None:
            await self._producer.stop()

    async def decided(
        self, partition: int, item: Item, outcome: Outcome, refusal: Refusal | None, answer: str | None
    ) -> None:
        """
        Write down what became of a change.

        Raises:
            aiokafka.errors.KafkaError: it could not be written.
        """
        change = item.change
        if change is None:  # whose line it is cannot be told; it is kept whole with the parked stays
            return
        now = datetime.fromtimestamp(int(time()), UTC)
        delivery = Delivery(
            change.encounter_id, self._destination, outcome, change.line.line_id, change.change, change.charge_set_id,
            change.revision, item.control_id, answer, refusal.reason if refusal else None, item.answers, now,
        )  # fmt: skip
        name = event_id(DELIVERIES, self._destination, item.control_id, outcome)
        await self._producer.send_and_wait(
            DELIVERIES,
            value_of(delivery),
            change.encounter_id.encode(),
            partition,
            headers=[*headers("delivery", name, change.encounter_id, int(now.timestamp()))],
        )

    async def keep(
        self, partition: int, encounter_id: str, refusal: Refusal | None, items: list[Item]
    ) -> None:
        """
        Keep the parked changes of a stay in place of those kept before; none of them takes the stay out.

        Raises:
            aiokafka.errors.KafkaError: it could not be written.
        """
        key = f"{encounter_id}\0{self._destination}".encode()
        value = kept_bytes(self._destination, refusal, items) if refusal and items else None
        await self._producer.send_and_wait(PARKED, value, key, partition)

    async def load(self, positions: Mapping[int, int]) -> dict[int, Known]:
        """
        Return what is known of partitions, each with the position of its first undelivered record.

        Raises:
            aiokafka.errors.KafkaError: Kafka cannot be reached, or stopped answering.
        """
        consumer = _reader(self._connection)
        await consumer.start()
        try:
            parked = await _parked(consumer, [*positions])
            now = int(time() * 1000)
            since = dict.fromkeys(positions, now) | await _stored_at(consumer, positions)
            acknowledged = await self._acknowledged(consumer, since)
        finally:
            await consumer.stop()
        known = {number: Known(acknowledged[number], {}) for number in positions}
        for (number, encounter_id, destination), kept in parked.items():
            if destination == self._destination:
                known[number].parked[encounter_id] = kept
        return known

    async def _acknowledged(self, consumer: Any, since_ms: Mapping[int, int]) -> dict[int, set[str]]:
        """Return the control ids of what was taken since an instant, and a while before it, by partition."""
        places = {
            TopicPartition(DELIVERIES, number): max(0, at - LOOK_BACK_S * 1000)
            for number, at in since_ms.items()
        }
        found = await consumer.offsets_for_times(places)
        starts = {place: one.offset for place, one in found.items() if one is not None}
        ids: dict[int, set[str]] = {number: set() for number in since_ms}
        if not starts:
            return ids
        ends = await consumer.end_offsets([*starts])
        async with aclosing(records_between(consumer, starts, ends)) as records:
            async for record in records:
                with suppress(ValueError):
                    held = loads(record.value or b"{}")
                    if (held.get("destination"), held.get("outcome")) == (self._destination, "accepted"):
                        ids[record.partition].add(str(held["control_id"]))
        return ids


Parked = dict[tuple[int, str, str], Kept]
"""Parked stays by partition, encounter id and destination."""


async def parked_stays(connection: Connection, partitions: int) -> Parked:
    """
    Return every parked stay there is.

    Raises:
        aiokafka.errors.KafkaError: Kafka cannot be reached, or stopped answering.
    """
    consumer = _reader(connection)
    await consumer.start()
    try:
        return await _parked(consumer, [*range(partitions)])
    finally:
        await consumer.stop()


def _reader(connection: Connection) -> Any:
    return reading_client(
        **connection.for_aiokafka(),
        max_partition_fetch_bytes=topic(PARKED).max_message_bytes,
    )


async def _parked(consumer: Any, partitions: list[int]) -> Parked:
    places = [TopicPartition(PARKED, number) for number in partitions]
    starts, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    stays: Parked = {}
    async with aclosing(records_between(consumer, starts, ends)) as records:
        async for record in records:
            name, _, destination = (record.key or b"").decode().partition("\0")
            if record.value is None:
                stays.pop((record.partition, name, destination), None)
            else:
                stays[record.partition, name, destination] = kept_of(record.value)
    return stays


async def _stored_at(consumer: Any, positions: Mapping[int, int]) -> dict[int, int]:
    """Return when the record at each position was stored, in epoch milliseconds; not of those where there is none yet."""
    places = {TopicPartition(CHARGE_LINES, number): position for number, position in positions.items()}
    ends = await consumer.end_offsets([*places])
    waiting = {place: position for place, position in places.items() if position < ends[place]}
    stored: dict[int, int] = {}
    consumer.assign([*waiting])
    for place, position in waiting.items():
        consumer.seek(place, position)
    for _ in range(_FIRST_RECORD_POLLS if waiting else 0):
        fetched = await consumer.getmany(*waiting, timeout_ms=_POLL_MS)
        for place, records in fetched.items():
            stored.setdefault(place.partition, int(records[0].timestamp))
        if len(stored) == len(waiting):
            break
    return stored
