"""
A stage that keeps playing: console and front door beside broker and worker, and a day that comes in at a visible pace.

The day is a file of events, moved by whole days so that it was yesterday: bill holds run, and nothing lies in the future.
"""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from streams.demo.stage import Stage, end_with_parent

OURS: Final = (sys.executable, "-c", "from streams.cli import main; main()")

PACE: Final = {"INFUSION_INACTIVE_HOURS": "0.03", "INFUSION_QUIET_SECONDS": "2"}
"""A stay that goes on for some seconds is no forgotten one: it closes after two minutes without a word."""

FIRST_PORT: Final = 8090
_PORTS: Final = 50
_END_S: Final = 10
_DAY: Final = re.compile(rb"\b(\d{4}-\d\d-\d\d)(?=T\d\d:\d\d)")


def moved(lines: Sequence[bytes], to: date) -> Iterator[bytes]:
    """Yield lines with every instant moved by so many whole days that most of them are on one date."""
    days = [day for line in lines for day in _dates(line)]
    if not days:
        yield from lines
        return
    shift = to - max(set(days), key=days.count)
    for line in lines:
        yield _DAY.sub(lambda found: _moved(found[1], shift), line)


def free_port(first: int = FIRST_PORT) -> int:
    """
    Return the first port of loopback that nobody listens on.

    Raises:
        OSError: none of fifty is free.
    """
    for port in range(first, first + _PORTS):
        with socket.socket() as trying:
            try:
                trying.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError


@contextmanager
def beside(
    running: Stage, verb: str, settings: Mapping[str, str], folder: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Give a process of a verb on the stage's broker; it is ended afterwards."""
    with (folder / f"{verb}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*OURS, verb], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**running.environment, **settings}, preexec_fn=end_with_parent,  # noqa: PLW1509 - no thread of ours holds a lock it could wait for
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _dates(line: bytes) -> Iterator[date]:
    for found in _DAY.findall(line):
        try:
            yield date.fromisoformat(found.decode())
        except ValueError:  # a day of a deliberately wrong event
            continue


def _moved(day: bytes, shift: timedelta) -> bytes:
    try:
        return (date.fromisoformat(day.decode()) + shift).isoformat().encode()
    except (ValueError, OverflowError):
        return day
