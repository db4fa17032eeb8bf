"""A client that asks the broker which answers for consumer groups; it stays connected between questions."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)

from streams.kafka.connection import Connection

Answer = TypeVar("Answer")

_NOT_YET: Final = (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError)
_PAUSE_S: Final = 0.25


class GroupClient:
    """
    Asks about groups; every question raises ``TimeoutError`` or a Kafka error when there is no answer in time.

    It is connected by the first question, and anew after one that failed. ``patience_s`` is how long an answer may take.
    """

    def __init__(self, connection: Connection, patience_s: float) -> None:
        self._connection, self._patience_s = connection, patience_s
        self._client: Any = None
        self._coordinators: dict[str, int] = {}

    async def ask(self, group: str, question: Callable[[Any, int], Awaitable[Answer]]) -> Answer:
        """
        Return what a question comes to; it is given an administration client, and the broker that answers for the group.

        A cluster that never had a group makes its topic of offsets when it is first asked, and says so meanwhile: it is
        asked again until it has.
        """
        try:
            async with asyncio.timeout(self._patience_s):
                client = await self._connected()
                while True:
                    try:
                        if group not in self._coordinators:
                            self._coordinators[group] = int(await client.find_coordinator(group))
                        return await question(client, self._coordinators[group])
                    except _NOT_YET:
                        self._coordinators.pop(group, None)
                    await asyncio.sleep(_PAUSE_S)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        self._coordinators.clear()
        if client is not None:
            await client.close()

    async def _connected(self) -> Any:
        if self._client is None:
            client = AIOKafkaAdminClient(
                **self._connection.for_aiokafka(), request_timeout_ms=int(self._patience_s * 1000)
            )
            try:
                await client.start()
            except BaseException:
                await client.close()
                raise
            self._client = client
        return self._client
