"""What a metric is: its name with the unit in it, its kind, its labels, and the values a label is known to have. Pure."""

from collections.abc import Mapping
from itertools import product
from typing import Final, Literal, NamedTuple

Kind = Literal["gauge", "counter", "histogram"]

Process = Literal["any", "worker", "watch", "listen", "deliver", "console"]
"""Which long-running process reports a metric; ``any`` is every one of them."""

Labels = tuple[str, ...]
"""The values of a metric's labels, in the order of its table row."""

OTHER: Final = "other"
"""Stands for every label value beyond those a metric has room for."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

WAITING: Final = (
    *(_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 12 * _HOUR),
    *(_DAY, 2 * _DAY, 3 * _DAY, 4 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY),
)
"""Buckets in seconds of what takes a chart and a confirm window: a minute to thirty days."""

WRITING: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Buckets in seconds of what takes a broker's answer."""


class Metric(NamedTuple):
    """One row of the table."""

    name: str
    """As it stands on the page, ``_total`` included."""
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    known: Mapping[str, tuple[str, ...]] = {}
    """The values labels are known to have: a counter's series of each is on the page from the start, at 0."""
    most: int = 0
    """How many values the first label may have when feeds choose them; later ones are counted as ``other``. 0: any."""
    buckets: tuple[float, ...] = ()
    process: Process = "worker"

    def from_the_start(self) -> list[Labels]:
        """Return the labels of the series that are on the page before anything happened."""
        if any(label not in self.known for label in self.labels):
            return []
        return list(product(*(self.known[label] for label in self.labels)))
