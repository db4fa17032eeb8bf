"""The topics on a broker: listing them, and creating those that are missing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, Final, TypeVar

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import IncompatibleBrokerVersion, NodeNotReadyError, TopicAlreadyExistsError, for_code

from streams.kafka.connection import Connection
from streams.wire.topic_check import BrokerTopic
from streams.wire.topic_settings import setting_faults
from streams.wire.topics import TOPICS, Topic

Answer = TypeVar("Answer")

_TIMEOUT_MS: Final = 15_000
_BROKER_DEFAULT: Final = -1
_LIST_ATTEMPTS: Final = 40
_LIST_PAUSE_S: Final = 0.25
_AGREEING: Final = 2
"""Answers in a row that must agree: the next may come from another broker."""
_READY_S: Final = 10.0


class TopicCreationError(RuntimeError):
    """The broker did not create a topic; the message says which, why, and what to do."""


async def broker_topics(connection: Connection) -> dict[str, BrokerTopic]:
    """
    Return those of our topics that the broker has, by name; asking creates none.

    Raises:
        aiokafka.errors.KafkaError: Kafka cannot be reached or does not answer.
    """
    return await _once_ready(connection, _broker_topics)


async def asked(connection: Connection, question: Callable[[Any], Awaitable[Answer]]) -> Answer:
    """
    Return what a question comes to; it is given a client of aiokafka's that is connected.

    Raises:
        aiokafka.errors.KafkaError: Kafka cannot be reached or does not answer.
    """
    # aiokafka has no public way to ask what it does not ask.
    return await _once_ready(connection, lambda client: question(client._client))  # noqa: SLF001 - as above


async def create_topics(
    connection: Connection,
    topics: Sequence[Topic],
    partitions: int,
    replication_factor: int | None = None,
    min_insync_replicas: int | None = None,
) -> None:
    """
    Create topics, each with its settings, and return when the broker lists them; an existing one is left as it is.

    Raises:
        TopicCreationError: the broker refused one, or creates none at all.
        aiokafka.errors.KafkaError: Kafka cannot be reached or does not answer.
    """
    further = {} if min_insync_replicas is None else {"min.insync.replicas": str(min_insync_replicas)}
    new_topics = [
        NewTopic(
            topic.name,
            partitions,
            _BROKER_DEFAULT if replication_factor is None else replication_factor,
            # The client takes a factor left to the broker only beside an assignment, of which there is none.
            replica_assignments={} if replication_factor is None else None,
            topic_configs=topic.settings() | further,
        )
        for topic in topics
    ]
    async with _client(connection) as client:
        try:
            answer = await client.create_topics(new_topics)
        except IncompatibleBrokerVersion:
            message = (
                "this broker creates no topics on request: it is an embedded one, or older than any that still "
                "runs; an embedded broker is given its topics by whoever starts it"
            )
            raise TopicCreationError(message) from None
        for name, code, *texts in answer.topic_errors:
            _raise_refusal(name, code, next(iter(texts), None))
        await _wait_until_spread(client, topics)


def _raise_refusal(name: str, code: int, text: str | None) -> None:
    if not code or code == TopicAlreadyExistsError.errno:
        return
    why = " ".join(text.split()) if text else for_code(code).__name__
    message = f"{name} was not created: {why}; change what the broker objects to and run this again"
    raise TopicCreationError(message)


async def _wait_until_spread(client: Any, topics: Sequence[Topic]) -> None:
    """
    Wait until whichever broker is asked knows the topics and their settings.

    A producer that came earlier would find none, and a check would find a broker's own settings for those asked for.
    """
    times_in_a_row = 0
    for _ in range(_LIST_ATTEMPTS):
        found = await _broker_topics(client)
        times_in_a_row = times_in_a_row + 1 if all(_is_there(topic, found) for topic in topics) else 0
        if times_in_a_row == _AGREEING:
            return
        await asyncio.sleep(_LIST_PAUSE_S)


def _is_there(topic: Topic, found: Mapping[str, BrokerTopic]) -> bool:
    there = found.get(topic.name)
    if there is None or not there.partitions:
        return False
    # One that somebody else made meanwhile with other settings is waited for in vain, and the check tells of it.
    return not there.settings or not any(setting_faults(topic, there.settings))


async def _broker_topics(client: Any) -> dict[str, BrokerTopic]:
    counts = await _partition_counts(client)
    settings = await _settings(client, counts)
    return {name: BrokerTopic(count, settings.get(name)) for name, count in counts.items()}


async def _partition_counts(client: Any) -> dict[str, int]:
    # All topics are asked for: asking for one by its name lets a broker create it, with settings of its own.
    ours = {topic.name for topic in TOPICS}
    listed = await client.describe_topics()
    return {topic["topic"]: len(topic["partitions"]) for topic in listed if topic["topic"] in ours}


async def _settings(client: Any, names: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    try:
        answers = await client.describe_configs(resources)
    except IncompatibleBrokerVersion:
        return {}
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in answers
        for code, _, _, name, entries in answer.resources
        if not code
    }


async def _once_ready(connection: Connection, question: Callable[[Any], Awaitable[Answer]]) -> Answer:
    """Ask again for some seconds where a broker is there and not ready: it is starting, or was frozen a moment ago."""
    until = monotonic() + _READY_S
    while True:
        try:
            async with _client(connection) as client:
                return await question(client)
        except NodeNotReadyError:
            if monotonic() > until:
                raise
        await asyncio.sleep(_LIST_PAUSE_S)


@asynccontextmanager
async def _client(connection: Connection) -> AsyncIterator[Any]:
    client = AIOKafkaAdminClient(**connection.for_aiokafka(), request_timeout_ms=_TIMEOUT_MS)
    try:
        await client.start()
        yield client
    finally:
        await client.close()
