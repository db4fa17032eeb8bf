"""Lag as figures: of a worker's own partitions, or of its group's seen from outside. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from streams.metrics.figures import Sample
from streams.metrics.lag import Lag, Place, headroom_s
from streams.metrics.table import STATES


def samples_of(
    prefix: str, lags: Iterable[tuple[tuple[str, int], Place, Lag]], retention_ms: Mapping[str, int]
) -> Iterator[Sample]:
    """Yield the figures of partitions, each a topic and a number, under names that begin so."""
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
