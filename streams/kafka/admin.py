"""The topics on a broker: what is there, and creating what is not."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import IncompatibleBrokerVersion, TopicAlreadyExistsError, for_code

from streams.kafka.connection import Connection
from streams.wire.topic_check import Found
from streams.wire.topics import TOPICS, Topic

_TIMEOUT_MS: Final = 15_000
_BROKERS_OWN: Final = -1
_LOOKS: Final = 40
_BETWEEN_LOOKS: Final = 0.25


class TopicCreationError(RuntimeError):
    """The broker did not create a topic; the message says which, why, and what to do."""


async def found_topics(connection: Connection) -> dict[str, Found]:
    """
    Return those of our topics that the broker has, by name; asking creates none.

    Raises:
        aiokafka.errors.KafkaError: Kafka cannot be reached or does not answer.
    """
    async with _client(connection) as client:
        return await _found(client)


async def create_topics(
    connection: Connection,
    topics: Sequence[Topic],
    partitions: int,
    replication_factor: int | None = None,
    min_insync_replicas: int | None = None,
) -> None:
    """
    Create topics, each with its settings, and return when the broker lists them; one that is there already is left.

    Raises:
        TopicCreationError: the broker refused one, or creates none at all.
        aiokafka.errors.KafkaError: Kafka cannot be reached or does not answer.
    """
    further = {} if min_insync_replicas is None else {"min.insync.replicas": str(min_insync_replicas)}
    wanted = [
        NewTopic(
            one.name,
            partitions,
            _BROKERS_OWN if replication_factor is None else replication_factor,
            # The client takes a factor left to the broker only beside an assignment, of which there is none.
            replica_assignments={} if replication_factor is None else None,
            topic_configs=one.settings() | further,
        )
        for one in topics
    ]
    async with _client(connection) as client:
        try:
            answer = await client.create_topics(wanted)
        except IncompatibleBrokerVersion:
            message = (
                "this broker creates no topics on request: it is an embedded one, or older than any that still "
                "runs; an embedded broker is given its topics by whoever starts it"
            )
            raise TopicCreationError(message) from None
        for name, code, *said in answer.topic_errors:
            _refused(name, code, next(iter(said), None))
        await _until_listed(client, {one.name for one in topics})


def _refused(name: str, code: int, said: str | None) -> None:
    if not code or code == TopicAlreadyExistsError.errno:
        return
    why = " ".join(said.split()) if said else for_code(code).__name__
    message = f"{name} was not created: {why}; change what the broker objects to and run this again"
    raise TopicCreationError(message)


async def _until_listed(client: Any, names: set[str]) -> None:
    """Wait until whichever broker is asked knows the topics: a producer that came earlier would find none."""
    for _ in range(_LOOKS):
        if names <= {name for name, found in (await _counts(client)).items() if found}:
            return
        await asyncio.sleep(_BETWEEN_LOOKS)


async def _found(client: Any) -> dict[str, Found]:
    counts = await _counts(client)
    told = await _settings(client, counts)
    return {name: Found(count, told.get(name)) for name, count in counts.items()}


async def _counts(client: Any) -> dict[str, int]:
    # All topics are asked for: asking for one by its name lets a broker create it, with settings of its own.
    ours = {one.name for one in TOPICS}
    listed = await client.describe_topics()
    return {one["topic"]: len(one["partitions"]) for one in listed if one["topic"] in ours}


async def _settings(client: Any, names: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    if not asked:
        return {}
    try:
        answers = await client.describe_configs(asked)
    except IncompatibleBrokerVersion:
        return {}
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in answers
        for code, _, _, name, entries in answer.resources
        if not code
    }


@asynccontextmanager
async def _client(connection: Connection) -> AsyncIterator[Any]:
    client = AIOKafkaAdminClient(**connection.for_aiokafka(), request_timeout_ms=_TIMEOUT_MS)
    try:
        await client.start()
        yield client
    finally:
        await client.close()
