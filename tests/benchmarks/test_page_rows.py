"""What the benchmarks write is what the page looks for: a row renamed in one place only would be "not measured" for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ground
import latency
import open_stays
import parts
import pytest
from aims import AIMS, COPIES, RATES
from latency import Latency, Spread
from measured import stream
from open_stays import Beside, Recovery, Standing, Took
from throughput import Result

NOTHING: Any = None
"""A broker, a worker: none is run."""

MANY = 1_000_000
SPREAD = Spread(1.0, 1.0, 1.0, 1)
RACED = (
    parts.OURS, parts.BARE, "Bytewax", "Quix Streams", "Faust, defaults", "Faust, tuned", "Faust, tuned, bytes",
)  # fmt: skip


def written(made: list[Any], prefix: str = "") -> set[tuple[str, str]]:
    """Return names and yardsticks of the benchmark's rows as the page reads them."""
    cells = [
        {
            "what": prefix + row.what, "figure": str(row.figure), "unit": row.unit, "yardstick": row.yardstick,
            "ratio": "" if row.ratio is None else str(row.ratio), "n": row.n, "date": "", "commit": "",
        }
        for row in made
    ]  # fmt: skip
    return {(one.name, one.beside) for one in stream(cells)}


@contextmanager
def standing(_: Any, __: Any, count: int, ___: Path) -> Iterator[Standing]:
    """Give a worker that is none."""
    yield Standing(count, NOTHING, NOTHING, 1.0, 1.0, 1.0, 1.0)


def test_every_row_of_the_stream_on_the_page_is_one_the_benchmark_writes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Race, latency, growth and recovery with made-up measurements; the two on three copies under their prefix."""
    measure = Latency(SPREAD, SPREAD, SPREAD, 1.0, SPREAD, SPREAD, 0, 1.0)
    took = Took(1.0, 1.0)
    monkeypatch.setattr(ground, "generated", lambda *_: [])
    monkeypatch.setattr(latency, "measure", lambda *_: measure)
    monkeypatch.setattr(open_stays, "patterns", lambda *_: [])
    monkeypatch.setattr(open_stays, "standing", standing)
    monkeypatch.setattr(open_stays, "beside", lambda *_: Beside(1.0, 1.0))
    monkeypatch.setattr(open_stays, "recovery", lambda *_: Recovery(1, took, took, took, took, 1.0))
    raced = parts.throughput_rows({name: [Result(1.0, 1.0, 1.0, 1, 0, 0, 1)] for name in RACED}, 1, 1)
    timed = [row for rate in RATES for row in parts.timed(NOTHING, tmp_path, 1, float(rate))]
    rows = [
        *raced, *timed, *parts.stated(NOTHING, tmp_path, 1_000, MANY, 1, 1), *parts.recovered(NOTHING, tmp_path, 1),
    ]  # fmt: skip
    found = written(rows) | written([*raced, *timed], COPIES)
    others = {"coder", "coder memory", "soak", "chaos"}
    assert [aim for aim in AIMS if aim.part not in others and (aim.name, aim.beside) not in found] == []
