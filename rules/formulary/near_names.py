"""
The known names nearest to one nobody knows: a suggestion for the person who is asked, never an answer (R-CLS-7).

A misspelt name, an unlisted brand beside a listed one and a letter too many are what an unknown drug mostly is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Final, NamedTuple

NEAREST: Final = 3
"""How many names are offered."""

ALIKE: Final = 0.75
"""How much of two names must be the same, from 0 to 1; less is noise."""

_CANDIDATES: Final = 40
_RUN: Final = 3


class Listed(NamedTuple):
    """A name of the catalogue and the drug it is."""

    name: str
    ingredient: str


class NearNames:
    """Finds the nearest of a fixed list of names."""

    def __init__(self, names: Iterable[Listed]) -> None:
        self._names = tuple(
            dict.fromkeys(Listed(listed.name.casefold(), listed.ingredient) for listed in names)
        )
        self._by_run: Mapping[str, list[int]] = _index(listed.name for listed in self._names)

    def to(self, name: str) -> tuple[str, ...]:
        """Return at most three names, the nearest first, each of another drug; none when nothing is alike."""
        best: dict[str, tuple[float, str]] = {}
        for said in _said(name.casefold()):
            for listed, alike in self._alike(said):
                if alike > best.get(listed.ingredient, (0.0, ""))[0]:
                    best[listed.ingredient] = (alike, listed.name)
        ranked = sorted(best.values(), key=lambda found: (-found[0], found[1]))
        return tuple(found for _, found in ranked[:NEAREST])

    def _alike(self, said: str) -> Iterator[tuple[Listed, float]]:
        shared: dict[int, int] = defaultdict(int)
        for run in _runs(said):
            for place in self._by_run.get(run, ()):
                shared[place] += 1
        for place in sorted(shared, key=lambda one: (-shared[one], one))[:_CANDIDATES]:
            alike = SequenceMatcher(None, said, self._names[place].name, autojunk=False).ratio()
            if alike >= ALIKE:
                yield self._names[place], alike


def _said(name: str) -> Iterator[str]:
    """Yield the whole name and each word of it that is long enough to be one."""
    yield name
    words = name.replace("-", " ").split()
    if len(words) > 1:
        yield from (word for word in words if len(word) > _RUN + 1 and word.isalpha())


def _runs(name: str) -> set[str]:
    padded = f" {name} "
    return {padded[start : start + _RUN] for start in range(len(padded) - _RUN + 1)}


def _index(names: Iterable[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        for run in _runs(name):
            found[run].append(place)
    return dict(found)
