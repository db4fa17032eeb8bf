"""
The order in which a run of several processes takes its tests: what waits longest first, what only computes last.

Tests on a broker wait for groups, sessions and starts. Begun first they wait beside tests that compute, and none of
them is left over at the end, when the other processes have nothing to do.
"""

from collections.abc import Sequence
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
    "benchmarks/test_race.py",
    "engine/test_crashing.py",
    "kafka/",
    "properties/",
    "house/",
)
"""Folders and modules, those that take the longest before the others."""


def longest_first(items: list[pytest.Item]) -> None:
    """Put the longest before the others, each module's tests left together and in their order."""
    items.sort(key=_place)


def _place(item: pytest.Item, places: Sequence[str] = LONGEST) -> int:
    within = item.nodeid.partition("tests/")[2] or item.nodeid
    return next((number for number, place in enumerate(places) if within.startswith(place)), len(places))
