"""The lines about partitions: those of the table, each where its figure is known, for a worker and from outside."""

import pytest
from scraped import Scraped

from streams.metrics.figures import Figures
from streams.metrics.lag import Lag, Place
from streams.metrics.lag_lines import LagLines
from streams.metrics.metric import Process
from streams.metrics.page import page_of

LAGS = [
    (("t", 0), Place(10, 0, 17, 5_000), Lag("behind", 7, 2.5)),
    (("t", 1), Place(4, 0, 4), Lag("caught_up", 0, 0.0)),
    (("never", 0), Place(None, 0, 9), Lag("never_read")),
    (("unknown", 0), Place(None, 0, None), Lag("unknown")),
    (('odd"\\name', 0), Place(1, 0, 2), Lag("behind", 1, None)),
]
KNOWN = {
    "lag_seconds": {"t0": 2.5, "t1": 0},
    "lag_records": {"t0": 7, "t1": 0, 'odd"\\name0': 1},
    "position_offset": {"t0": 10, "t1": 4, 'odd"\\name0': 1},
    "end_offset": {"t0": 17, "t1": 4, "never0": 9, 'odd"\\name0': 2},
    "retention_headroom_seconds": {"t0": 57.5, "t1": 60},
}


@pytest.mark.parametrize(("process", "prefix"), [("worker", "infusion_"), ("watch", "infusion_group_")])
def test_every_figure_that_is_known_has_its_line(process: Process, prefix: str) -> None:
    """And a second page has it under the number it has then."""
    figures, lines = Figures(process), LagLines(prefix)
    shown = [*LAGS]
    figures.provide_lines(lambda: lines.lines(shown, {"t": 60_000}))
    page = page_of(figures)
    read = Scraped(page().decode())
    for name, expected in KNOWN.items():
        series = {
            dict(labels)["topic"] + dict(labels)["partition"]: value
            for labels, value in read.series(prefix + name).items()
        }
        assert series == expected, name
    states = {labels: value for labels, value in read.series(f"{prefix}partition_state").items() if value}
    assert {(dict(labels)["topic"], dict(labels)["state"]) for labels in states} == {
        (spot[0], lag.state) for spot, _, lag in LAGS
    }
    assert len(read.series(f"{prefix}partition_state")) == 4 * len(LAGS)
    shown[:] = [(("t", 0), Place(17, 0, 17), Lag("caught_up", 0, 0.0))]
    again = Scraped(page().decode())
    assert again.series(f"{prefix}lag_records") == {(("partition", "0"), ("topic", "t")): 0}
    assert again.value(f"{prefix}partition_state", topic="t", partition="0", state="behind") == 0
    assert again.value(f"{prefix}partition_state", topic="t", partition="0", state="caught_up") == 1


def test_a_metric_is_one_block_of_the_page() -> None:
    """As Prometheus's format asks, with its help and kind before it."""
    figures, lines = Figures("worker"), LagLines("infusion_")
    figures.provide_lines(lambda: lines.lines(LAGS, {}))
    text = page_of(figures)().decode().splitlines()
    begin = text.index("# TYPE infusion_lag_records gauge")
    assert [line.partition("{")[0] for line in text[begin + 1 : begin + 4]] == ["infusion_lag_records"] * 3
    assert sum(line.startswith("infusion_lag_records{") for line in text) == 3
