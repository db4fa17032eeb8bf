"""The table of metrics keeps its own rules: units in names, help for each, and nobody's id in a label."""

import re

import pytest

from streams.metrics.metric import Metric
from streams.metrics.table import BY_NAME, METRICS

UNITS = ("_seconds", "_bytes", "_cents", "_total", "_records", "_offset", "_info")
COUNTED = re.compile(
    r"_(encounters|infusions|stops|entries|stays|partitions|sets|lines|open|members|ready|state|fault)$"
)
"""Names that say what is counted."""

LABELS = {
    *("topic", "partition", "state", "level", "version", "rulebook", "source", "reason", "status", "change", "payer"),
    *("flag", "severity", "sender", "code", "door", "kind", "fault", "destination", "outcome", "answer"),
    *("page", "deed", "result"),
}  # fmt: skip
"""Every label there is; one that could hold a patient, an encounter or an event is not among them."""


def test_no_name_stands_twice() -> None:
    """Two rows of one name would be one family."""
    assert len(BY_NAME) == len(METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_is_named_as_prometheus_asks(metric: Metric) -> None:
    """Prefix, unit, ``_total`` for counters alone; what it is, in a sentence; labels of the list."""
    assert re.fullmatch(r"infusion_[a-z0-9_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.name.endswith(UNITS) or COUNTED.search(metric.name)
    assert metric.help.endswith(".")
    assert metric.help.strip() == metric.help
    assert set(metric.labels) <= LABELS
    assert set(metric.known) <= set(metric.labels)
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert not metric.most or metric.labels


def test_what_feeds_choose_is_bounded() -> None:
    """Sources and payers are free text; a feed that numbers them must not fill Prometheus."""
    for metric in METRICS:
        if metric.labels and metric.labels[0] in {"source", "payer"}:
            assert metric.most
