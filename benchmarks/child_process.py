"""A child process run to its end, and what it took: every benchmark of the command line measures so."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click

ROOT: Final = Path(__file__).resolve().parent.parent


class Run(NamedTuple):
    """One child: seconds by the wall, seconds of processor of it and its own children, and the most MiB it held."""

    wall: float
    cpu: float
    peak: float


def run(arguments: Sequence[str], out: Path = Path(os.devnull)) -> Run:
    """Run a child to its end; that something is held (status 1) is no failure here."""
    with out.open("wb") as written:
        begun = time.perf_counter()
        child = subprocess.Popen(  # noqa: S603 -- our own command lines
            arguments,
            stdout=written,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        message = (
            f"{' '.join(arguments[3:])} ended with status {child.returncode}; run it by hand to see why."
        )
        raise click.ClickException(message)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
