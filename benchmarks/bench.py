"""
What the product costs beside a floor: reading and checking the same lines, and nothing else.

One run makes a month of events (once), then measures everything on it, so that every figure has its yardstick
from the same minute and machine. Rows go to ``results.csv`` beside this file; nothing is thrown away there.

    python benchmarks/bench.py --encounters 100000
"""

import csv
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import click
from child_process import Run, run
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results.csv"
START = "2026-10-05"
SEED = "20261005"
MIB = 1024
"""``ru_maxrss`` counts KiB on Linux."""

INFUSION = (sys.executable, "-c", "from streams.cli import main; main()")
FLOOR = (
    sys.executable,
    "-c",
    """
import sys
from models.event import EVENT
with open(sys.argv[1], "rb") as lines:
    for line in lines:
        EVENT.validate_json(line)
""",
)


class Figure(NamedTuple):
    """One measured figure with what it is compared to; ``ratio`` is figure over yardstick."""

    metric: str
    value: float
    unit: str
    yardstick: str = ""
    ratio: float | None = None


def month(folder: Path, encounters: int, order: str) -> tuple[Path, Run]:
    """Return the file of a generated month, and what generating it took."""
    path = folder / f"{order}-{encounters}.jsonl"
    options = ("--encounters", str(encounters), "--seed", SEED, "--start", START, "--order", order)
    return path, run((*INFUSION, "generate", *options), path)


def coded(path: Path, jobs: int) -> Run:
    """Return what ``infusion code`` took for a file."""
    return run((*INFUSION, "code", "--jobs", str(jobs), str(path)))


def streams(folder: Path, encounters: int) -> list[Figure]:
    """Measure the command line over the month: floor, one process, two processes, memory."""
    small = max(1, encounters // 10)
    path, made = month(folder, encounters, "grouped")
    floor = run((*FLOOR, str(path)))
    one, two = coded(path, 1), coded(path, 2)
    total = f"{encounters} encounters"
    figures = [
        Figure("generate", encounters / made.wall, "encounters/s"),
        Figure("generate peak memory", made.peak, "MiB"),
        Figure(f"floor, {total}", floor.wall, "s"),
        Figure(f"code --jobs 1, {total}", one.wall, "s", "floor", one.wall / floor.wall),
        Figure(f"code --jobs 2, {total}", two.wall, "s", "floor", two.wall / floor.wall),
        Figure("code --jobs 1", encounters / one.wall, "encounters/s", "floor", floor.wall / one.wall),
        Figure(
            "speed-up of two processes",
            one.wall / two.wall,
            "times",
            "two",
            one.wall / two.wall / 2,
        ),
    ]
    for order in ("grouped", "arrival"):
        few = coded(month(folder, small, order)[0], 1)
        many = one if order == "grouped" else coded(month(folder, encounters, order)[0], 1)
        figures += [
            Figure(f"peak memory, {order}, {small} encounters", few.peak, "MiB"),
            Figure(
                f"peak memory, {order}, {total}", many.peak, "MiB", f"{small} encounters",
                many.peak / few.peak,
            ),
        ]  # fmt: skip
        if order == "arrival":
            figures.append(
                Figure(
                    f"code --jobs 1, arrival, {total}",
                    many.wall,
                    "s",
                    "grouped",
                    many.wall / one.wall,
                )
            )
    return figures


def best_of(times: int, work: Callable[[], object]) -> float:
    """Return the least milliseconds of several runs: the one the machine disturbed least."""
    least = float("inf")
    for _ in range(times):
        begun = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - begun)
    return least * 1000


