"""The arithmetic of lag: how late a partition is, in records and in seconds, and what that must not be. Pure."""

from typing import Literal, NamedTuple

State = Literal["caught_up", "behind", "never_read", "unknown"]


class Place(NamedTuple):
    """
    What is known of one partition; offsets, and milliseconds since 1970.

    ``committed`` is None where the group has no position, ``end`` None where Kafka has not answered yet, ``oldest_ms`` the
    timestamp of the record at the position, None where nobody has looked at it yet.
    """

    committed: int | None
    start: int
    end: int | None
    oldest_ms: int | None = None


class Lag(NamedTuple):
    """How late a partition is; None is a figure that there is not."""

    state: State
    records: int | None = None
    seconds: float | None = None


def lag_of(place: Place, now_ms: float) -> Lag:
    """
    Return the lag of a partition at an instant.

    Never negative: positions and ends are asked for one after the other, and clocks differ. Nothing unread is 0. A
    partition with records and without a position is not late by all of them: it was never read.
    """
    if place.end is None:
        return Lag("unknown")
    if place.committed is None:
        return Lag("never_read") if place.end > place.start else Lag("caught_up", 0, 0.0)
    records = max(0, place.end - max(place.committed, place.start))  # what is deleted waits no longer
    if not records:
        return Lag("caught_up", 0, 0.0)
    return Lag(
        "behind", records, None if place.oldest_ms is None else max(0.0, now_ms - place.oldest_ms) / 1000
    )


def headroom_s(lag: Lag, retention_ms: int | None) -> float | None:
    """
    Return after how many seconds the oldest unread record may be deleted; None where time deletes nothing, or unknown.

    With nothing unread it is the whole retention: what comes now stays so long. 0 is now.
    """
    if retention_ms is None or retention_ms < 0 or lag.seconds is None:
        return None
    return max(0.0, retention_ms / 1000 - lag.seconds)
