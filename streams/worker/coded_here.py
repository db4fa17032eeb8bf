"""
What this worker coded at once since its partitions were dealt, so that each stay's closings are coded in their order.

A stay may be coded in the batch that closes it when none of its closed encounters waits to be read: what lay on the topic
when the partition was dealt has been read, and what was left to the agent since has been coded.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from faust.types import TP

from rules.engine import Profile
from streams.charging.coding_at_once import CodingAtOnce
from streams.charging.release_state import Cause, Committed, ReleaseState, Source
from streams.engine.app import CheckpointApp
from streams.engine.batches import PartitionBatch
from streams.wire import topics
from streams.wire.coded_header import coded_version
from streams.wire.message import Record

_SOURCE_OF: Final[dict[str, Source]] = {topics.EVENTS: "events", topics.COMMANDS: "commands"}
_MOST_COMMITTED: Final = 4_000
"""Stays coded at once of which all is committed: nothing need be known of them any more."""


class CodedHere:
    """Coding at once in this membership of the group, by partition and key."""

    def __init__(self, app: CheckpointApp, profile: Profile) -> None:
        self._app, self._profile = app, profile
        self._caught_up: set[int] = set()
        self._left: Counter[tuple[int, bytes]] = Counter()
        self._coded: dict[tuple[int, bytes], tuple[Cause, int]] = {}
        """The record that closed each stay, and the version that was coded, 0 where its messages were sent again alone."""
        self._drop_above = _MOST_COMMITTED
        app.when_revoked(self.clear)

    def clear(self) -> None:
        """Forget all of it: the partitions are dealt anew."""
        self._caught_up.clear()
        self._left.clear()
        self._coded.clear()
        self._drop_above = _MOST_COMMITTED

    def committed(self, partition: int) -> Committed:
        """Return the committed offsets of a partition."""
        consumer: Any = self._app.consumer
        places = (TP(topic, partition) for topic in (topics.CLOSED, topics.EVENTS, topics.COMMANDS))
        return Committed(
            *(consumer.progress[place].committed if place in consumer.progress else 0 for place in places)
        )

    def coding(self, batch: PartitionBatch, load: Callable[[bytes], ReleaseState | None]) -> CodingAtOnce:
        """Return what codes the stays that a batch of events or commands closes."""
        topic, partition = batch.tp
        caught_up = self._is_caught_up(partition)
        return CodingAtOnce(
            Cause(_SOURCE_OF[topic], batch.next - 1),
            self.committed(partition),
            load,
            self._profile,
            lambda key: caught_up and (partition, key) not in self._left,
            lambda key: (partition, key) in self._coded,
        )

    def _is_caught_up(self, partition: int) -> bool:
        """Tell whether all is coded that lay on the topic of closed encounters when the partition was dealt."""
        if partition in self._caught_up:
            return True
        consumer: Any = self._app.consumer
        place = TP(topics.CLOSED, partition)
        progress, end = consumer.progress.get(place), consumer.ends_when_dealt.get(place)
        if progress is None or end is None or progress.done < end:
            return False
        self._caught_up.add(partition)
        return True

    def note(self, partition: int, coding: CodingAtOnce) -> None:
        """Note what a batch came to."""
        cause = coding.cause
        self._left.update((partition, key) for key in coding.left)
        for key in coding.resent:
            self._coded.setdefault((partition, key), (cause, 0))
        for key, version in coding.coded.items():
            self._coded[partition, key] = (cause, version)
        if len(self._coded) > self._drop_above:
            self._drop_committed()

    def unread(self, partition: int, records: Iterable[Record]) -> list[Record]:
        """Return the closed encounters among these that were not coded here; from now on nothing of them waits."""
        unread: list[Record] = []
        for record in records:
            place, version = (partition, record.key or b""), coded_version(record.headers)
            if version is None:
                if self._left[place] > 1:
                    self._left[place] -= 1
                else:
                    self._left.pop(place, None)
            elif place in self._coded and version <= self._coded[place][1]:
                continue
            unread.append(record)
        return unread

    def _drop_committed(self) -> None:
        committed = {partition: self.committed(partition) for partition, _ in self._coded}
        self._coded = {
            place: (cause, version)
            for place, (cause, version) in self._coded.items()
            if cause.offset >= getattr(committed[place[0]], cause.source)
        }
        # Nothing is committed while a backlog is read: looking again at each would be quadratic.
        self._drop_above = max(_MOST_COMMITTED, 2 * len(self._coded))
