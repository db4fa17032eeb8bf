"""
The stream under kills, pauses and broken brokers, seed by seed: what was lost, and what came double.

Each seed has a real Kafka of its own, a generated day, poison between the events, and three workers; what is done to
them is drawn from the seed (``tests/support/chaos/chaos_plan.py``). Beside them a listener with a raw feed, a console
and delivery to a billing system are killed too. Afterwards every charge set and line on the topics is held against
``infusion code``, and what the three hold against the topics. Rows go to ``chaos.csv`` beside this file, and nothing is
thrown away there.

    python benchmarks/chaos.py --seeds 20 --events 20000
    python benchmarks/chaos.py --seeds 5 --engine stock       # the same on Faust as it is
    python benchmarks/chaos.py --leaderless 30                # seconds without a leader, and nothing else
"""

import csv
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from shutil import copytree
from time import monotonic
from typing import Any, Final

import click

HERE: Final = Path(__file__).resolve().parent
RESULTS: Final = HERE / "chaos.csv"
SUPPORT: Final = HERE.parent / "tests" / "support"
sys.path[:0] = [str(SUPPORT), str(SUPPORT / "chaos"), str(SUPPORT / "kafka_broker")]

from apache_kafka import ApacheKafka  # noqa: E402 - the path to it is set above
from chaos import Report, trial  # noqa: E402 - as above
from chaos_leaderless import leaderless  # noqa: E402 - as above
from chaos_stops import FAULTS, NotStoppedError, stopping  # noqa: E402 - as above

EVENTS_A_STAY: Final = 10
CROWD: Final = 6
"""Workers of each fifth seed: more than there are partitions."""

ENGINES: Final = {"ours": None, "stock": (sys.executable, str(SUPPORT / "chaos" / "stock_worker.py"))}
COLUMNS: Final = (
    "at", "commit", "engine", "seed", "events", "kills", "began", "lost", "double", "emitted", "repeated", "seconds",
    "done", "ended",
)  # fmt: skip


@click.command()
@click.option("--seeds", type=click.IntRange(1), default=20, show_default=True)
@click.option("--first", type=click.IntRange(1), default=1, show_default=True, help="The first seed.")
@click.option("--events", type=click.IntRange(100), default=20_000, show_default=True)
@click.option(
    "--seconds",
    type=click.FloatRange(10),
    default=60,
    show_default=True,
    help="How long events are sent and things go wrong.",
)
@click.option(
    "--minutes", type=click.FloatRange(1), default=60, show_default=True, help="No seed is begun after these."
)
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="Logs of seeds that fail go here."
)
@click.option("--engine", type=click.Choice(sorted(ENGINES)), default="ours", show_default=True)
@click.option(
    "--frozen",
    type=click.FloatRange(0),
    default=90,
    show_default=True,
    help="How long the broker answers nothing, in each fourth seed.",
)
@click.option(
    "--leaderless",
    "without",
    type=click.FloatRange(1),
    help="Only partitions without a leader, for so many seconds.",
)
@click.option(
    "--faults", is_flag=True, help="Only the faults that have to stop the pipeline, each with its remedy."
)
@click.option(
    "--beside/--alone",
    default=True,
    show_default=True,
    help="Listener with a raw feed, console and delivery beside our workers, killed like them.",
)
@click.option("--record/--no-record", default=True, show_default=True)
def main(  # noqa: PLR0913 - one an option
    *,
    seeds: int,
    first: int,
    events: int,
    seconds: float,
    minutes: float,
    keep: Path | None,
    engine: str,
    frozen: float,
    without: float | None,
    faults: bool,
    beside: bool,
    record: bool,
) -> None:
    """Run the seeds one after the other; exit status 1 when anything was lost or double."""
    if without is not None:
        sys.exit(_leaderless(without, events))
    if faults:
        sys.exit(_faults(first, events, keep))
    until = monotonic() + minutes * 60
    bad = 0
    click.echo("  ".join(COLUMNS[2:-2]))
    for seed in range(first, first + seeds):
        if monotonic() > until:
            click.echo(f"{minutes:g} minutes are over: {first + seeds - seed} seeds were not run")
            break
        with tempfile.TemporaryDirectory(prefix="infusion-chaos-") as folder:
            with ApacheKafka(Path(folder) / "kafka") as kafka:
                report = trial(
                    kafka,
                    Path(folder) / "stream",
                    seed,
                    encounters=events // EVENTS_A_STAY,
                    seconds=seconds,
                    workers=CROWD if seed % 5 == 0 else 3,
                    frozen_s=frozen if seed % 4 == 0 else 0,
                    command=ENGINES[engine],
                    beside=beside and ENGINES[engine] is None,
                )
            row = {"engine": engine, **_row(report)}
            failed = bool(report.verdict.lost or report.verdict.double)
            if failed and keep is not None:
                copytree(Path(folder) / "stream", keep / str(seed), dirs_exist_ok=True)
        bad += failed
        _say(row, report)
        if record:
            _record(row)
    sys.exit(bool(bad))


