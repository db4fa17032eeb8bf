"""
What changed since the last checkpoint, written in the one order that survives a crash anywhere.

First the states, to the changelog; then, when they lie there, the messages that follow from them; the positions
are committed after both. A worker that dies in between reads the same records again, finds their effect in the
state, and sends the same messages from it.
"""

from collections.abc import Callable
from typing import Protocol

from streams.engine.parcels import Parcel, Post, parcels


class Table(Protocol):
    """Where states are kept."""

    @property
    def changelog_topic_name(self) -> str:
        """Return the topic every write goes to."""

    def remember(self, partition: int, posts: list[Post], first: int) -> None:
        """Bring the local store up to what now lies in the changelog."""


class Deliverer(Protocol):
    """Who writes to Kafka."""

    async def deliver(self, parcels: list[Parcel]) -> list[int]:
        """Write, and return the offset of the first record of each parcel."""


States = dict[tuple[Table, int], dict[bytes, bytes | None]]
"""What is to be kept, by table and partition, then by key."""

Addressed = tuple[str, int, Post]
"""A message with its topic and partition."""


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
        for the seconds left right before each of the two steps, and ``margin`` is what there must be.

        Raises:
            SendError: something was not written.
        """
        logs = [
            (table, Parcel(table.changelog_topic_name, partition, [Post(*pair) for pair in changed.items()]))
            for (table, partition), changed in self.states.items()
        ]
        if logs:
            if lease_left() < margin:
                return False
            offsets = await producer.deliver([parcel for _, parcel in logs])
            for (table, parcel), first in zip(logs, offsets, strict=True):
                table.remember(parcel.partition, parcel.posts, first)
        if self.messages:
            if lease_left() < margin:
                return False
            await producer.deliver(parcels(self.messages))
        return True
