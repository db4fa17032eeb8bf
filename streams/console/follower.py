"""Following the topics: batches of records into the read model, for as long as the console runs."""

import asyncio
import logging
import sqlite3
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.charging.bill_hold import BillHold
from streams.console.charge_rows import ChargeRows
from streams.console.event_rows import EventRows, RejectRows
from streams.console.nudge_rows import NudgeRows
from streams.console.read_model import ReadModel
from streams.console.sender_rows import SenderRows
from streams.engine.cluster_requests import ask_cluster
from streams.fetching.client import reading_client
from streams.kafka.admin import asked, broker_topics
from streams.kafka.connection import Connection
from streams.operations.reject_queue import PARK_AFTER
from streams.wire import topics

FOLLOWED: Final = (
    topics.CLOSED, topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW, topics.REJECTS, topics.DELIVERIES, topics.EVENTS, topics.NUDGES, *topics.RAW, topics.ASSOCIATIONS_CHANGELOG,
)  # fmt: skip
"""What the pages show; a topic that is not there yet is looked for again."""

_POLL_MS: Final = 250
_AT_ONCE: Final = 4_000
_AGAIN_S: Final = 2.0
_ASK_S: Final = 2.0
"""Seconds without a record after which Kafka is asked whether it is there: its client says nothing where it is not."""
_PATIENCE_S: Final = 5.0

_log = logging.getLogger(__name__)


