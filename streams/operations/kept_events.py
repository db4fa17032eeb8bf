"""The events of one stay, straight from Kafka: as its worker keeps them, else as the events topic has them."""

from collections.abc import Collection, Sequence
from contextlib import aclosing

from streams.kafka.connection import Connection
from streams.kafka.partition_asker import PartitionAsker
from streams.kafka.partitioner import home_of
from streams.kafka.topic_reader import records_between, topic_consumer
from streams.lifecycle.state import EncounterState
from streams.lifecycle.stay_journal import entry_of, kept_stays
from streams.operations.resolutions.stay_context import MANUAL
from streams.operations.restore import events_on_topic
from streams.wire import topics


async def events_of_stay(connection: Connection, encounter_id: str) -> Sequence[bytes]:
    """
    Return the lines of a stay's events, and of stays that merges connect with it; none where nobody knows the stay.

    What its worker keeps is one partition to read; the events topic is asked where the worker has nothing, or has
    forgotten all but the fact that the stay was there.

    Raises:
        MissingTopicError: the topics are not there.
        UnknownFormatError: a newer release keeps the stay.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    kept = await _kept(connection, encounter_id)
    if kept is not None and kept.events:
        return [*kept.events, *(line for lines in kept.merged_events.values() for line in lines)]
    return [line for lines in (await events_on_topic(connection, encounter_id)).values() for line in lines]


async def unread_answers(connection: Connection, encounter_ids: Collection[str]) -> Sequence[bytes]:
    """
    Return what people entered about some stays and no worker has read yet, in the order it was stored.

    What the worker keeps has them only once it has read them: an answer that is given twice would not be known.

    Raises:
        MissingTopicError: the topics are not there.
        aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
    """
    keys = {name.encode() for name in encounter_ids}
    async with topic_consumer(connection, topics.EVENTS) as (consumer, partitions):
        numbers = {home_of(name, len(partitions)) for name in encounter_ids}
        home = [one for one in partitions if one.partition in numbers]
        starts, ends = dict(await consumer.beginning_offsets(home)), await consumer.end_offsets(home)
        asker = PartitionAsker(connection)
        try:
            read = await asker.committed(topics.APPLICATION, [(one.topic, one.partition) for one in home])
        finally:
            await asker.close()
        for one in home:
            starts[one] = min(max(starts[one], read.get((one.topic, one.partition), 0)), ends[one])
        async with aclosing(records_between(consumer, starts, ends)) as records:
            return [
                record.value
                async for record in records
                if record.value and record.key in keys and MANUAL.encode() in record.value
            ]


async def _kept(connection: Connection, encounter_id: str) -> EncounterState | None:
    key = encounter_id.encode()
    newest: dict[bytes, bytes | None] = {}
    async with topic_consumer(connection, topics.ENCOUNTERS_CHANGELOG) as (consumer, partitions):
        home = [one for one in partitions if one.partition == home_of(encounter_id, len(partitions))]
        starts, ends = await consumer.beginning_offsets(home), await consumer.end_offsets(home)
        async with aclosing(records_between(consumer, starts, ends)) as records:
            async for record in records:
                entry = entry_of(record.key)
                if record.key == key or (entry is not None and entry[0] == key):
                    newest[record.key] = record.value or None
    return next(kept_stays(newest), None)
