"""What lies on the rejects topic, read without a group and without leaving a trace; and sending it back."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.kafka.publisher import Publisher
from streams.kafka.topic_reader import topic_consumer
from streams.wire.message import Headers, OutboundMessage
from streams.wire.reject_headers import Origin, origin, replay_headers
from streams.wire.topics import REJECTS

_WAIT_MS: Final = 1_000
_PATIENCE: Final = 30
"""Looks in vain, of a second each, before a broker that sends nothing is taken for gone."""

Place = tuple[int, int]
"""Partition and offset on the rejects topic."""


class Rejected(NamedTuple):
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
    """Which rejects are meant: those that fit everything that is given."""

    places: frozenset[Place] = frozenset()
    reason: str = ""
    """What the reason contains, in capitals or not."""
    since: int = 0
    """The earliest instant of the refusal, in milliseconds since 1970."""

    def takes(self, one: Rejected) -> bool:
        """Tell whether a reject is meant."""
        if self.places and (one.partition, one.offset) not in self.places:
            return False
        if self.reason and (one.origin is None or self.reason.casefold() not in one.origin.reason.casefold()):
            return False
        return one.rejected_at >= self.since


@dataclass
class Replayed:
    """What became of the rejects that were to go back."""

    sent: int = 0
    seen: set[Place] = field(default_factory=set)
    kept_back: list[tuple[Place, str]] = field(default_factory=list)
    """Those that could not go back, and why."""


async def rejects(connection: Connection, selection: Selection) -> AsyncGenerator[Rejected, None]:
    """
    Yield the selected rejects, partition by partition in the order of their offsets, up to those there are now.

    Raises:
        MissingTopicError: there is no rejects topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    async with topic_consumer(connection, REJECTS) as (consumer, places):
        first = await consumer.beginning_offsets(places)
        end = await consumer.end_offsets(places)
        for place in places:
            async for one in _between(consumer, place, first[place], end[place], selection):
                yield one


async def replay(connection: Connection, selection: Selection) -> Replayed:
    """
    Send the selected rejects back to where they came from: value, key and headers as they were, and that it is a replay.

    Nothing is remembered: the reject stays where it is, and a second replay sends it again, which changes
    nothing, as events do not count twice.

    Raises:
        MissingTopicError: there is no rejects topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    done = Replayed()
    there = {*await broker_topics(connection)} - {REJECTS}
    publisher = await Publisher.connected(connection, there)
    try:
        async with aclosing(rejects(connection, selection)) as selected:
            async for one in selected:
                place = (one.partition, one.offset)
                done.seen.add(place)
                if one.origin is None or one.origin.topic not in there:
                    done.kept_back.append((place, _homeless(one.origin)))
                elif one.key is None and one.value is None:
                    done.kept_back.append((place, "it has neither a key nor a value"))
                else:
                    headers = replay_headers(one.headers, *place)
                    await publisher.send([OutboundMessage(one.origin.topic, one.key, one.value, headers)])
                    done.sent += 1
        await publisher.arrive()
    finally:
        await publisher.close()
    return done


def _homeless(came_from: Origin | None) -> str:
    return (
        "its headers do not say where it came from" if came_from is None else "its topic is not one of ours"
    )


async def _between(
    consumer: Any, place: TopicPartition, first: int, end: int, selection: Selection
) -> AsyncGenerator[Rejected, None]:
    if selection.places:
        wanted = [offset for partition, offset in selection.places if partition == place.partition]
        first, end = max(first, min(wanted, default=end)), min(end, max(wanted, default=0) + 1)
    elif selection.since and first < end:
        answer = (await consumer.offsets_for_times({place: selection.since}))[place]
        first = first if answer is None else answer.offset
    if first >= end:
        return
    consumer.assign([place])
    consumer.seek(place, first)
    in_vain = 0
    while await consumer.position(place) < end:
        records = (await consumer.getmany(place, timeout_ms=_WAIT_MS)).get(place, ())
        in_vain = 0 if records else in_vain + 1
        if in_vain > _PATIENCE:
            raise KafkaTimeoutError
        for record in records:
            if record.offset < end and selection.takes(one := _rejected(record)):
                yield one


def _rejected(record: Any) -> Rejected:
    headers = tuple(record.headers)
    return Rejected(
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        headers,
        origin(headers),
    )
