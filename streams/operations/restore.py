"""Restoring a forgotten stay: its events, and those of stays merged with it, go from the events topic to its worker."""

from contextlib import aclosing

from models.event import EncounterMerged
from streams.encounter.merge_groups import MergeGroups
from streams.kafka.connection import Connection
from streams.kafka.publisher import Publisher
from streams.kafka.topic_reader import whole_topic
from streams.lifecycle.commands import Command, to_bytes
from streams.wire import topics
from streams.wire.event_json import as_line, may_be_merge, read
from streams.wire.marked_records import refusal_of
from streams.wire.message import OutboundMessage
from streams.wire.rejects import Reject


async def restore(connection: Connection, encounter_id: str) -> int:
    """
    Send the worker every event that the events topic still has of a stay, and return how many; 0 sends nothing.

    Raises:
        MissingTopicError: there is no events or command topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    stays = await events_on_topic(connection, encounter_id)
    count = sum(map(len, stays.values()))
    if count:
        command = Command("restored", encounter_id, {name: tuple(lines) for name, lines in stays.items()})
        publisher = await Publisher.connected(connection, [topics.COMMANDS])
        try:
            await publisher.send([OutboundMessage(topics.COMMANDS, encounter_id.encode(), to_bytes(command))])
            await publisher.arrive()
        finally:
            await publisher.close()
    return count


async def events_on_topic(connection: Connection, encounter_id: str) -> dict[str, dict[bytes, None]]:
    """
    Return the events that the events topic has of a stay, each once, and those of stays merges connect with it, by stay.

    Reads the topic twice: a merge is told under the id of the stay that went, wherever that lies.

    Raises:
        MissingTopicError: there is no events topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    groups = await _merge_groups(connection)
    connected = groups.group(encounter_id.encode())
    stays: dict[str, dict[bytes, None]] = {}
    async with aclosing(whole_topic(connection, topics.EVENTS)) as records:
        async for record in records:
            event = refusal_of(record) or read(record.value or b"")
            if not isinstance(event, Reject) and groups.group(event.encounter_id.encode()) == connected:
                stays.setdefault(event.encounter_id, {})[as_line(record.value)] = None
    return stays


async def _merge_groups(connection: Connection) -> MergeGroups:
    groups = MergeGroups()
    async with aclosing(whole_topic(connection, topics.EVENTS)) as records:
        async for record in records:
            value = record.value or b""
            if may_be_merge(value):
                event = read(value)
                if isinstance(event, EncounterMerged):
                    groups.link(event.encounter_id.encode(), event.into_encounter_id.encode())
    return groups
