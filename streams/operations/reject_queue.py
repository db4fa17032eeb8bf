"""The rejects topic: reading it without a group, which leaves no trace, and sending rejects back."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka import TopicPartition

from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.kafka.publisher import Publisher
from streams.kafka.topic_reader import records_between, topic_consumer
from streams.wire.message import Headers, OutboundMessage
from streams.wire.message_size import is_cut
from streams.wire.reject_headers import Origin, origin, replay_headers
from streams.wire.topics import REJECTS

Place = tuple[int, int]
"""Partition and offset on the rejects topic."""


class RejectedMessage(NamedTuple):
    """One message on the rejects topic."""

    partition: int
    offset: int
    rejected_at: int
    """Milliseconds since 1970, by the broker's clock."""
    key: bytes | None
    value: bytes | None
    headers: Headers
    origin: Origin | None
    """None for what somebody else put there."""


@dataclass(frozen=True)
class Selection:
    """Which rejects an operator asked for: those that match every field that is set."""

    places: frozenset[Place] = frozenset()
    reason: str = ""
    """A text in the reason, in capitals or not."""
    since: int = 0
    """The earliest instant of the refusal, in milliseconds since 1970."""

    def matches(self, message: RejectedMessage) -> bool:
        """Tell whether a reject matches."""
        if self.places and (message.partition, message.offset) not in self.places:
            return False
        if self.reason and (
            message.origin is None or self.reason.casefold() not in message.origin.reason.casefold()
        ):
            return False
        return message.rejected_at >= self.since


@dataclass
class ReplayResult:
    """The result of a replay: how many rejects were sent back, which were seen, and which could not be sent."""

    sent: int = 0
    seen: set[Place] = field(default_factory=set)
    not_sent: list[tuple[Place, str]] = field(default_factory=list)
    """The place of each that could not be sent back, and why."""


async def selected_rejects(
    connection: Connection, selection: Selection
) -> AsyncGenerator[RejectedMessage, None]:
    """
    Yield the selected rejects, partition by partition in the order of their offsets, up to those there are now.

    Raises:
        MissingTopicError: there is no rejects topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    async with topic_consumer(connection, REJECTS) as (consumer, partitions):
        starts = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            async for message in _selected_in(
                consumer, partition, starts[partition], ends[partition], selection
            ):
                yield message


async def replay(connection: Connection, selection: Selection) -> ReplayResult:
    """
    Send the selected rejects back to the topics they came from, as they were, with a header that says it is a replay.

    Nothing is remembered: the reject stays where it is, and a second replay sends it again, which changes
    nothing, as events do not count twice.

    Raises:
        MissingTopicError: there is no rejects topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    result = ReplayResult()
    existing = {*await broker_topics(connection)} - {REJECTS}
    publisher = await Publisher.connected(connection, existing)
    try:
        async with aclosing(selected_rejects(connection, selection)) as selected:
            async for message in selected:
                place = (message.partition, message.offset)
                result.seen.add(place)
                if message.origin is None or message.origin.topic not in existing:
                    result.not_sent.append((place, _reason_not_sent(message.origin)))
                elif message.key is None and message.value is None:
                    result.not_sent.append((place, "it has neither a key nor a value"))
                elif is_cut(message.headers):
                    result.not_sent.append(
                        (place, "only its head is kept: send it again from where it came from")
                    )
                else:
                    headers = replay_headers(message.headers, *place)
                    await publisher.send(
                        [OutboundMessage(message.origin.topic, message.key, message.value, headers)]
                    )
                    result.sent += 1
        await publisher.arrive()
    finally:
        await publisher.close()
    return result


def _reason_not_sent(origin: Origin | None) -> str:
    return "its headers do not say where it came from" if origin is None else "its topic is not one of ours"


async def _selected_in(
    consumer: Any, partition: TopicPartition, first: int, end: int, selection: Selection
) -> AsyncGenerator[RejectedMessage, None]:
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
            if selection.matches(message := _rejected_message(record)):
                yield message


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
