"""
The courier: charge lines from their topic to one billing system, its position in Kafka, until it is told to stop.

A position is committed when all before it is acknowledged and written down, or parked. Killed anywhere, the process
sends again only what was on its way: under the same control ids, and with the same transaction ids.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import partial
from time import monotonic, time
from typing import Any, Final, NamedTuple

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from streams.delivery.destination import Destination
from streams.delivery.dispatcher import Dispatcher
from streams.delivery.ledger import KafkaLedger
from streams.delivery.outgoing import Outgoing, outgoing
from streams.delivery.positions import Positions
from streams.delivery.stay import Item
from streams.feeds.charge_codes import ChargeCodes
from streams.fetching.client import reading_client
from streams.kafka.connection import Connection
from streams.metrics.figures import Figures
from streams.wire.rejects import Reject
from streams.wire.topics import CHARGE_LINES, topic

_log: Final = logging.getLogger(__name__)

MOST_UNFINISHED: Final = 1_000
"""Records of a partition that are read and not behind its position: a stay that must wait holds back no more."""

_POLL_MS: Final = 200
_COMMIT_S: Final = 1.0
_ENDS_S: Final = 5.0
_GIVE_UP_S: Final = 10.0
"""For what is on its way when partitions are dealt anew or the process stops."""


class Plan(NamedTuple):
    """What is to be delivered where, and how."""

    destination: Destination
    codes: ChargeCodes
    in_flight: int = 8
    timeout: float = 30.0
    begin: str = "earliest"
    """Where a group that has no position begins: ``earliest`` or ``latest``."""
    once: bool = False
    """Whether to end when everything there was is delivered or parked."""


class Courier(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Delivers by a plan; made once, and run once."""

    def __init__(self, connection: Connection, plan: Plan) -> None:
        self.figures: Final = Figures("deliver")
        self.plan: Final = plan
        self.turned_at = self.told_at = monotonic()
        self.dealt = False
        self.positions: Final[dict[int, Positions]] = {}
        self.ends: dict[int, int] = {}
        self.parked_at_end = 0
        """Stays that wait for a person when a run with ``once`` ends."""
        self._deals = 0
        name = plan.destination.name
        self._connection: Final = connection
        self._ledger = KafkaLedger(connection, name)
        clients = plan.destination.clients(plan.in_flight, plan.timeout)
        self.dispatcher: Final = Dispatcher(
            name, clients, self._ledger, self._make, self._finish, self.figures
        )
        self._consumer: Any = None
        self._committed: Final[dict[int, int]] = {}
        self._paused: Final[set[TopicPartition]] = set()

    def _make(self, item: Item) -> Outgoing | Reject:
        assert item.change is not None  # noqa: S101 -- the dispatcher asks for those alone
        return outgoing(item.change, self.plan.destination.form, self.plan.codes, item.at_ms)

    def _finish(self, partition: int, offset: int) -> None:
        if partition in self.positions:
            self.positions[partition].finish(offset)

    async def run(self) -> None:
        """
        Deliver until cancelled, or with ``once`` until nothing is left.

        Raises:
            aiokafka.errors.KafkaError: Kafka cannot be reached, or something could not be written down.
        """
        self._consumer = reading_client(
            **self._connection.for_aiokafka(),
            group_id=f"infusion-deliver-{self.plan.destination.name}",
            max_partition_fetch_bytes=topic(CHARGE_LINES).max_message_bytes,
        )
        await self._ledger.start()
        try:
            self._consumer.subscribe([CHARGE_LINES], listener=self)
            await self._consumer.start()
            await self._together(
                self.dispatcher.run(), self._committing(), self._asking_ends(), self._reading()
            )
        finally:
            await self._leave()

    async def _together(self, *work: Any) -> None:
        """Run until the last of these ends; when another fails, so does the whole."""
        tasks = [asyncio.ensure_future(one) for one in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await task
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            for partition in [*self.positions]:  # what is on its way may still be answered
                with suppress(asyncio.CancelledError):
                    await self.dispatcher.disown(partition, _GIVE_UP_S)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _leave(self) -> None:
        with suppress(KafkaError, TimeoutError):
            await self._commit(self.positions)
        self.positions.clear()
        await self._consumer.stop()
        await self._ledger.stop()

    async def _reading(self) -> None:
        while True:
            fetched = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=500)
            self.turned_at = monotonic()
            fresh = [place for place in self._consumer.assignment() if place.partition not in self.positions]
            if fresh:
                await self._begin(fresh)
                continue  # what was read before it was known from where on is read again
            for place, records in fetched.items():
                if place.partition in self.positions:
                    self._take(place.partition, records)
            if not fetched:
                await self._pass_markers()
            self._pace()
            if self.plan.once and self._nothing_left():
                self.parked_at_end = self.dispatcher.parked()
                return

    async def _begin(self, places: Collection[TopicPartition]) -> None:
        """Take over partitions at their committed positions, and learn what was acknowledged and parked."""
        deal = self._deals
        try:
            starts = await self._starts(places)
            known = await self._ledger.load(starts)
            if deal != self._deals:  # dealt anew meanwhile
                return
            for place in self._consumer.assignment():  # of the others what was just read is read again too
                again = starts.get(place.partition)
                self._consumer.seek(
                    place, self.positions[place.partition].read_to if again is None else again
                )
        except (CommitFailedError, IllegalStateError):  # as above
            return
        for partition, position in starts.items():
            self.positions[partition] = Positions(position)
            self._committed[partition] = position
            self.dispatcher.own(partition, known[partition].acknowledged, known[partition].parked)

    async def _starts(self, places: Collection[TopicPartition]) -> dict[int, int]:
        """Return where each partition's delivery goes on; where the group has no position, it gets one now."""
        first = await self._consumer.beginning_offsets(places)
        committed = {place: await self._consumer.committed(place) for place in places}
        new = [place for place, position in committed.items() if position is None]
        if new:
            begun = await self._consumer.end_offsets(new) if self.plan.begin == "latest" else first
            due = {place: begun[place] for place in new}
            await self._consumer.commit(due)
            committed |= due
        for place, position in committed.items():
            if position < first[place]:
                _log.error(
                    "partition %d: retention deleted %d charge lines before they were delivered",
                    place.partition,
                    first[place] - position,
                )
        return {place.partition: int(max(position, first[place])) for place, position in committed.items()}

    def _take(self, partition: int, records: Iterable[Any]) -> None:
        positions = self.positions[partition]
        for record in records:
            if record.value is None:
                positions.skip(record.offset)
                continue
            positions.read(record.offset, record.timestamp)
            item = Item(record.value, record.timestamp, record.offset)
            self.dispatcher.take((record.key or b"").decode(errors="replace"), partition, item)

    async def _pass_markers(self) -> None:
        """Let the position follow the reader past the ends of transactions, which are offsets without a record."""
        for place in [*self._consumer.assignment()]:
            positions = self.positions.get(place.partition)
            if positions is not None:
                with suppress(IllegalStateError, TimeoutError):
                    positions.pass_to(await asyncio.wait_for(self._consumer.position(place), 1))

    def _pace(self) -> None:
        """Read no further in a partition that has much unfinished; go on when it has less."""
        for place in self._consumer.assignment():
            unfinished = len(self.positions.get(place.partition, ()))
            if unfinished >= MOST_UNFINISHED and place not in self._paused:
                self._consumer.pause(place)
                self._paused.add(place)
            elif unfinished < MOST_UNFINISHED // 2 and place in self._paused:
                self._consumer.resume(place)
                self._paused.discard(place)

    def _nothing_left(self) -> bool:
        if not self.dealt or not self.ends or self.dispatcher.busy() or len(self.positions) < len(self.ends):
            return False
        return not self.undelivered()

    def undelivered(self) -> int:
        """Return how many charge lines of this process's partitions are neither delivered nor parked."""
        left = 0
        for partition, positions in self.positions.items():
            left += positions.unfinished() + max(0, self.ends.get(partition, 0) - positions.read_to)
        return left

    def oldest_seconds(self) -> float | None:
        """Return the age of the oldest of them; 0 when there is none, None while none of them was read."""
        stored = [at for one in self.positions.values() if (at := one.oldest_ms()) is not None]
        if not stored:
            return None if self.undelivered() else 0.0
        return max(0.0, time() - min(stored) / 1000)

    async def _asking_ends(self) -> None:
        """Ask where partitions end, which tells too whether Kafka answers."""
        while True:
            places = [*self._consumer.assignment()]
            with suppress(KafkaError, TimeoutError):
                ends = await self._consumer.end_offsets(places) if places else {}
                self.ends = {place.partition: end for place, end in ends.items()}
                self.told_at = monotonic()
            await asyncio.sleep(_ENDS_S if not self.plan.once else 0.2)

    async def _committing(self) -> None:
        while True:
            await asyncio.sleep(_COMMIT_S)
            try:
                await self._commit([*self.positions])
            except (CommitFailedError, IllegalStateError):  # partitions are being dealt anew
                continue
            except KafkaError as error:
                _log.warning("the position could not be committed: %s", type(error).__name__)

    async def _commit(self, partitions: Iterable[int]) -> None:
        due = {}
        for partition in partitions:
            if partition in self.positions:
                offset = self.positions[partition].committable()
                if offset != self._committed.get(partition):
                    due[partition] = offset
        if due:
            await self._consumer.commit(
                {TopicPartition(CHARGE_LINES, partition): offset for partition, offset in due.items()}
            )
            self._committed.update(due)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Stop sending for these partitions, wait for what is on its way, and commit how far they are."""
        partitions = [place.partition for place in revoked]
        self.dealt = False
        self._deals += 1
        await asyncio.gather(*map(partial(self.dispatcher.disown, patience=_GIVE_UP_S), partitions))
        with suppress(KafkaError, TimeoutError):
            await self._commit(partitions)
        for partition in partitions:
            self.positions.pop(partition, None)
            self._committed.pop(partition, None)
            self._paused.discard(TopicPartition(CHARGE_LINES, partition))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Note that partitions were dealt; each is taken over when it is read."""
        self.dealt = True
        _log.info("partitions dealt: %d", len([*assigned]))
