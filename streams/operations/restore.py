"""A forgotten stay brought back: its events, and those of stays merged with it, from the events topic to its worker."""

from contextlib import aclosing

from models.event import EncounterMerged
from streams.encounter.merge_groups import MergeGroups
from streams.kafka.connection import Connection
from streams.kafka.publisher import Publisher
from streams.kafka.topic_reader import whole_topic
from streams.lifecycle.commands import Command, to_bytes
from streams.wire import topics
from streams.wire.event_json import as_line, read
from streams.wire.message import OutboundMessage
from streams.wire.rejects import Reject


async def restore(connection: Connection, encounter_id: str) -> int:
    """
    Send the worker every event there still is of a stay, and return how many; 0 when there is none.

    Raises:
        MissingTopicError: there is no events or command topic.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    links = await _links(connection)
    group = links.group(encounter_id.encode())
    stays: dict[str, dict[bytes, None]] = {}
    async with aclosing(whole_topic(connection, topics.EVENTS)) as records:
        async for record in records:
            event = read(record.value or b"")
            if not isinstance(event, Reject) and links.group(event.encounter_id.encode()) == group:
                stays.setdefault(event.encounter_id, {})[as_line(record.value)] = None
    found = sum(map(len, stays.values()))
    if found:
        command = Command("restored", encounter_id, {name: tuple(lines) for name, lines in stays.items()})
        publisher = await Publisher.connected(connection, [topics.COMMANDS])
        try:
            await publisher.send([OutboundMessage(topics.COMMANDS, encounter_id.encode(), to_bytes(command))])
            await publisher.arrive()
        finally:
            await publisher.close()
    return found


async def _links(connection: Connection) -> MergeGroups:
    links = MergeGroups()
    async with aclosing(whole_topic(connection, topics.EVENTS)) as records:
        async for record in records:
            value = record.value or b""
            if b"encounter_merged" in value or b"\\u" in value:
                event = read(value)
                if isinstance(event, EncounterMerged):
                    links.link(event.encounter_id.encode(), event.into_encounter_id.encode())
    return links
