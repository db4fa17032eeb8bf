"""
How far a group is behind, seen from outside: no member of it has to live, and looking leaves no trace.

A partition's lag in records is its end less the position the group has committed. Its lag in seconds is the age of the
oldest record behind that position, by the record's own timestamp: none when nothing is unread.
"""

from collections.abc import Mapping
from time import monotonic
from typing import NamedTuple

from streams.kafka.partition_asker import FirstRecord, PartitionAsker, Spot


class PartitionLag(NamedTuple):
    """One partition as a group stands to it."""

    topic: str
    partition: int
    start: int
    """The oldest offset that is still there."""
    end: int
    """The offset the next record will get."""
    committed: int | None
    """The offset the group reads next; None where it has never read."""
    unread_since_ms: int | None
    """The timestamp of the oldest unread record, in epoch milliseconds; None where none is unread or none was told."""
    metadata: str = ""
    """What was noted beside the position."""
    nothing_before: int = 0
    """Between the position and here lie markers of transactions, or what they took back: nothing that is ever read."""

    @property
    def first_unread(self) -> int:
        """The offset of the oldest record that is there and not read."""
        return max(self.committed or 0, self.start, self.nothing_before)

    @property
    def records(self) -> int:
        """Records not read yet; never negative, and none that retention has already taken."""
        return max(self.end - self.first_unread, 0)

    @property
    def deleted_unread(self) -> int:
        """Records that retention took before the group had read them."""
        return max(self.start - self.committed, 0) if self.committed is not None else 0

    def seconds(self, now_ms: int) -> float:
        """Return the age of the oldest unread record in seconds, at an instant in epoch milliseconds; never negative."""
        return max(now_ms - self.unread_since_ms, 0) / 1000 if self.unread_since_ms is not None else 0.0


class GroupLag:
    """Looks at one group again and again; a record whose timestamp is known is not fetched a second time."""

    def __init__(self, asker: PartitionAsker, group: str) -> None:
        self._asker, self._group = asker, group
        self._first: dict[Spot, tuple[int, FirstRecord]] = {}
        """An offset, and the first record from there on."""
        self.broker_at = self.group_at = monotonic()
        """When brokers and the group's coordinator last answered, by the monotonic clock; at first the start."""

    async def look(self, topic_partitions: Mapping[str, int]) -> list[PartitionLag]:
        """
        Return how the group stands to every partition of some topics, by topic and partition.

        ``topic_partitions`` says how many partitions each topic has.

        Raises:
            aiokafka.errors.KafkaError: Kafka cannot be reached or answers with an error.
            TimeoutError: it takes longer than the asker waits.
        """
        spots = [(name, number) for name, count in topic_partitions.items() for number in range(count)]
        if not spots:
            return []
        asker = self._asker
        try:
            committed = await asker.positions(self._group, spots)
        except Exception:
            await asker.ends(spots)  # a coordinator that is stuck is told from brokers that are gone
            self.broker_at = monotonic()
            raise
        self.group_at = monotonic()
        starts, ends = await asker.starts(spots), await asker.ends(spots)
        self.broker_at = monotonic()
        lags = [
            PartitionLag(*spot, starts[spot], ends[spot], offset, None, noted)
            for spot in spots
            for offset, noted in [committed.get(spot, (None, ""))]
        ]
        await self._fetch(lags, ends)
        return [self._with_first(lag) for lag in lags]

    async def _fetch(self, lags: list[PartitionLag], ends: Mapping[Spot, int]) -> None:
        looked = {(lag.topic, lag.partition): (lag.first_unread, self._with_first(lag)) for lag in lags}
        wanted = {
            spot: lag.first_unread
            for spot, (_, lag) in looked.items()
            if lag.records and lag.unread_since_ms is None
        }
        found = await self._asker.first_records(wanted, ends) if wanted else {}
        self._first |= {spot: (looked[spot][0], first) for spot, first in found.items()}

    def _with_first(self, lag: PartitionLag) -> PartitionLag:
        """Return what is known of the first unread record with the rest."""
        known = self._first.get((lag.topic, lag.partition))
        if known is None or not lag.records or not known[0] <= lag.first_unread <= known[1].offset:
            return lag
        _, first = known
        if first.offset > lag.first_unread:
            lag = lag._replace(nothing_before=first.offset)
        return lag._replace(unread_since_ms=first.timestamp) if lag.records else lag