class Follower:
    """Reads every topic on from where the file stands; in no group, so it takes nothing from a worker."""

    def __init__(self, connection: Connection, model: ReadModel, holds: BillHold) -> None:
        self._connection, self._model, self._holds = connection, model, holds
        self._rejects = RejectRows(PARK_AFTER)
        self._reached: dict[tuple[str, int], int] = {}
        self._ends: dict[tuple[str, int], int] = {}
        self._moved = asyncio.Condition()
        self._unread_since: dict[tuple[str, int], int] = {}
        self._began = self._heard_at = monotonic()
        self.taken = 0
        """Records taken in since the start."""
        self.rebuild_s: float | None = None
        """Seconds from the start until the file had all there was; None until then."""
        self.changes = 0
        """Grows with every batch that said anything."""
        self.trouble: str | None = "it has not begun to read"
        """Why nothing new comes, in words; None while all is well."""

    @property
    def behind(self) -> int:
        """Records that lie on the topics and are not in the file yet, as of the last look."""
        return sum(max(0, end - self._reached.get(place, 0)) for place, end in self._ends.items())

    def lag_seconds(self, now: float) -> float:
        """
        Return the age of the oldest record that is not in the file, at epoch seconds; 0 when there is none.

        A partition tells the time of the record in hand, then of the last one taken: what is unread is not older.
        """
        unread = [
            at_ms
            for place, at_ms in list(self._unread_since.items())
            if self._ends.get(place, 0) > self._reached.get(place, 0)
        ]
        return max(0.0, now - min(unread) / 1000) if unread else 0.0

    async def check(self) -> None:
        """
        Compare the file with the cluster.

        Raises:
            ReadModelError: it was filled from another one.
            aiokafka.errors.KafkaError: Kafka cannot be reached.
        """
        self._model.check_origin(await asked(self._connection, lambda client: ask_cluster(client, FOLLOWED)))

    async def run(self) -> None:
        """Follow until cancelled; a Kafka that does not answer is asked again, and a damaged file is begun anew."""
        restored = False
        while True:
            try:
                if not restored:
                    await asyncio.to_thread(self.restore)
                    restored = True
                await self._follow()
            except sqlite3.DatabaseError:
                if not self._model.damaged:
                    raise
                _log.warning(
                    "%s is damaged: it is thrown away, and filled again from Kafka", self._model.path
                )
                await asyncio.to_thread(self._model.begin_anew)
                self._rejects, self.rebuild_s, self._began = RejectRows(PARK_AFTER), None, monotonic()
                restored = False
                continue
            except (KafkaError, OSError, TimeoutError) as error:
                await self._tell(self._silent(error))
            await asyncio.sleep(_AGAIN_S)

    def restore(self) -> None:
        """Take up what the file has: how far each partition is read, and every reject."""
        self._reached = self._model.positions()
        self._rejects.restore(self._model.rows("SELECT * FROM rejects ORDER BY partition, position"))

    async def reach(self, topic: str, partition: int, offset: int, seconds: float) -> bool:
        """Wait until a record is in the file; False when it is not in time."""

        def there() -> bool:
            return self._reached.get((topic, partition), 0) > offset

        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(there)
        except TimeoutError:
            return there()
        return True

    async def changed(self, since: int, seconds: float) -> int:
        """Wait until something has come since a count of changes, or the time is over; return the count."""
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self.changes != since)
        except TimeoutError:
            pass
        return self.changes

    async def stir(self) -> None:
        """Have pages look again, though nothing came from Kafka: somebody claimed a question, say."""
        async with self._moved:
            self.changes += 1
            self._moved.notify_all()

    def _silent(self, error: Exception) -> str:
        return f"Kafka at {self._connection.named()} does not answer ({type(error).__name__})"

    async def _tell(self, trouble: str | None) -> None:
        """Have every page say what keeps new records away, or that nothing does any more."""
        self._heard_at = monotonic()
        if trouble != self.trouble:
            self.trouble = trouble
            if trouble is not None:
                _log.warning("nothing new is read: %s", trouble)
            await self.stir()

    async def _ask(self, consumer: Any) -> None:
        """Find out whether Kafka is there, where it has given nothing for a while."""
        if monotonic() - self._heard_at < _ASK_S:
            return
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await consumer.topics()
        except (KafkaError, OSError, TimeoutError) as error:
            await self._tell(self._silent(error))
        else:
            await self._tell(None)

    async def committed(self, positions: dict[tuple[str, int], int]) -> None:
        """Take in how far workers have committed, which mends rejects that were sent back."""
        self._rejects.read_up_to(positions)
        try:
            await asyncio.to_thread(self._write, [], {})
        except sqlite3.DatabaseError:
            if not self._model.damaged:
                raise

    async def _follow(self) -> None:
        there = await broker_topics(self._connection)
        names = [name for name in FOLLOWED if name in there]
        if not names:
            await self._tell("Kafka has none of the topics yet; create them: infusion topics --create")
            return
        largest = max(topics.topic(name).max_message_bytes for name in names)
        consumer = reading_client(**self._connection.for_aiokafka(), max_partition_fetch_bytes=largest)
        try:
            await consumer.start()
            places = [
                TopicPartition(name, number) for name in names for number in range(there[name].partitions)
            ]
            await self._seek(consumer, places)
            await self._tell(None)
            while set(names) == {*there} & {*FOLLOWED}:
                if self._model.damaged:  # a page met it
                    raise sqlite3.DatabaseError
                fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_AT_ONCE)
                records = [record for found in fetched.values() for record in found]
                reached = {
                    (tp.topic, tp.partition): found[-1].offset + 1 for tp, found in fetched.items() if found
                }
                if records:
                    self.hold(fetched)
                    await self.take(records, reached)
                    await self._tell(None)
                else:
                    await self._pass_marks(consumer, places)
                    await self._ask(consumer)
                self._look_ahead(consumer, places)
                if self.rebuild_s is None and not self.behind:
                    await asyncio.to_thread(self._model.complete)
                    self.rebuild_s = monotonic() - self._began
                if len(names) < len(FOLLOWED) and not records:
                    there = await broker_topics(self._connection)
        finally:
            await consumer.stop()

    async def _seek(self, consumer: Any, places: list[TopicPartition]) -> None:
        starts, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        consumer.assign(places)
        for place in places:
            at = self._reached.get((place.topic, place.partition), 0)
            # Retention went by, or the log was cut: what is there is read, and rows of before stand.
            consumer.seek(place, starts[place] if not starts[place] <= at <= ends[place] else at)
        self._ends = {(place.topic, place.partition): ends[place] for place in places}

    def hold(self, fetched: Mapping[TopicPartition, list[Any]]) -> None:
        """Note of what time the oldest record in hand of each partition is, and that it is there to be taken."""
        for place, found in fetched.items():
            if found:
                at = (place.topic, place.partition)
                self._unread_since[at] = found[0].timestamp
                self._ends[at] = max(self._ends.get(at, 0), found[-1].offset + 1)

    async def _pass_marks(self, consumer: Any, places: list[TopicPartition]) -> None:
        """Count what is no record as read, since nothing is in hand: the ends of transactions, and what was compacted."""
        for place in places:
            at = (place.topic, place.partition)
            self._reached[at] = max(self._reached.get(at, 0), await consumer.position(place))

    def _look_ahead(self, consumer: Any, places: list[TopicPartition]) -> None:
        for place in places:
            if (end := consumer.last_stable_offset(place)) is not None and end >= 0:
                self._ends[place.topic, place.partition] = end

    async def take(self, records: list[Any], reached: Mapping[tuple[str, int], int]) -> None:
        """Take a batch of records into the file, and tell whoever waits; ``reached`` is how far each partition is read."""
        await asyncio.to_thread(self._write, records, reached)
        async with self._moved:
            self._reached.update(reached)
            self._unread_since.update({(one.topic, one.partition): one.timestamp for one in records})
            self.taken += len(records)
            self.changes += 1
            self._moved.notify_all()

    def _write(self, records: list[Any], reached: Mapping[tuple[str, int], int]) -> None:
        charges, events, nudges, senders = ChargeRows(), EventRows(), NudgeRows(), SenderRows()
        for record in records:
            if getattr(record, "fault", "") == "damaged":
                continue
            any(rows.take(record) for rows in (charges, events, self._rejects, nudges, senders))
        with self._model.batch(reached) as connection:
            charges.write(connection, self._holds)
            events.write(connection)
            self._rejects.write(connection)
            nudges.write(connection)
            senders.write(connection)
