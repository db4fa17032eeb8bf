"""What a checkpoint sends: records grouped by the partition they go to. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Record(NamedTuple):
    """One record to be sent; no value is a tombstone."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class PartitionRecords(NamedTuple):
    """Records for one partition, in the order in which they are to lie there."""

    topic: str
    partition: int
    records: list[Record]


def grouped_by_partition(addressed: Iterable[tuple[str, int, Record]]) -> list[PartitionRecords]:
    """Return records grouped by topic and partition; the order within a partition is kept."""
    grouped: dict[tuple[str, int], list[Record]] = {}
    for topic, partition, record in addressed:
        grouped.setdefault((topic, partition), []).append(record)
    return [PartitionRecords(topic, partition, records) for (topic, partition), records in grouped.items()]
