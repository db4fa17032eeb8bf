"""
The order in which a run of several processes takes its tests: what waits longest first, what only computes last.

Tests on a broker wait for groups, sessions and starts. Each process begins with some of them, and what is left over at
the end, for whoever has nothing to do, only computes.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final

import pytest

LONGEST: Final = (
    "kafka/test_chaos.py",
    "kafka/test_log_cut.py",
    "kafka/test_other_topics.py",
    "kafka/test_watch_logs.py",
    "kafka/test_damaged_stores.py",
    "kafka/test_cli_deliver.py",
    "kafka/test_front_door.py",
    "engine/test_crashing.py",
    "kafka/",
    "properties/",
    "house/",
)
"""Folders and modules, those that take the longest before the others."""

_WAITING: Final = LONGEST.index("properties/")
"""The places of tests that wait are below it."""


def longest_first(items: list[pytest.Item], processes: int) -> None:
    """
    Deal tests to processes, which each take their stretch of the list: the longest first, a module's in their order.

    Modules that wait go round from process to process; the others fill each stretch up.
    """
    items.sort(key=_place)
    waiting: dict[str, list[pytest.Item]] = {}
    computing = []
    for item in items:
        if _place(item) < _WAITING:
            waiting.setdefault(item.nodeid.partition("::")[0], []).append(item)
        else:
            computing.append(item)
    stretches: list[list[pytest.Item]] = [[] for _ in range(processes)]
    for number, module in enumerate(waiting.values()):
        stretches[number % processes] += module
    size, rest = -(-len(items) // processes), iter(computing)
    for stretch in stretches:
        stretch.extend(islice(rest, max(0, size - len(stretch))))
    stretches[-1] += rest
    items[:] = [item for stretch in stretches for item in stretch]


def _place(item: pytest.Item, places: Sequence[str] = LONGEST) -> int:
    within = item.nodeid.partition("tests/")[2] or item.nodeid
    return next((number for number, place in enumerate(places) if within.startswith(place)), len(places))
