"""
``infusion code`` beside its floors, as an opponent would measure it: in turns, three rounds, processor time beside the wall.

The floor is pinned: each line of the same file checked against the event models by pydantic, whatever the product itself
reads by. Beside it stands orjson, which parses and checks nothing. One round that is not counted warms the files and the
yardsticks; then each round runs every contender once, so that what disturbs the machine disturbs all of them.

    python benchmarks/coder_bench.py                                       # 100,000 stays; some twenty minutes
    python benchmarks/coder_bench.py --stays 2000 --rounds 1 --no-record   # a try
"""

import csv
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import click
from child_process import Run, run

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
RESULTS: Final = HERE / "coder.csv"
COLUMNS: Final = (
    "date", "commit", "python", "cores", "month", "stays", "what", "rounds", "wall_s", "wall_least", "wall_most",
    "cpu_s", "cpu_least", "cpu_most", "peak_mib", "cpu_ratio", "wall_ratio", "ratio_least", "ratio_most",
)  # fmt: skip

_INFUSION: Final = (sys.executable, "-c", "from streams.cli import main; main()")
_LOOP: Final = "\nwith open(sys.argv[1], 'rb') as lines:\n    for line in lines:\n        read(line)\n"
FLOOR: Final = "floor: pydantic"
CONTENDERS: Final = {
    FLOOR: (
        sys.executable,
        "-c",
        f"import sys\nfrom models.event import EVENT\nread = EVENT.validate_json{_LOOP}",
    ),
    "orjson, nothing checked": (sys.executable, "-c", f"import sys\nfrom orjson import loads as read{_LOOP}"),
    "infusion code --jobs 1": (*_INFUSION, "code", "--quiet", "--jobs", "1"),
    "infusion code --jobs 2": (*_INFUSION, "code", "--quiet", "--jobs", "2"),
}


class Row(NamedTuple):
    """What was measured of one contender on one month; ratios are to the floor of the same round."""

    month: str
    stays: int
    what: str
    runs: list[Run]
    floors: list[Run]

    def cells(self) -> tuple[str, ...]:
        """Return the row's own columns."""
        walls, cpus = [one.wall for one in self.runs], [one.cpu for one in self.runs]
        ratios = [one.cpu / floor.cpu for one, floor in zip(self.runs, self.floors, strict=True)]
        waits = [one.wall / floor.wall for one, floor in zip(self.runs, self.floors, strict=True)]
        seconds = (median(walls), min(walls), max(walls), median(cpus), min(cpus), max(cpus))
        return (
            self.month, str(self.stays), self.what, str(len(self.runs)), *(f"{value:.3f}" for value in seconds),
            f"{max(one.peak for one in self.runs):.0f}",
            *(f"{value:.2f}" for value in (median(ratios), median(waits), min(ratios), max(ratios))),
        )  # fmt: skip


def months(folder: Path, stays: int) -> dict[str, tuple[Path, int]]:
    """Return the generated months: as they come, made hard on caches, and a tenth of the size."""
    made = {}
    for name, count in (("month", stays), ("tenth", max(1, stays // 10))):
        path = folder / f"{name}.jsonl"
        seeded = ("--seed", "20261005", "--start", "2026-10-05", "--order", "grouped")
        run((*_INFUSION, "generate", "--encounters", str(count), *seeded), path)
        made[name] = (path, count)
    varied = folder / "varied.jsonl"
    run((sys.executable, str(HERE / "varied.py"), str(made["month"][0])), varied)
    return {**made, "varied": (varied, stays)}


def measured(name: str, path: Path, stays: int, rounds: int) -> list[Row]:
    """Return a month's rows: each contender in turn, ``rounds`` times after one that is not counted."""
    runs: dict[str, list[Run]] = {what: [] for what in CONTENDERS}
    for number in range(rounds + 1):
        for what, arguments in CONTENDERS.items():
            # A warm round is for the yardsticks and the file: the product gains no more from it than they do.
            if number or what not in {"infusion code --jobs 1", "infusion code --jobs 2"}:
                done = run((*arguments, str(path)))
                if number:
                    runs[what].append(done)
    return [Row(name, stays, what, of_it, runs[FLOOR]) for what, of_it in runs.items()]


def head() -> tuple[str, str]:
    """Return the date and short name of the commit, with a plus where something is not committed."""
    changes = ("status", "--porcelain", "--untracked-files=no", "models", "rules", "streams")
    asked = (("log", "-1", "--format=%cs %h"), changes)
    said = [
        subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True, check=False).stdout  # noqa: S603, S607 -- whichever git is installed
        for words in asked
    ]
    day, _, commit = said[0].strip().partition(" ")
    return day or "none", commit + "+" * bool(said[1].strip())


@click.command()
@click.option("--stays", default=100_000, show_default=True, help="Stays in the month; fewer for a try.")
@click.option("--rounds", default=3, show_default=True, help="Rounds that are counted.")
@click.option(
    "--record/--no-record", "keep", default=True, show_default=True, help="Add the rows to coder.csv."
)
def bench(stays: int, rounds: int, *, keep: bool) -> None:
    """Measure, print, and add rows to coder.csv."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="infusion-bench-") as folder:
        for name, (path, count) in months(Path(folder), stays).items():
            rows += measured(name, path, count, rounds)
    for row in rows:
        print("  ".join(row.cells()))
    machine = (*head(), platform.python_version(), str(len(os.sched_getaffinity(0))))
    if keep:
        new = not RESULTS.exists()
        with RESULTS.open("a", newline="", encoding="utf-8") as written:
            table = csv.writer(written, lineterminator="\n")
            table.writerows(([COLUMNS] if new else []) + [(*machine, *row.cells()) for row in rows])


if __name__ == "__main__":
    bench()
