"""
A checkpoint: the changes since the last one, written in the one order that survives a crash anywhere.

The states are written to the changelog first, then the messages that follow from them; the positions are committed
after both. A worker that dies in between reads the same records again, finds their effect in the
state, and sends the same messages from it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from streams.engine.records import PartitionRecords, Record, grouped_by_partition


class Table(Protocol):
    """Where states are kept."""

    @property
    def changelog_topic_name(self) -> str:
        """Return the topic every write goes to."""

    def remember(self, partition: int, records: list[Record], first: int) -> None:
        """Bring the local store up to what now lies in the changelog."""


class Deliverer(Protocol):
    """Who writes to Kafka."""

    async def deliver(self, groups: list[PartitionRecords]) -> list[int]:
        """Write, and return the offset of the first record of each partition."""


States = dict[tuple[Table, int], dict[bytes, bytes | None]]
"""Values to write, by table and partition, then by key; None deletes the key."""

Addressed = tuple[str, int, Record]
"""A message with its topic and partition."""


_LEASE_CHECK_S: Final = 0.5


class LeaseLostError(Exception):
    """The group was silent for a session while something was being written; the producer must not try on."""

    def __init__(self) -> None:
        super().__init__(
            "no member of the group any more in the middle of writing: another worker goes on from here"
        )


class Checkpoint:
    """States and messages of what was done since the one before; ``membership`` says in which time as a member."""

    def __init__(self, states: States, messages: list[Addressed], membership: int) -> None:
        self.states = states
        self.messages = messages
        self.membership = membership

    def __bool__(self) -> bool:
        return bool(self.states or self.messages)

    async def write(self, producer: Deliverer, lease_left: Callable[[], float], margin: float) -> bool:
        """
        Write states, then messages; False when this worker may be no member of its group any more.

        What a worker without its lease would write could land on top of its successor's. ``lease_left`` is asked
        for the seconds left right before each of the two steps, and ``margin`` is what there must be. When they
        run out while the producer tries again and again, only the end of the process keeps it from writing late.

        Raises:
            SendError: something was not written.
            LeaseLostError: it was not written in time.
        """
        logs = [
            (
                table,
                PartitionRecords(
                    table.changelog_topic_name, partition, [Record(*pair) for pair in changed.items()]
                ),
            )
            for (table, partition), changed in self.states.items()
        ]
        if logs:
            if lease_left() < margin:
                return False
            offsets = await _leased(producer.deliver([group for _, group in logs]), lease_left)
            for (table, group), first in zip(logs, offsets, strict=True):
                table.remember(group.partition, group.records, first)
        if self.messages:
            if lease_left() < margin:
                return False
            await _leased(producer.deliver(grouped_by_partition(self.messages)), lease_left)
        return True


async def _leased(writing: Awaitable[list[int]], lease_left: Callable[[], float]) -> list[int]:
    task = asyncio.ensure_future(writing)
    try:
        while not task.done():
            left = lease_left()
            if left <= 0:
                raise LeaseLostError
            await asyncio.wait((task,), timeout=min(left, _LEASE_CHECK_S))  # the group may also take it away
        return task.result()
    finally:
        task.cancel()
