"""
Rejects counted from outside, by the topic they came on and the kind of their reason: what a worker counts dies with it.

Counted from when counting began; how many there ever were is the topic's own end, and outlives whoever counts.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from streams.kafka.connection import Connection
from streams.kafka.publisher import MissingTopicError
from streams.kafka.topic_reader import topic_consumer
from streams.wire.reject_headers import origin
from streams.wire.reject_kinds import kind_in
from streams.wire.topics import READ, REJECTS

_log = logging.getLogger(__name__)

AGAIN_S: Final = 2.0
"""Seconds until a Kafka that did not answer, or has no such topic yet, is asked again."""

_POLL_MS: Final = 1_000
_AT_ONCE: Final = 500
"""Records between two turns of the loop, which has others to look after."""


class RejectsWatch:
    """Reads the rejects topic on, in no group; ``count`` is told the topic and the kind of each reject of ours."""

    def __init__(self, connection: Connection, count: Callable[[str, str], None]) -> None:
        self._connection, self._tell = connection, count
        self._positions: dict[int, int] = {}
        self._from_the_end = True

    async def run(self) -> None:
        """Read until cancelled; a Kafka that does not answer is asked again."""
        while True:
            try:
                await self._read()
            except MissingTopicError:
                self._from_the_end = False  # what comes on a topic that is made later is all new
            except Exception as error:  # noqa: BLE001 - whatever it is, /readyz tells what is the matter with Kafka
                _log.debug("rejects are not counted: %s", type(error).__name__)
            await asyncio.sleep(AGAIN_S)

    async def _read(self) -> None:
        async with topic_consumer(self._connection, REJECTS) as (consumer, partitions):
            starts = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            consumer.assign(partitions)
            for tp in partitions:
                at = self._positions.get(tp.partition, ends[tp] if self._from_the_end else starts[tp])
                if not starts[tp] <= at <= ends[tp]:  # retention went by, or the topic was made anew
                    at = starts[tp]
                consumer.seek(tp, at)
                self._positions[tp.partition] = at
            self._from_the_end = False
            while True:
                fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_AT_ONCE)
                for tp, records in fetched.items():
                    for record in records:
                        self._take(record)
                        self._positions[tp.partition] = record.offset + 1

    def _take(self, record: Any) -> None:
        told = origin(record.headers)
        # Somebody else's headers may say anything, and what they say must not become a label.
        if told is not None and told.topic in READ:
            self._tell(told.topic, kind_in(told.reason))
