"""
Work that stops after each of its steps, so that many stays can take the same step one after another.

Done stay by stay, the steps take a processor's nearest caches from one another again and again. Pure.
"""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]
"""A piece of work that stops after each step; the last step returns what it comes to."""


def at_once(steps: Steps[T]) -> T:
    """
    Return what one piece of work comes to.

    Raises:
        Exception: whatever a step raises.
    """
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result
