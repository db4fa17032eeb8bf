"""What was measured last: rows of coder.csv, stream.csv, soak.csv and chaos.csv in one form, the newest of each figure."""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

STAY_BYTES: Final = 128
"""What a kept stay may take, as streams/README.md has it."""


class Measured(NamedTuple):
    """One figure beside its yardstick; ``least`` and ``most`` are of the ratio, where there were several rounds."""

    name: str
    beside: str
    figure: float
    unit: str
    ratio: float | None
    n: str
    date: str
    commit: str
    spread: str = ""
    least: float | None = None
    most: float | None = None


Rows = Iterable[dict[str, str]]
Found = dict[tuple[str, str], Measured]


def coder(rows: Rows) -> Iterator[Measured]:
    """Yield what coding costs: processor time and wall against the floor of the same month, and how memory grows."""
    peaks: dict[tuple[str, str, str], dict[str, float]] = {}
    for row in rows:
        name = row["what"] + ("" if row["month"] == "month" else f", {row['month']}")
        about = (f"{int(row['stays']):,} stays, {row['rounds']} rounds", row["date"], row["commit"])
        for unit, spread in (("cpu", (float(row["ratio_least"]), float(row["ratio_most"]))), ("wall", ())):
            yield Measured(
                name, f"floor's {'CPU' if unit == 'cpu' else unit}", float(row[f"{unit}_s"]), "s",
                float(row[f"{unit}_ratio"]), *about, f"{float(row[f'{unit}_least']):.3g} to {float(row[f'{unit}_most']):.3g}", *spread,
            )  # fmt: skip
        if row["what"] == "infusion code --jobs 1":
            # The tenth follows the month it is a tenth of, in the same run.
            run = peaks.setdefault((row["date"], row["commit"], row["python"]), {})
            run[row["month"]] = float(row["peak_mib"])
            if {"month", "tenth"} <= run.keys():
                ratio = run["month"] / run["tenth"]
                yield Measured("memory of a month", "that of a tenth", run["month"], "MiB", ratio, *about)


def stream(rows: Rows) -> Iterator[Measured]:
    """Yield the stream's figures as they are; of a race the ratio is ours over the contender's."""
    for row in rows:
        beside, _, spread = row["yardstick"].partition("; ")
        ratio = float(row["ratio"]) if row["ratio"] else None
        figure = float(row["figure"])
        least, _, most = spread.partition("-")
        ends = (
            [ratio * figure / float(rate) for rate in (most, least)]
            if ratio is not None and most and float(least) and row["what"].endswith("events/s")
            else ()
        )
        yield Measured(
            row["what"], beside, figure, row["unit"], ratio, row["n"], row["date"], row["commit"],
            f"{float(least):,.0f} to {float(most):,.0f}" if most else "", *ends,
        )  # fmt: skip


def soak(rows: Rows) -> Iterator[Measured]:
    """Yield whether a long run stayed flat: the end beside the first minute, less what the stays kept may take."""
    for row in rows:
        about = (f"{row['minutes']} minutes at {row['events/s']} events/s", row["date"], row["commit"])
        kept = int(row["stays"]) * STAY_BYTES / (1 << 20)
        least = float(row["MiB after a minute"])
        end, files = float(row["MiB at the end"]), float(row["files at the end"])
        unread, before = float(row["unread at the end"]), float(row["files after a minute"])
        yield Measured("soak: memory", "after a minute", end, "MiB", (end - kept) / least, *about)
        yield Measured("soak: files", "after a minute", files, "files", files / before, *about)
        yield Measured(
            "soak: unread", "those of a second", unread, "events", unread / float(row["events/s"]), *about
        )
        yield Measured("soak: minutes", "", float(row["minutes"]), "", None, *about)


def chaos(rows: Rows) -> Iterator[Measured]:
    """
    Yield how many seeds the commit measured last was given, and what all of them lost and had double.

    A seed that did not settle in time proves nothing and is not counted; its number is told. Rows written between the seeds
    make git call the tree dirty: that is the same commit.
    """
    ours = [row for row in rows if row["engine"] == "ours"]
    last = [row for row in ours if _clean(row["commit"]) == _clean(ours[-1]["commit"])]
    settled = [row for row in last if "not settled in time" not in (row["done"] or "")]
    unsettled = [row["seed"] for row in last if row not in settled]
    if last:
        n = "seeds " + ", ".join(row["seed"] for row in settled)
        n += f"; not settled: {', '.join(unsettled)}" if unsettled else ""
        commits = " and ".join(dict.fromkeys(row["commit"] for row in last))
        about = (n, last[-1]["at"][:10], commits)
        yield Measured("chaos: seeds", "", len(settled), "", None, *about)
        for what in ("lost", "double"):
            yield Measured(f"chaos: {what}", "", sum(int(row[what]) for row in settled), "", None, *about)


def _clean(commit: str) -> str:
    return commit.removesuffix("-dirty")


SOURCES: Final[dict[str, Callable[[Rows], Iterator[Measured]]]] = {
    "coder.csv": coder, "stream.csv": stream, "soak.csv": soak, "chaos.csv": chaos,
}  # fmt: skip


def newest(folder: Path) -> Found:
    """Return the last row of each figure; a file that is not there has none."""
    found: Found = {}
    for name, read in SOURCES.items():
        path = folder / name
        if path.exists():
            with path.open(encoding="utf-8", newline="") as lines:
                found |= {(one.name, one.beside): one for one in read(csv.DictReader(lines))}
    return found
