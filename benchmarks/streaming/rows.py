"""Figures beside their yardsticks: printed for a person, and appended to ``stream.csv``."""

import csv
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

_FILE: Final = Path(__file__).resolve().parents[1] / "stream.csv"
_COLUMNS: Final = ("date", "commit", "what", "figure", "unit", "yardstick", "ratio", "n")


class Row(NamedTuple):
    """One figure; ``ratio`` is figure over the yardstick's, ``n`` how many were measured."""

    what: str
    figure: float
    unit: str
    yardstick: str = ""
    ratio: float | None = None
    n: str = ""


def over(figure: float, yardstick: float) -> float | None:
    """Return the ratio, None where there is nothing to divide by."""
    return figure / yardstick if yardstick else None


def head() -> tuple[str, str]:
    """Return the date and the short name of the commit that is measured, with a mark when files differ from it."""
    root = _FILE.parents[1]

    def git(*words: str) -> str:
        return subprocess.run(  # noqa: S603 - our own command
            ("git", *words),  # noqa: S607 - whichever git is installed
            cwd=root, capture_output=True, text=True, check=False,
        ).stdout.strip()  # fmt: skip

    day, _, commit = git("log", "-1", "--format=%cs %h").partition(" ")
    changed = git("status", "--porcelain", "--untracked-files=no", "models", "rules", "streams")
    return day, commit + ("+" if changed else "")


def show(rows: Sequence[Row]) -> None:
    """Print the rows."""
    table = Table("what", "figure", "unit", "beside", "ratio", "n", title="infusion-charges, the stream")
    for one in rows:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        table.add_row(one.what, f"{one.figure:,.4g}", one.unit, one.yardstick, ratio, one.n)
    Console(width=140).print(table)


def append(rows: Sequence[Row]) -> None:
    """Append the rows; none is ever edited."""
    new = not _FILE.exists()
    day, commit = head()
    with _FILE.open("a", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        if new:
            out.writerow(_COLUMNS)
        for one in rows:
            ratio = "" if one.ratio is None else f"{one.ratio:.3f}"
            out.writerow((day, commit, one.what, f"{one.figure:.4g}", one.unit, one.yardstick, ratio, one.n))
