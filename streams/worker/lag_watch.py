"""
Lag as a worker knows it: the engine's own positions, and what Kafka is asked for in the background.

The engine knows what was committed, and when the oldest record it has in hand was written. Ends of partitions move
while nothing is fetched, and right after a start nothing is in hand: those two are asked for, each second.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from time import monotonic, time
from typing import Final

from faust.types import TP

from streams.engine.app import CheckpointApp
from streams.engine.positions import Position, positions_of
from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.kafka.partition_asker import FirstRecord, PartitionAsker, Spot
from streams.kafka.retention import asked_retention_ms, retention_ms
from streams.metrics.lag import Lag, Place, lag_of
from streams.metrics.lag_lines import LagLines
from streams.wire import topics

_log = logging.getLogger(__name__)

ASK_EVERY_S: Final = 1.0
SETTINGS_EVERY_S: Final = 300.0

_ANY: Final[Spot] = (topics.EVENTS, 0)
"""Asked about by a worker that has no partitions, to know that Kafka answers."""


class LagWatch:
    """Asks Kafka about the partitions of one worker, and tells how late each is."""

    def __init__(self, app: CheckpointApp, connection: Connection, clock: Callable[[], float] = time) -> None:
        self._app, self._connection, self._clock = app, connection, clock
        self._ends: dict[Spot, int] = {}
        self._starts: dict[Spot, int] = {}
        self._committed: dict[Spot, int] = {}
        """Of partitions that are not recovered yet; the engine knows the others."""
        self._first: dict[Spot, tuple[int, FirstRecord]] = {}
        """An offset, and the first record from there on."""
        self._retention_ms = asked_retention_ms()
        self._lines = LagLines("infusion_")
        self._settings_at = -SETTINGS_EVERY_S
        self.answered_at = monotonic()
        """When Kafka last answered, by the monotonic clock; at first the start."""

    async def run(self) -> None:
        """Ask until cancelled; a Kafka that does not answer is asked again."""
        asker = PartitionAsker(self._connection)
        try:
            while True:
                try:
                    await self._ask(asker)
                except Exception as error:  # noqa: BLE001 - whatever it is, the silence grows, and /readyz tells it
                    _log.debug("Kafka did not answer: %s", type(error).__name__)
                await asyncio.sleep(ASK_EVERY_S)
        finally:
            await asker.close()

    async def _ask(self, asker: PartitionAsker) -> None:
        positions = positions_of(self._app)
        self._ends = await asker.ends(list(positions) or [_ANY])
        self.answered_at = monotonic()
        if new := [tp for tp, position in positions.items() if position.committed is None]:
            self._committed = await asker.committed(topics.APPLICATION, new)
            self._starts = await asker.starts(new)
        wanted: dict[Spot, int] = {
            tp: place.committed
            for tp, place in self._places(positions)
            if place.committed is not None
            and place.oldest_ms is None
            and place.end
            and place.end > max(place.committed, place.start)
        }
        if wanted:
            found = await asker.first_records(wanted, self._ends)
            self._first = {spot: about for spot, about in self._first.items() if spot in positions} | {
                spot: (wanted[spot], first) for spot, first in found.items()
            }
        if monotonic() - self._settings_at > SETTINGS_EVERY_S:
            self._settings_at = monotonic()
            self._retention_ms |= retention_ms(await broker_topics(self._connection))

    def _places(self, positions: dict[TP, Position]) -> Iterator[tuple[TP, Place]]:
        for tp, position in positions.items():
            end = max(self._ends.get(tp, 0), position.end) if tp in self._ends or position.end else None
            if position.committed is None:
                committed = self._committed.get(tp)
                start = self._starts.get(tp)
                place = Place(
                    committed, start or 0, end if committed is not None or start is not None else None
                )
            elif position.never_read:
                place = Place(None, position.committed, end)
            else:
                place = Place(position.committed, position.committed, end, position.oldest_ms)
            if place.oldest_ms is None and (about := self._first.get(tp)) and about[0] == place.committed:
                place = place._replace(oldest_ms=about[1].timestamp, start=max(place.start, about[1].offset))
            yield tp, place

    def lags(self) -> list[tuple[TP, Place, Lag]]:
        """Return how late each partition of this worker is at this instant."""
        now_ms = self._clock() * 1000
        return [(tp, place, lag_of(place, now_ms)) for tp, place in self._places(positions_of(self._app))]

    def lines(self) -> dict[str, list[str]]:
        """Return the lines of the page about every partition, by metric."""
        return self._lines.lines(self.lags(), self._retention_ms)
