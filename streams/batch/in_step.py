"""
Work on many stays step by step: all are read, then all folded, then all coded.

Each step's code and tables are as large as a processor's nearest caches. Done stay by stay, the steps take these from one
another again and again. Pure.
"""

from collections.abc import Iterable
from typing import TypeVar

from rules.steps import Steps

T = TypeVar("T")


def in_step(work: Iterable[Steps[T]]) -> list[T | Exception]:
    """Return what each piece of work comes to, or what it raised; none takes its next step before all took this one."""
    under_way = list(enumerate(work))
    results: dict[int, T | Exception] = {}
    while under_way:
        taking, under_way = under_way, []
        for piece in taking:
            place, steps = piece
            try:
                next(steps)
            except StopIteration as done:
                results[place] = done.value
            except Exception as error:  # noqa: BLE001 -- one must not cost the others theirs; whoever asked decides on it
                results[place] = error
            else:
                under_way.append(piece)
    return [results[place] for place in sorted(results)]