def _leaderless(seconds: float, events: int) -> bool:
    with (
        tempfile.TemporaryDirectory(prefix="infusion-chaos-") as folder,
        ApacheKafka(Path(folder) / "kafka") as kafka,
        ApacheKafka(Path(folder) / "beside", beside=kafka) as beside,
    ):
        found, ended = leaderless(kafka, beside, Path(folder) / "stream", seconds, events // EVENTS_A_STAY)
    click.echo(
        f"{seconds:g} s without leaders: lost {len(found.lost)}, double {len(found.double)}, "
        f"lines {found.comparison.lines}, emitted {found.emitted}, repeated {found.repeated}; "
        f"the worker ended {ended} times"
    )
    return bool(found.lost or found.double)


def _faults(seed: int, events: int, keep: Path | None) -> bool:
    bad = 0
    for kind in FAULTS:
        with (
            tempfile.TemporaryDirectory(prefix="infusion-chaos-") as folder,
            ApacheKafka(Path(folder) / "kafka") as kafka,
        ):
            stream = Path(folder) / "stream"
            try:
                found = stopping(kafka, stream, kind, seed, events // EVENTS_A_STAY)
                lost, double = len(found.verdict.lost), len(found.verdict.double)
                words = f"{found.events} events, ended with 70 {found.ended} times, lost {lost}, double {double}, {found.seconds:.0f} s"
                for one in (*found.verdict.lost[:10], *found.verdict.double[:10]):
                    words += f"\n      {one}"
            except NotStoppedError as error:
                lost, double, words = 1, 0, str(error)
            if (lost or double) and keep is not None:
                copytree(stream, keep / kind.replace(" ", "-"), dirs_exist_ok=True)
        click.echo(f"{kind:28}  {words}")
        bad += bool(lost or double)
    return bool(bad)


def _row(report: Report) -> dict[str, Any]:
    found = report.verdict
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "seed": report.seed,
        "events": report.events,
        "kills": report.kills,
        "began": report.ready,
        "lost": len(found.lost),
        "double": len(found.double),
        "emitted": found.emitted,
        "repeated": found.repeated,
        "seconds": round(report.seconds, 1),
        "done": _listed(report.done),
        "ended": _listed(report.ended),
    }


def _listed(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count)


def _say(row: Mapping[str, Any], report: Report) -> None:
    click.echo("  ".join(f"{row[name]!s:>{len(name)}}" for name in COLUMNS[2:-2]) + f"  {row['done']}")
    for words in (*report.verdict.lost[:10], *report.verdict.double[:10]):
        click.echo(f"      {words}")


@cache
def _commit() -> str:
    """Return what is measured; asked once, before the first row is written into it."""
    asked = (
        ("describe", "--always"),
        ("status", "--porcelain", "--untracked-files=no", "models", "rules", "streams"),
    )
    commit, changes = (
        subprocess.run(("git", *words), cwd=HERE.parent, capture_output=True, text=True, check=False).stdout  # noqa: S603, S607 - whichever git is installed
        for words in asked
    )
    return commit.strip() + ("-dirty" if changes.strip() else "")


def _record(row: Mapping[str, Any]) -> None:
    new = not RESULTS.exists()
    with RESULTS.open("a", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    main()
