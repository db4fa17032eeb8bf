"""
The page that Prometheus reads: the figures in its text format, and the process's own memory and processor time.

prometheus-client would make an object of every sample and its labels, a tenth of a second for 200 partitions; here the
text of a series is made once, and only its number each time.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from streams.metrics.figures import Distribution, Figures, Value
from streams.metrics.metric import Labels, Metric
from streams.metrics.series_text import escaped, labelled
from streams.metrics.table import METRICS

Page = Callable[[], bytes]
"""Returns the page as it is now."""

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_MOST_TEXTS: Final = 5_000
"""Series of a metric whose text is kept; partitions that went to others leave theirs behind."""


def page_of(figures: Figures) -> Page:
    """Return what makes the page of these figures."""
    process = CollectorRegistry()
    ProcessCollector(registry=process)
    texts: dict[str, dict[Labels, str]] = {metric.name: {} for metric in METRICS}

    def page() -> bytes:
        lines: list[str] = []
        written = figures.lines()
        for metric, series in figures.series():
            known = texts[metric.name]
            if len(known) > _MOST_TEXTS:
                known.clear()
            lines.append(f"# HELP {metric.name} {escaped(metric.help)}\n# TYPE {metric.name} {metric.kind}\n")
            lines += _lines(metric, series, known)
            lines += written.get(metric.name, ())
        return "".join(lines).encode() + generate_latest(process)

    return page


def _lines(metric: Metric, series: Mapping[Labels, Value], texts: dict[Labels, str]) -> Iterator[str]:
    for labels, value in series.items():
        if isinstance(value, Distribution):
            yield _histogram(metric, labels, value)
            continue
        text = texts.get(labels)
        if text is None:
            text = texts[labels] = f"{metric.name}{labelled(metric, labels)} "
        yield f"{text}{value}\n"


def _histogram(metric: Metric, labels: Labels, value: Distribution) -> str:
    bounds = [*map(repr, map(float, metric.buckets)), "+Inf"]
    buckets = zip(bounds, accumulate(value.counts), strict=True)
    lines = [
        f"{metric.name}_bucket{labelled(metric, labels, bound)} {float(count)!r}\n"
        for bound, count in buckets
    ]
    named = labelled(metric, labels)
    count = float(sum(value.counts))
    return (
        "".join(lines) + f"{metric.name}_count{named} {count!r}\n{metric.name}_sum{named} {value.total!r}\n"
    )
