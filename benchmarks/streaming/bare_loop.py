"""
The ceiling: a loop over aiokafka with the same functions, nothing else between them.

State in dictionaries and a changelog, read back at the start; at most once a second every touched stay is written
once, with the outputs, and when all of it is acknowledged the offsets are committed. Variant: ``uvloop``.
"""

import asyncio
import sys
from collections.abc import Iterable
from time import monotonic
from typing import Any, Final

import same_work
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import murmur2
from contender import tell
from terms import Terms

from streams.charging.release_state import ReleaseState
from streams.charging.release_state import from_bytes as released_from_bytes
from streams.charging.release_state import to_bytes as released_to_bytes
from streams.lifecycle.state import EncounterState
from streams.lifecycle.state import from_bytes as kept_from_bytes
from streams.wire import topics

EVERY_S: Final = 1.0
_BATCH: Final = 900_000
Headers = Any
Sent = tuple[bytes | None, bytes | None, Headers]


class Loop:
    """One process, all partitions."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._stays: dict[str, EncounterState] = {}
        self._releases: dict[bytes, ReleaseState] = {}
        self._touched: dict[tuple[str, int], dict[bytes, EncounterState | ReleaseState]] = {}
        self._out: dict[tuple[str, int], list[Sent]] = {}
        self._committed: dict[int, int] = {}

    async def run(self) -> None:
        """Restore, then read until ended."""
        servers = self._terms.servers
        await self._restore()
        tell("READY")
        self._producer = AIOKafkaProducer(
            bootstrap_servers=servers, acks="all", enable_idempotence=True,
            max_batch_size=1 << 20, max_request_size=16 << 20,
        )  # fmt: skip
        self._consumer = AIOKafkaConsumer(
            topics.EVENTS, topics.COMMANDS, topics.CLOSED,
            bootstrap_servers=servers, group_id=topics.APPLICATION, enable_auto_commit=False,
            auto_offset_reset="earliest", max_partition_fetch_bytes=4 << 20,
        )  # fmt: skip
        await self._producer.start()
        await self._consumer.start()
        last = monotonic()
        while True:
            found = await self._consumer.getmany(timeout_ms=50)
            for tp, records in found.items():
                self._take(tp, records)
            if monotonic() - last > EVERY_S or not found:
                await self._checkpoint()
                last = monotonic()

    def _home(self, encounter_id: str) -> int:
        return int((murmur2(encounter_id.encode()) & 0x7FFFFFFF) % self._terms.partitions)

    def _take(self, tp: TopicPartition, records: list[Any]) -> None:
        number = tp.partition
        if tp.topic == topics.CLOSED:
            settled = self._committed.get(number, 0)
            coded = same_work.code(number, records, self._releases.get, settled)
            self._releases |= coded.states
            self._touched.setdefault((topics.RELEASES_CHANGELOG, number), {}).update(coded.states)
            self._send(number, coded.messages)
            return
        made = same_work.follow(
            tp.topic, number, records, self._stays.get, lambda name: self._home(name) == number
        )
        touched = self._touched.setdefault((topics.ENCOUNTERS_CHANGELOG, number), {})
        for kept in made.states:
            self._stays[kept.encounter_id] = kept
            touched[kept.encounter_id.encode()] = kept
        self._send(number, made.messages)
        for command in made.commands:
            place = (topics.COMMANDS, self._home(command.encounter_id))
            self._out.setdefault(place, []).append((command.encounter_id.encode(), command.value, ()))

    def _send(self, number: int, messages: Iterable[Any]) -> None:
        for topic, key, value, headers, _ in messages:
            self._out.setdefault((topic, number), []).append((key, value, headers))

    async def _checkpoint(self) -> None:
        if not self._touched and not self._out:
            return
        states = {
            place: [
                (key, state.to_bytes() if isinstance(state, EncounterState) else released_to_bytes(state), ())
                for key, state in changed.items()
            ]
            for place, changed in self._touched.items()
        }
        out, self._out, self._touched = self._out, {}, {}
        for part in (states, out):
            await asyncio.gather(*(self._write(*place, sent) for place, sent in part.items()))
        await self._consumer.commit()
        for tp in self._consumer.assignment():
            if tp.topic == topics.CLOSED:
                self._committed[tp.partition] = await self._consumer.position(tp)

    async def _write(self, topic: str, number: int, sent: list[Sent]) -> None:
        futures = []
        batch, size = self._producer.create_batch(), 0
        for key, value, headers in sent:
            weight = len(value or b"") + 600
            if size and size + weight > _BATCH:
                futures.append(await self._producer.send_batch(batch, topic, partition=number))
                batch, size = self._producer.create_batch(), 0
            if batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is None:
                message = "a record does not fit into a batch"
                raise ValueError(message)
            size += weight
        futures.append(await self._producer.send_batch(batch, topic, partition=number))
        await asyncio.gather(*futures)

    async def _restore(self) -> None:
        logs = (topics.ENCOUNTERS_CHANGELOG, topics.RELEASES_CHANGELOG)
        async for topic, record in changelog_records(self._terms.servers, self._terms.partitions, logs):
            if topic == topics.ENCOUNTERS_CHANGELOG:
                self._stays[record.key.decode()] = kept_from_bytes(record.value)
            else:
                self._releases[record.key] = released_from_bytes(record.value)


async def changelog_records(servers: str, partitions: int, logs: Iterable[str]) -> Any:
    """Yield the topic and each record of some changelogs, up to where they end now."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, max_partition_fetch_bytes=4 << 20, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for topic in logs for number in range(partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        left = {tp for tp in places if ends[tp]}
        while left:
            for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    yield tp.topic, record
            left = {tp for tp in left if await consumer.position(tp) < ends[tp]}
    finally:
        await consumer.stop()


def run(terms: Terms) -> None:
    """Run until ended."""
    if terms.variant == "uvloop":
        import uvloop  # noqa: PLC0415 - only this variant has it

        uvloop.run(Loop(terms).run())
    else:
        asyncio.run(Loop(terms).run())
    sys.exit(0)
