"""
How long a checkpoint waits for more to go with it. Pure.

A checkpoint costs two requests however little it holds, so many small ones take the time in which records would be read.
With nothing waiting one is written at once; the more records wait to be read, the longer it gathers.
"""

from typing import Final

BACKLOG: Final = 2_000
"""Unread records from which on it is better to be done soon than to answer each soon."""

LONGEST_S: Final = 0.25
"""Nobody waits for one record of a backlog: fewer and larger checkpoints, in which each state is written once."""

_MANY: Final = 200
"""Unread records from which on a checkpoint waits as long as the last one took, so that it has half of the time."""


def gathering_s(behind: int, backlog: int, last_s: float) -> float:
    """Return the seconds to wait with ``behind`` records unread, when the last checkpoint took ``last_s``."""
    if behind > backlog:
        return LONGEST_S
    return min(LONGEST_S, last_s) * min(1.0, behind / _MANY)
