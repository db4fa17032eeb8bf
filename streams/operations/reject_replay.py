"""
Sending rejects back, and dismissing them: what may go where, and the mark that says it did.

A replay writes to the topics of input alone, whatever the headers of a reject name: whoever may write to the rejects
topic must not get a charge sent by an operator's hand.
"""

import asyncio
from collections import Counter
from collections.abc import Container
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import TopicPartition

from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.kafka.publisher import Publisher
from streams.kafka.topic_reader import records_between, topic_consumer
from streams.operations.reject_ledger import RejectedMessage, State
from streams.operations.reject_queue import PARK_AFTER, SelectedReject, Selection, selected_rejects
from streams.wire.message import OutboundMessage
from streams.wire.message_size import is_cut
from streams.wire.reject_headers import Origin
from streams.wire.reject_marks import Mark, Marked, Place, mark_headers, replay_headers
from streams.wire.topics import CLOSED, COMMANDS, EVENTS, RAW_FHIR, RAW_HL7V2, REJECTS

INPUT: Final = frozenset({EVENTS, RAW_HL7V2, RAW_FHIR})
"""Topics that publishers write and the worker reads: what was refused there goes back there."""

OWN_INPUT: Final = frozenset({CLOSED, COMMANDS})
"""Topics the worker itself writes and reads: only a record that still lies there, byte for byte, is sent again."""

_AT_ONCE: Final = 500
"""Messages sent before their marks are written: those a crash in between would send once more."""


@dataclass
class ReplayResult:
    """What a replay, or a dismissal, did: how many rejects it was done to, which were seen, which were left and why."""

    sent: int = 0
    seen: set[Place] = field(default_factory=set)
    not_sent: list[tuple[Place, str]] = field(default_factory=list)
    """The place of each that could not be sent back, or was asked for by place and needs it no more, and why."""
    passed_over: Counter[State] = field(default_factory=Counter)
    """Rejects that were selected, and not sent since they are not open, by their state."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Reasons of those that were sent, or would be."""


async def replay(
    connection: Connection,
    selection: Selection,
    *,
    park_after: int = PARK_AFTER,
    again: bool = False,
    dry: bool = False,
) -> ReplayResult:
    """
    Send the selected rejects that are open back to the topics they came from, and mark each as replayed.

    They go as they were, with headers that say it is a replay. A parked one goes when it is asked for by its place or its state; with
    ``again`` also those that went back before. ``dry`` sends nothing.

    Raises:
        MissingTopicError: there is no rejects topic, or none of events.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    result = ReplayResult()
    # Only topics that are there: a producer would let the broker create the others.
    existing = {*await broker_topics(connection)} & (INPUT | OWN_INPUT | {REJECTS})
    publisher = await Publisher.connected(connection, existing)
    batch: list[RejectedMessage] = []
    try:
        async with aclosing(selected_rejects(connection, selection, park_after)) as selected:
            async for found in selected:
                if not await _goes(connection, found, selection, result, existing, again=again):
                    continue
                batch.append(found.message)
                result.sent += 1
                result.reasons[found.message.origin.reason if found.message.origin else ""] += 1
                if len(batch) >= _AT_ONCE and not dry:
                    await _send(publisher, batch)
                if len(batch) >= _AT_ONCE:
                    batch.clear()
        if batch and not dry:
            await _send(publisher, batch)
    finally:
        await publisher.close()
    return result


async def dismiss(
    connection: Connection, selection: Selection, why: str, *, park_after: int = PARK_AFTER
) -> ReplayResult:
    """
    Mark the selected rejects that are open, parked or sent back as dismissed, with why.

    Raises:
        MissingTopicError: there is no rejects topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    result = ReplayResult()
    publisher = await Publisher.connected(connection, {REJECTS})
    try:
        async with aclosing(selected_rejects(connection, selection, park_after)) as selected:
            async for message, state, _ in selected:
                result.seen.add(message.place)
                if state in {"dismissed", "mended", "repeated"}:
                    result.passed_over[state] += 1
                else:
                    await publisher.send([_mark(message, "dismissed", why)])
                    result.sent += 1
        await publisher.arrive()
    finally:
        await publisher.close()
    return result


async def _goes(
    connection: Connection,
    found: SelectedReject,
    selection: Selection,
    result: ReplayResult,
    existing: Container[str],
    *,
    again: bool,
) -> bool:
    message, state, by = found
    place, named = message.place, message.place in selection.places
    result.seen.add(place)
    if state not in {
        "open",
        *({"parked"} if named or "parked" in selection.states else ()),
        *({"replayed", "mended"} if again else ()),
    }:
        result.passed_over[state] += 1
        if named:
            result.not_sent.append((place, _WHY_NOT[state].format(by)))
        return False
    if (why := await _why_not(connection, message, existing)) is not None:
        result.not_sent.append((place, why))
        return False
    return True


_WHY_NOT: Final[dict[State, str]] = {
    "replayed": "it was sent back already, to {}, and is not read yet; --again sends it once more",
    "mended": "it was sent back already, to {}, and was not refused again; --again sends it once more",
    "dismissed": "it was dismissed: {}",
    "repeated": "it was refused again since; {} stands for it",
}


async def _why_not(connection: Connection, message: RejectedMessage, existing: Container[str]) -> str | None:
    """Return why a message can not go back; None when it can."""
    came = message.origin
    if came is None:
        return "its headers do not say where it came from"
    if is_cut(message.headers):
        return "only its head is kept: send it again from where it came from"
    if came.topic == REJECTS or came.topic not in existing:
        return f"its topic is not one of those read for input; a replay writes to {EVENTS} alone"
    if message.key is None and message.value is None:
        return "it has neither a key nor a value"
    if came.topic in OWN_INPUT and not await _still_there(connection, message, came):
        return f"{came.topic} is the worker's own, and no such record lies at the place in its headers"
    return None


async def _still_there(connection: Connection, message: RejectedMessage, came: Origin) -> bool:
    async with topic_consumer(connection, came.topic) as (consumer, partitions):
        place = TopicPartition(came.topic, came.partition)
        if place not in partitions:
            return False
        start, end = (
            (await consumer.beginning_offsets([place]))[place],
            (await consumer.end_offsets([place]))[place],
        )
        if not start <= came.offset < end:
            return False
        async with aclosing(
            records_between(consumer, {place: came.offset}, {place: came.offset + 1})
        ) as records:
            async for record in records:
                return (record.key, record.value) == (message.key, message.value)
    return False


async def _send(publisher: Publisher, messages: list[RejectedMessage]) -> None:
    places: list[Any] = []
    for message in messages:
        if message.origin is not None:
            headers = replay_headers(message.headers, *message.place)
            places.append(
                await publisher.begin(
                    OutboundMessage(message.origin.topic, message.key, message.value, headers)
                )
            )
    arrived = await asyncio.gather(*places)
    await publisher.send(
        _mark(message, "replayed", f"{place.topic}:{place.partition}:{place.offset}")
        for message, place in zip(messages, arrived, strict=True)
    )
    await publisher.arrive()


def _mark(message: RejectedMessage, state: Marked, by: str) -> OutboundMessage:
    return OutboundMessage(REJECTS, message.key, b"", mark_headers(Mark(message.place, state, by)))
