"""The rejects topic: reading it without a group, which leaves no trace, and choosing from it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.kafka.partition_asker import PartitionAsker
from streams.kafka.topic_reader import records_between, topic_consumer
from streams.operations.reject_ledger import RejectedMessage, RejectLedger, Standing, State
from streams.wire.cloud_events import CE_SOURCE
from streams.wire.refused_event import legible_source
from streams.wire.reject_headers import origin
from streams.wire.reject_marks import Place
from streams.wire.topics import APPLICATION, READ, REJECTS

PARK_AFTER: Final = 5
"""Times a message is sent back before it is parked, unless the operator says another number."""


class SelectedReject(NamedTuple):
    """A reject that was asked for, and what became of it."""

    message: RejectedMessage
    state: State
    by: str


@dataclass(frozen=True)
class Selection:
    """Which rejects an operator asked for: those that match every field that is set."""

    places: frozenset[Place] = frozenset()
    reason: str = ""
    """A text in the reason, in capitals or not."""
    since: int = 0
    """The earliest instant of the refusal, in milliseconds since 1970."""
    until: int | None = None
    """The instant before which it was refused, likewise."""
    source: str = ""
    """The source that the refused event names."""
    states: frozenset[State] = frozenset()

    def matches(self, message: RejectedMessage) -> bool:
        """Tell whether a reject matches, its state aside."""
        if self.places and message.place not in self.places:
            return False
        if self.reason and (
            message.origin is None or self.reason.casefold() not in message.origin.reason.casefold()
        ):
            return False
        if self.source and self.source != source_of(message):
            return False
        return message.rejected_at >= self.since and (self.until is None or message.rejected_at < self.until)

    def takes(self, state: State) -> bool:
        """Tell whether a state is among those asked for: any but ``repeated`` where none is named, and no place."""
        return state in self.states if self.states else bool(self.places) or state != "repeated"


def source_of(message: RejectedMessage) -> str | None:
    """Return the source a refused event names, in its headers or where its bytes tell; None where nothing does."""
    named = next((value for name, value in message.headers if name == CE_SOURCE), None)
    return legible_source(message.value or b"") or (named.decode(errors="replace") if named else None)


async def selected_rejects(
    connection: Connection, selection: Selection, park_after: int = PARK_AFTER
) -> AsyncGenerator[SelectedReject, None]:
    """
    Yield the selected rejects, partition by partition in the order of their offsets, up to those there are now.

    The topic is read twice: what became of a reject is told by messages behind it.

    Raises:
        MissingTopicError: there is no rejects topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    async with topic_consumer(connection, REJECTS) as (consumer, partitions):
        # Before the rejects: what was read up to here and refused lies on the topic already.
        ledger = RejectLedger(park_after, await _read_up_to(connection))
        starts = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        async with aclosing(records_between(consumer, starts, ends)) as records:
            async for record in records:
                ledger.add(
                    record.partition,
                    record.offset,
                    record.timestamp,
                    (record.key, record.value),
                    tuple(record.headers),
                )
        for partition in partitions:
            async for found in _selected_in(
                consumer, partition, starts[partition], ends[partition], selection, ledger
            ):
                yield found


async def _read_up_to(connection: Connection) -> Mapping[tuple[str, int], int]:
    """Return the positions the workers have committed; none where their group's coordinator does not tell."""
    topics = await broker_topics(connection)
    spots = [(name, number) for name in READ if name in topics for number in range(topics[name].partitions)]
    asker = PartitionAsker(connection)
    try:
        return await asker.committed(APPLICATION, spots)
    except (KafkaError, TimeoutError):
        return {}
    finally:
        await asker.close()


async def _selected_in(
    consumer: Any, partition: TopicPartition, first: int, end: int, selection: Selection, ledger: RejectLedger
) -> AsyncGenerator[SelectedReject, None]:
    if selection.places:
        wanted = [offset for number, offset in selection.places if number == partition.partition]
        first, end = max(first, min(wanted, default=end)), min(end, max(wanted, default=0) + 1)
    elif selection.since and first < end:
        answer = (await consumer.offsets_for_times({partition: selection.since}))[partition]
        first = first if answer is None else answer.offset
    if first >= end:
        return
    async with aclosing(records_between(consumer, {partition: first}, {partition: end})) as records:
        async for record in records:
            message = _rejected_message(record)
            standing: Standing | None = ledger.standing(message.place)
            if standing is not None and selection.takes(standing[0]) and selection.matches(message):
                yield SelectedReject(message, *standing)


def _rejected_message(record: Any) -> RejectedMessage:
    headers = tuple(record.headers)
    return RejectedMessage(
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        headers,
        origin(headers),
    )
