"""
The stream beside what else could carry it: speed, latency, many open stays, recovery; on one real Kafka, in one run.

    python benchmarks/stream_bench.py                                 # all of it, under ten minutes
    python benchmarks/stream_bench.py --only throughput --stays 1000 --rounds 1 --no-record
    python benchmarks/stream_bench.py --only latency --rate 500       # one rate
    python benchmarks/stream_bench.py --nodes 3                       # speed and latency on three copies

README.md says what is compared and what each guarantees. Rows go to ``stream.csv``, and none is ever edited.
"""

import sys
import tempfile
from pathlib import Path

import click

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "streaming"), str(HERE.parent)]

import ground  # noqa: E402 - found where the line above says
from aims import COPIES, RATES  # noqa: E402 - beside this file
from parts import BARE, COPIED, OURS, contenders, raced, recovered, stated, timed  # noqa: E402 - as above
from rows import Row, append, show  # noqa: E402 - as above

PARTS = ("throughput", "latency", "states", "recovery")
SEVERAL = "3"
ON_COPIES = ("throughput", "latency")


@click.command()
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="A part; all of them when left out.")
@click.option("--contender", "names", multiple=True, help="By name; all of them when left out.")
@click.option(
    "--stays", default=2_000, show_default=True, help="In each throughput run, about ten events each."
)
@click.option("--rounds", default=2, show_default=True, help="Of every contender, interleaved.")
@click.option(
    "--rate",
    "rates",
    type=float,
    multiple=True,
    default=RATES,
    show_default=True,
    help="Events/s for the latency.",
)
@click.option("--seconds", default=20.0, show_default=True, help="Of each rate.")
@click.option("--open-stays", "many", default=1_000_000, show_default=True, help="In state, beside 1,000.")
@click.option("--recovered-stays", "back", default=100_000, show_default=True, help="To be restored.")
@click.option(
    "--nodes",
    type=click.Choice(["1", SEVERAL]),
    default="1",
    show_default=True,
    help="Of Kafka; with three each topic lies on all of them.",
)
@click.option("--record/--no-record", "keep", default=True, show_default=True, help="Append to stream.csv.")
def bench(  # noqa: PLR0913, PLR0917 - one an option
    only: tuple[str, ...], names: tuple[str, ...], stays: int, rounds: int,
    rates: tuple[float, ...], seconds: float, many: int, back: int, nodes: str, *, keep: bool,
) -> None:  # fmt: skip
    """Measure, print, and append to stream.csv."""
    copies = nodes == SEVERAL
    parts = only or (ON_COPIES if copies else PARTS)
    if copies:
        names = names or (OURS, BARE)
        if not_copied := {*parts} - {*ON_COPIES} | {*names} - {*COPIED}:
            message = f"{min(not_copied)} is measured on one node"
            raise click.BadParameter(message)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="infusion-stream-bench-") as made:
        folder = Path(made)
        with ground.broker(folder / "kafka", copies=copies) as kafka:
            if "throughput" in parts:
                rows += raced(kafka, folder, stays, rounds, contenders(names))
            if "latency" in parts:
                for rate in rates:
                    rows += timed(kafka, folder, max(100, int(rate * seconds / 10)), rate)
            if "states" in parts:
                rows += stated(kafka, folder, 1_000, many, max(100, stays // 4), 3)
            if "recovery" in parts:
                rows += recovered(kafka, folder, back)
    if copies:
        rows = [row._replace(what=COPIES + row.what) for row in rows]
    show(rows)
    if keep:
        append(rows)


if __name__ == "__main__":
    bench()
