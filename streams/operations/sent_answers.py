"""Answers on their way: published to the events topic, found there again, and the revision that comes of them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from aiokafka import TopicPartition
from orjson import JSONDecodeError, dumps, loads

from streams.kafka.connection import Connection
from streams.kafka.publisher import Publisher
from streams.kafka.topic_reader import records_between, topic_consumer
from streams.operations.published import Positions, Published, follow
from streams.operations.resolutions.stay_context import MANUAL
from streams.wire.event_message import event_message
from streams.wire.message import OutboundMessage
from streams.wire.topics import EVENTS

_MARK: Final = MANUAL.encode()


async def publish_answers(connection: Connection, events: Iterable[Mapping[str, Any]]) -> int:
    """
    Publish the events of answers, in their order, and return how many the broker has.

    Raises:
        MissingTopicError: the topic is not there.
        aiokafka.errors.KafkaError: Kafka cannot be reached, or did not take them; publish the same again.
    """
    publisher = await Publisher.connected(connection, (EVENTS,))
    try:
        await publisher.send(map(_message, events))
        await publisher.arrive()
        return publisher.arrived
    finally:
        await publisher.close()


def _message(event: Mapping[str, Any]) -> OutboundMessage:
    line = dumps(event)
    key, headers, _ = event_message(line)
    return OutboundMessage(EVENTS, key, line, headers)


async def next_published(
    connection: Connection, positions: Positions, encounter_id: str, seconds: float
) -> Published | None:
    """
    Return what is published of a stay next, from these positions on; None when the time is over.

    Raises:
        aiokafka.errors.KafkaError: Kafka cannot be reached.
    """
    try:
        async with asyncio.timeout(seconds), aclosing(follow(connection, positions)) as changes:
            async for change in changes:
                if change.encounter_id == encounter_id:
                    return change
    except TimeoutError:
        return None
    return None


async def stays_answered(
    connection: Connection, since_ms: int = 0, encounters: frozenset[str] = frozenset()
) -> dict[str, list[bytes]]:
    """
    Return the event lines of each stay about which a person entered something since an instant, by encounter.

    The events topic is read twice: for what was entered, then for all that is known of those stays.

    Raises:
        MissingTopicError: the topic is not there.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    names: set[str] = set()
    lines: dict[str, list[bytes]] = {}
    async with topic_consumer(connection, EVENTS) as (consumer, partitions):
        ends = await consumer.end_offsets(partitions)
        starts = await _starts(consumer, partitions, since_ms, ends)
        async with aclosing(records_between(consumer, starts, ends)) as records:
            async for record in records:
                name = _entered_about(record.value)
                if name is not None and (not encounters or name in encounters):
                    names.add(name)
        if not names:
            return {}
        starts = await consumer.beginning_offsets(partitions)
        async with aclosing(records_between(consumer, starts, ends)) as records:
            async for record in records:
                name = (record.key or b"").decode(errors="replace")
                if name in names and record.value:
                    lines.setdefault(name, []).append(record.value)
    return lines


async def _starts(
    consumer: Any, partitions: Sequence[TopicPartition], since_ms: int, ends: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    if not since_ms:
        return dict(await consumer.beginning_offsets(partitions))
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
    return {one: ends[one] if at is None else at.offset for one, at in found.items()}


def _entered_about(value: bytes | None) -> str | None:
    """Return the stay that a person's entry is about; None for every other record, mostly without reading it."""
    if value is None or _MARK not in value:
        return None
    try:
        event = loads(value)
        return str(event["encounter_id"]) if event.get("source") == MANUAL else None
    except (JSONDecodeError, AttributeError, KeyError):
        return None
