"""Dated lists of drugs, by ingredient, whose giving is coded in a way of its own: ``parameters/drugs/elsewhere.toml``."""

import tomllib
from bisect import bisect_right
from datetime import date
from functools import cache, lru_cache
from typing import Literal, get_args

from rules.data_files import ELSEWHERE

DrugList = Literal["chemodenervation", "thrombolytic", "sedation", "drip", "kit"]
"""
Botulinum toxins; clot dissolvers; sedation and pain relief; anaesthetics that also run as drips; drugs packed
together and injected apart.
"""


@cache
def _lists() -> dict[str, tuple[tuple[date, ...], tuple[frozenset[str], ...]]]:
    table = tomllib.loads(ELSEWHERE.read_text("utf-8"))
    read = {}
    for name, entry in table.items():
        if isinstance(entry, dict):
            values = sorted(entry["values"], key=lambda value: value["from"])
            read[name] = (
                tuple(value["from"] for value in values),
                tuple(frozenset(value["ingredients"]) for value in values),
            )
    return read


@lru_cache(maxsize=1024)
def _in_force(name: DrugList, on: date) -> frozenset[str]:
    days, listed = _lists()[name]
    place = bisect_right(days, on)
    return listed[place - 1] if place else frozenset()


@lru_cache(maxsize=4096)
def lists_of(ingredient: str, on: date) -> frozenset[DrugList]:
    """Return the lists that hold an ingredient, or one of those joined by ``+``, on a date of service: mostly none."""
    named = (ingredient, *ingredient.split("+"))
    return frozenset(name for name in get_args(DrugList) if not _in_force(name, on).isdisjoint(named))


def on_list(ingredient: str, name: DrugList, on: date) -> bool:
    """Tell whether an ingredient, or one of those joined by ``+``, is on a list on a date of service."""
    return name in lists_of(ingredient, on)
