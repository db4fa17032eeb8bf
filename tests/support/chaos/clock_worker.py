"""
A worker whose clock jumps: ``python clock_worker.py FROM:TO:SECONDS...``.

Between two instants (epoch seconds) its clock is off by so many seconds. The product has no such switch; this
puts the worker together with another clock, which is what its builder is for.
"""

import sys
from time import time
from typing import Any

from streams.cli import main
from streams.worker import application

JUMPS = [tuple(map(float, one.split(":"))) for one in sys.argv[1:]]
BUILD = application.build


def clock() -> float:
    """Return the instant as this worker believes it."""
    now = time()
    return now + sum(off for begin, end, off in JUMPS if begin <= now < end)


def build(*words: Any, **more: Any) -> Any:
    """Put the worker together with this clock."""
    return BUILD(*words, **more, clock=clock)


if __name__ == "__main__":
    application.build = build
    main(["worker"], prog_name="infusion")
