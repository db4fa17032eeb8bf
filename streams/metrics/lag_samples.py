"""The figures of partitions from their lags, for a worker's own and for those of its group seen from outside. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from streams.metrics.figures import Sample
from streams.metrics.lag import Lag, Place, headroom_s
from streams.metrics.table import STATES


def samples_of(
    prefix: str, lags: Iterable[tuple[tuple[str, int], Place, Lag]], retention_ms: Mapping[str, int]
) -> Iterator[Sample]:
    """
    Yield the figures of partitions, each a topic and a number, under names that begin with ``prefix``.

    ``infusion_`` are a worker's own, ``infusion_group_`` those of the group; ``retention_ms`` is by topic.
    """
    for (topic, number), place, lag in lags:
        labels = (topic, str(number))
        for state in STATES:
            yield f"{prefix}partition_state", (*labels, state), float(state == lag.state)
        figures = (
            ("lag_seconds", lag.seconds),
            ("lag_records", lag.records),
            ("position_offset", place.committed),
            ("end_offset", place.end),
            ("retention_headroom_seconds", headroom_s(lag, retention_ms.get(topic))),
        )
        for name, value in figures:
            if value is not None:
                yield prefix + name, labels, value
