"""What a checkpoint sends: records grouped by the partition they go to. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Post(NamedTuple):
    """One record to be sent; no value is a tombstone."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Parcel(NamedTuple):
    """Records for one partition, in the order in which they are to lie there."""

    topic: str
    partition: int
    posts: list[Post]


def parcels(addressed: Iterable[tuple[str, int, Post]]) -> list[Parcel]:
    """Return what goes where, grouped by topic and partition; the order within a partition is kept."""
    grouped: dict[tuple[str, int], list[Post]] = {}
    for topic, partition, post in addressed:
        grouped.setdefault((topic, partition), []).append(post)
    return [Parcel(topic, partition, posts) for (topic, partition), posts in grouped.items()]
