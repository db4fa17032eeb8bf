"""A client that asks about consumer groups, and which broker answers for a group."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)

from streams.kafka.connection import Connection

_TIMEOUT_MS: Final = 15_000
_ATTEMPTS: Final = 60
_PAUSE_S: Final = 0.25


@asynccontextmanager
async def group_client(connection: Connection, group: str) -> AsyncIterator[tuple[Any, int]]:
    """
    Give an administration client, and the broker that answers for a group.

    A cluster that never had a group makes its topic of offsets when it is first asked, and says so meanwhile.

    Raises:
        aiokafka.errors.KafkaError: Kafka cannot be reached, or names no coordinator within fifteen seconds.
    """
    client = AIOKafkaAdminClient(**connection.for_aiokafka(), request_timeout_ms=_TIMEOUT_MS)
    try:
        await client.start()
        yield client, await _coordinator(client, group)
    finally:
        await client.close()


async def _coordinator(client: Any, group: str) -> int:
    for attempt in range(_ATTEMPTS):
        try:
            return int(await client.find_coordinator(group))
        except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
            if attempt + 1 == _ATTEMPTS:
                raise
            await asyncio.sleep(_PAUSE_S)
    raise GroupCoordinatorNotAvailableError
