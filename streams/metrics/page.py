"""
The page that Prometheus reads: the figures in its text format, and the process's own memory and processor time.

prometheus-client would make an object of every sample and its labels, a tenth of a second for 200 partitions; here the
text of a series is made once, and only its number each time.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from models.printable import printable_lines
from streams.metrics.figures import Distribution, Figures, Value
from streams.metrics.metric import Labels, Metric
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
        for metric, series in figures.series():
            known = texts[metric.name]
            if len(known) > _MOST_TEXTS:
                known.clear()
            lines.append(
                f"# HELP {metric.name} {_escaped(metric.help)}\n# TYPE {metric.name} {metric.kind}\n"
            )
            lines += _lines(metric, series, known)
        return "".join(lines).encode() + generate_latest(process)

    return page


def _lines(metric: Metric, series: Mapping[Labels, Value], texts: dict[Labels, str]) -> Iterator[str]:
    for labels, value in series.items():
        if isinstance(value, Distribution):
            yield _histogram(metric, labels, value)
            continue
        text = texts.get(labels)
        if text is None:
            text = texts[labels] = f"{metric.name}{_labelled(metric, labels)} "
        yield f"{text}{value}\n"


def _histogram(metric: Metric, labels: Labels, value: Distribution) -> str:
    bounds = [*map(repr, map(float, metric.buckets)), "+Inf"]
    buckets = zip(bounds, accumulate(value.counts), strict=True)
    lines = [
        f"{metric.name}_bucket{_labelled(metric, labels, bound)} {float(count)!r}\n"
        for bound, count in buckets
    ]
    named = _labelled(metric, labels)
    count = float(sum(value.counts))
    return (
        "".join(lines) + f"{metric.name}_count{named} {count!r}\n{metric.name}_sum{named} {value.total!r}\n"
    )


def _labelled(metric: Metric, labels: Labels, bound: str | None = None) -> str:
    pairs = [
        f'{name}="{_escaped(value, quoted=True)}"' for name, value in zip(metric.labels, labels, strict=True)
    ]
    if bound is not None:
        pairs.append(f'le="{bound}"')
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _escaped(text: str, *, quoted: bool = False) -> str:
    text = printable_lines(text).replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quoted else text
