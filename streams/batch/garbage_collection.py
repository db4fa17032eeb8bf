"""
Python's garbage collector while stays are coded: seldom, and not over what will never be garbage.

Coding makes many small objects and no cycles, so reference counts alone free nearly everything. By default the
collector would go through modules, rules, tables and the lines still waiting again and again.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SELDOM: Final = 500_000
"""
Objects more than at the last collection before the next, 700 as Python comes: many times what the stays that are coded in
step hold at a time. They go by themselves, and what is left are caches, which have their own bounds.
"""


def pause() -> None:
    """Leave what is loaded so far out of every collection, and collect seldom."""
    gc.freeze()
    gc.set_threshold(_SELDOM, *gc.get_threshold()[1:])


@contextmanager
def paused() -> Iterator[None]:
    """Pause the collector inside a ``with`` block and put its settings back afterwards."""
    before = gc.get_threshold()
    pause()
    try:
        yield
    finally:
        gc.freeze()  # what is left counts as old: with the settings back, all of it would be gone through at once
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def loading() -> Iterator[None]:
    """Collect nothing while modules are loaded in a ``with`` block: a tenth of the time, and none of it is garbage."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
