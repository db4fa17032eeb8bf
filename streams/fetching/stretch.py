"""
A stretch: what one fetch found of a partition, and between which offsets there is nothing else.

A client hands out records and keeps to itself that it passed markers of transactions, records of aborted ones, and what
compaction left out. Whoever counts to the end of a partition by the last record handed out waits for a marker for ever.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from time import monotonic
from typing import Any

from aiokafka.structs import TopicPartition


class Stretch(list[Any]):
    """Records in order, possibly none: all there are from ``start`` up to, but not including, ``end``."""

    __slots__ = ("end", "start")

    def __init__(self, records: Iterable[Any], start: int, end: int) -> None:
        super().__init__(records)
        self.start, self.end = start, end


def span_of(records: Sequence[Any]) -> tuple[int, int]:
    """Return from which offset up to which records were fetched: a stretch's own, else those of the records."""
    if isinstance(records, Stretch):
        return records.start, records.end
    return records[0].offset, records[-1].offset + 1


async def fetched_stretches(
    fetcher: Any, partitions: Collection[Any] | None, timeout: float, max_records: int | None  # noqa: ASYNC109 - the driver's signature
) -> dict[TopicPartition, Stretch]:  # fmt: skip
    """
    Return what was fetched of these partitions, or of all; wait so many seconds for something to come.

    Raises:
        CorruptBatchError: a batch is damaged.
        aiokafka.errors.KafkaError: reading is not allowed.
    """
    until = monotonic() + timeout
    while True:
        while fetcher._subscriptions.reassignment_in_progress:  # noqa: SLF001 - the driver keeps this to itself
            await fetcher._subscriptions.wait_for_assignment()  # noqa: SLF001 - as above
        # With no time to wait and no deal under way this never leaves the loop: no seek can come between.
        before = _positions(fetcher)
        found = await fetcher.fetched_records(partitions, timeout=0, max_records=max_records)
        after = _positions(fetcher, before)
        stretches = {
            place: Stretch(found.get(place, ()), start, after[place])
            for place, start in before.items()
            if after.get(place, start) > start
        }
        left = until - monotonic()
        if stretches or left <= 0 or fetcher._closed:  # noqa: SLF001 - as above
            return stretches
        waiter = fetcher._create_fetch_waiter()  # noqa: SLF001 - as above
        done, _ = await asyncio.wait([waiter], timeout=left)
        if not done:
            waiter.cancel()
            return {}
        waiter.result()


def _positions(fetcher: Any, places: Iterable[TopicPartition] | None = None) -> dict[TopicPartition, int]:
    subscription = fetcher._subscriptions.subscription  # noqa: SLF001 - as above
    assignment = subscription.assignment if subscription is not None else None
    if assignment is None:
        return {}
    states = {
        place: assignment.state_value(place)
        for place in (list(fetcher._records) if places is None else places)  # noqa: SLF001 - what can move
        if place in assignment.tps
    }
    return {place: state.position for place, state in states.items() if state.has_valid_position}
