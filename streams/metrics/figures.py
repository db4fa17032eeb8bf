"""
The figures of one process: a number for every series, by the names and labels of the table.

One thread writes and another reads the page: every write replaces a whole value, and a reader copies a series list in
one step, so neither waits for the other.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from streams.metrics.metric import OTHER, Labels, Metric, Process
from streams.metrics.table import BY_NAME, METRICS

Sample = tuple[str, Labels, float]
"""A name of the table, values of its labels, and the number."""

Provider = Callable[[], Iterable[Sample]]
"""Returns what a state comes to at this instant, when the page is read."""


LinesProvider = Callable[[], Mapping[str, list[str]]]
"""Returns whole lines of the page by metric, when it is read, for series that nobody else reports."""


class Distribution(NamedTuple):
    """How many values fell into each bucket, the last one being beyond all, and their sum."""

    counts: tuple[int, ...]
    total: float


Value = float | Distribution

_BOUNDED: Final = frozenset(metric.name for metric in METRICS if metric.most)


class Figures:
    """The numbers of one process; ``process`` says which rows of the table it reports."""

    def __init__(self, process: Process) -> None:
        self._metrics = [metric for metric in METRICS if metric.process in {"any", process}]
        self._values: Final[dict[str, dict[Labels, float]]] = {}
        self._distributions: Final[dict[str, dict[Labels, tuple[list[int], float]]]] = {}
        self._admitted: Final[dict[str, set[str]]] = {}
        self._providers: Final[list[Provider]] = []
        self._lines_providers: Final[list[LinesProvider]] = []
        for metric in self._metrics:
            if metric.kind == "histogram":
                self._distributions[metric.name] = {
                    labels: ([0] * (len(metric.buckets) + 1), 0.0) for labels in metric.from_the_start()
                }
            else:
                # A gauge at 0 says something, so whoever knows says it.
                first = metric.from_the_start() if metric.kind == "counter" else []
                self._values[metric.name] = dict.fromkeys(first, 0.0)

    def add(self, name: str, amount: float = 1, *labels: str) -> None:
        """Add to a counter."""
        values, key = self._values[name], self._bounded(BY_NAME[name], labels)
        values[key] = values.get(key, 0.0) + amount

    def set(self, name: str, value: float, *labels: str) -> None:
        """Set a gauge."""
        self._values[name][self._bounded(BY_NAME[name], labels)] = value

    def observe(self, name: str, values: Iterable[float], *labels: str) -> None:
        """Count values into the buckets of a histogram; one below zero, of a clock that is behind, counts as zero."""
        metric = BY_NAME[name]
        key, series = self._bounded(metric, labels), self._distributions[name]
        counts, total = series.get(key) or ([0] * (len(metric.buckets) + 1), 0.0)
        for value in values:
            counts[bisect_left(metric.buckets, value)] += 1
            total += max(0.0, value)
        series[key] = counts, total

    def provide(self, provider: Provider) -> None:
        """Ask this, each time the page is read, for figures that are a state and not a count."""
        self._providers.append(provider)

    def provide_lines(self, provider: LinesProvider) -> None:
        """Ask this, each time the page is read, for lines that are too many to be made in the common way."""
        self._lines_providers.append(provider)

    def lines(self) -> dict[str, list[str]]:
        """Return the lines that providers have written, by metric."""
        written: dict[str, list[str]] = {}
        for provider in self._lines_providers:
            written |= provider()
        return written

    def _bounded(self, metric: Metric, labels: Labels) -> Labels:
        """Return labels with a first one that feeds choose replaced by ``other`` once there are too many."""
        if not metric.most:
            return labels
        first, label = labels[0], metric.labels[0]
        admitted = self._admitted.setdefault(label, set(metric.known.get(label, ())))
        if first not in admitted:
            if len(admitted) >= metric.most:
                return (OTHER, *labels[1:])
            admitted.add(first)
        return labels

    def series(self) -> Iterator[tuple[Metric, Mapping[Labels, Value]]]:
        """Yield every metric of this process with its series as they are now, those without any included."""
        provided = self._provided()
        for metric in self._metrics:
            if metric.kind == "histogram":
                yield (
                    metric,
                    {
                        labels: Distribution(tuple(counts), total)
                        for labels, (counts, total) in list(self._distributions[metric.name].items())
                    },
                )
            else:
                yield metric, dict(self._values[metric.name]) | provided.get(metric.name, {})

    def _provided(self) -> dict[str, dict[Labels, float]]:
        provided: dict[str, dict[Labels, float]] = {}
        for provider in self._providers:
            for name, labels, value in provider():
                places = provided.get(name)
                if places is None:
                    places = provided[name] = {}
                key = self._bounded(BY_NAME[name], labels) if name in _BOUNDED else labels
                if key in places:
                    known = places[key]
                    value = _both(name, known, value)  # noqa: PLW2901 - what is put
                places[key] = value
        return provided


def _both(name: str, one: float, other: float) -> float:
    """Return what two under one name, ``other`` say, come to: of two spans left the shorter, of ages the longer, of counts the sum."""
    if name.endswith("_remaining_seconds"):
        return min(one, other)
    return max(one, other) if name.endswith("_seconds") else one + other