def long_stay(administrations: int) -> list[dict[str, object]]:
    """Return one stay: antibiotic, hydration and pushes in turn, four an hour."""
    zone = timezone(timedelta(hours=-4))
    begin = datetime(2026, 10, 5, 7, tzinfo=zone)
    about = {"encounter_id": "Elong", "source": "emar"}
    opened = {"setting": "facility", "payer": "medicare", "time_zone": "America/New_York"}
    told: list[dict[str, object]] = [{"type": "encounter_opened", "occurred_at": begin.isoformat(), **opened}]
    for number in range(administrations):
        at = begin + timedelta(minutes=15 * number)
        given: dict[str, object] = {"administration_id": f"a{number}", "route": "IV", "site_id": "s1"}
        if number % 2:
            push = {
                "type": "push_given",
                "occurred_at": at.isoformat(),
                "drug": {"name": "ondansetron"},
                **given,
            }
            told.append(push)
            continue
        drug = {"name": ("ceftriaxone", "vancomycin", "cefepime")[number // 2 % 3]}
        told.append(
            {
                "type": "infusion_started",
                "occurred_at": at.isoformat(),
                "drug": drug,
                "dose_id": f"d{number}",
                **given,
            }
        )
        stop = {"type": "infusion_stopped", "occurred_at": (at + timedelta(minutes=20)).isoformat()}
        told.append({**stop, "administration_id": f"a{number}"})
    ended = (begin + timedelta(minutes=15 * administrations + 30)).isoformat()
    told.append({"type": "encounter_discharged", "occurred_at": ended})
    return [{"event_id": f"v{number}", **about, **fact} for number, fact in enumerate(told)]


def single(path: Path) -> list[Figure]:
    """Measure folding and coding one encounter: typical ones, and a very long one beside a long one."""
    from orjson import dumps  # noqa: PLC0415 - the product is imported only here, after the children ran

    from models.event import EVENT, Event  # noqa: PLC0415 -- only this measurement needs it
    from rules.engine import Profile, code_encounter  # noqa: PLC0415 -- only this measurement needs it
    from streams.encounter.fold import fold  # noqa: PLC0415 -- only this measurement needs it

    profile = Profile()

    def milliseconds(events: list[Event]) -> float:
        return best_of(3, lambda: code_encounter(fold(events), profile))

    with path.open("rb") as lines:
        read = [EVENT.validate_json(line) for line in islice(lines, 5_000)]
    typical = [list(events) for _, events in groupby(read, key=lambda event: event.encounter_id)][:-1]
    milliseconds(typical[0])  # tables and policies are read once per process
    again = median(milliseconds(events) for events in typical)
    hundred, thousand = (
        milliseconds([EVENT.validate_json(dumps(fact)) for fact in long_stay(number)])
        for number in (100, 1000)
    )
    return [
        Figure("re-coding one typical encounter", again, "ms, median"),
        Figure("one encounter of 100 administrations", hundred, "ms"),
        Figure(
            "one encounter of 1000 administrations", thousand, "ms", "100 administrations", thousand / hundred
        ),
    ]


def questions(path: Path) -> list[Figure]:
    """Measure the one question: every answer to a held stay tried by coding it, beside coding the stay once."""
    from models.event import EVENT, Event  # noqa: PLC0415 -- only this measurement needs it
    from rules.engine import Profile, code_encounter  # noqa: PLC0415 -- only this measurement needs it
    from rules.outcomes import outcomes  # noqa: PLC0415 -- only this measurement needs it
    from streams.encounter.fold import fold  # noqa: PLC0415 -- only this measurement needs it

    profile = Profile()
    with path.open("rb") as lines:
        read: list[Event] = [EVENT.validate_json(line) for line in islice(lines, 60_000)]
    asked, coded = [], []
    for _, events in groupby(read, key=lambda event: event.encounter_id):
        encounter = fold(list(events))
        charge_set = code_encounter(encounter, profile).charge_set
        if charge_set.status == "held":
            asked.append(best_of(3, partial(outcomes, encounter, profile, charge_set)))
            coded.append(best_of(3, partial(code_encounter, encounter, profile)))
    once = quantiles(coded, n=20)[18]
    worst = quantiles(asked, n=20)[18]
    return [
        Figure(
            f"the one question of {len(asked)} held stays",
            worst,
            "ms, p95",
            "coding them once, p95",
            worst / once,
        )
    ]


def head() -> tuple[str, str]:
    """Return the date and the short name of the commit that is measured."""
    said = subprocess.run(
        ("git", "log", "-1", "--format=%cs %h"),  # noqa: S607 - whichever git is installed
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    return (said[0], said[1]) if len(said) == 2 else (date.min.isoformat(), "none")  # noqa: PLR2004 -- a date and a hash


def record(figures: list[Figure], day: str, commit: str) -> None:
    """Append the figures to ``results.csv``."""
    columns = ("date", "commit", "python", "cpus", "metric", "value", "unit", "yardstick", "ratio")
    new = not RESULTS.exists()
    with RESULTS.open("a", newline="", encoding="utf-8") as written:
        rows = csv.writer(written, lineterminator="\n")
        if new:
            rows.writerow(columns)
        machine = (day, commit, platform.python_version(), os.cpu_count())
        for one in figures:
            ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
            rows.writerow((*machine, one.metric, f"{one.value:.4g}", one.unit, one.yardstick, ratio))


def show(figures: list[Figure]) -> None:
    """Print the figures for a person."""
    table = Table("what", "figure", "unit", "beside", "ratio", title="infusion-charges benchmarks")
    for one in figures:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        table.add_row(one.metric, f"{one.value:,.4g}", one.unit, one.yardstick, ratio)
    Console(width=110).print(table)


@click.command()
@click.option("--encounters", default=100_000, show_default=True, help="Stays in the month; fewer for a try.")
@click.option("--date", "day", help="The date to record; that of the newest commit when left out.")
@click.option("--record/--no-record", "keep", default=True, show_default=True, help="Append to results.csv.")
def bench(encounters: int, day: str | None, *, keep: bool) -> None:
    """Measure, print, and append to results.csv."""
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="infusion-bench-") as made:
        folder = Path(made)
        figures = streams(folder, encounters)
        figures += single(folder / f"grouped-{encounters}.jsonl")
        figures += questions(folder / f"grouped-{encounters}.jsonl")
    committed, commit = head()
    show(figures)
    if keep:
        record(figures, day or committed, commit)


if __name__ == "__main__":
    bench()
