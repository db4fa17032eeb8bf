"""
Where a worker stands in each partition it reads, for whoever watches it, from any thread.

Read from the engine's own books: what was committed, what was handed out and when it was written, and the ends that
fetches have shown. What no fetch has shown yet only Kafka knows.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from faust.types import TP


def spans(places: Iterable[TP]) -> str:
    """Return partitions in few words: each topic with its numbers, runs of them as one."""
    numbers: dict[str, list[int]] = {}
    for place in sorted(places):
        numbers.setdefault(place.topic, []).append(place.partition)
    return ", ".join(f"{topic} {_runs(found)}" for topic, found in numbers.items()) or "no partition"


def _runs(numbers: list[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


class Position(NamedTuple):
    """
    One partition of a source; offsets, and milliseconds since 1970.

    ``committed`` is None until recovery has sought a position. ``oldest_ms`` is the timestamp of the record there, None
    while nothing from there on was handed out. ``end`` is the offset after the last record known of, 0 for none.
    """

    committed: int | None
    never_read: bool
    oldest_ms: int | None
    end: int


def positions_of(app: Any) -> dict[TP, Position]:
    """Return the positions of the partitions dealt to this worker; none before it has joined its group."""
    consumer = app._consumer  # noqa: SLF001 - asking for ``app.consumer`` makes one, on whichever thread asks
    if consumer is None:
        return {}
    progress_of = dict(consumer.progress)
    try:
        sources = [tp for tp in consumer.assignment() if not consumer._is_changelog_tp(tp)]  # noqa: SLF001 - as recovery asks
    except Exception:  # noqa: BLE001 - Faust's own way of saying that it has not started, or has stopped
        return {}
    positions: dict[TP, Position] = {}
    for tp in sources:
        progress = progress_of.get(tp)
        if progress is None:
            positions[tp] = Position(None, never_read=False, oldest_ms=None, end=0)
            continue
        committed, oldest_ms = progress.oldest_uncommitted()
        positions[tp] = Position(committed, progress.never_read, oldest_ms or None, consumer.highwater(tp))
    return positions


def partitions_read(app: Any) -> int:
    """Return how many partitions of sources this worker reads; none while it recovers."""
    consumer = app._consumer  # noqa: SLF001 - as above
    return 0 if consumer is None else len(consumer.progress)


def is_rebalancing(app: Any) -> bool:
    """Tell whether the group is dealing partitions anew, and waits for its members."""
    consumer = app._consumer  # noqa: SLF001 - as above
    return consumer is not None and bool(consumer._thread.rebalancing)  # noqa: SLF001 - the consumer's own part


def membership_silence_s(app: Any) -> float | None:
    """Return for how many seconds the group has not confirmed this worker's membership; None when it never did."""
    consumer = app._consumer  # noqa: SLF001 - as above
    if consumer is None:
        return None
    silence = float(app.conf.broker_session_timeout) - float(consumer.lease_left())
    return silence if silence < float("inf") else None
