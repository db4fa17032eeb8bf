"""
Instants by the hour: how many there are, the first, and how many lie before another, at two bytes each. Pure.

Stays come to one or two instants each, and there may be a million of them. Those of an hour that has few are listed; of
one that has many it is counted how often each second is among them, so that to take one out nothing is searched.
"""

from array import array
from math import ceil
from typing import Final

_HOUR: Final = 3600

FEW: Final = 256
"""Instants of an hour that are listed."""

_ALL: Final = _HOUR
"""Where the counts of an hour have how many there are of all its seconds."""


class Instants:
    """Epoch seconds, each as often as it was added."""

    __slots__ = ("_count", "_few", "_many")

    def __init__(self) -> None:
        self._few: dict[int, array[int]] = {}
        """By hour the seconds within it, in no order."""
        self._many: dict[int, array[int]] = {}
        """By hour how often there is each of its seconds, and all of them."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def clear(self) -> None:
        """Have none."""
        self._few, self._many, self._count = {}, {}, 0

    def add(self, at: int) -> None:
        """Take one in."""
        hour, second = divmod(at, _HOUR)
        self._count += 1
        if (counts := self._many.get(hour)) is not None:
            _counted(counts, second, 1)
            return
        seconds = self._few.get(hour)
        if seconds is None:
            seconds = self._few[hour] = array("H")
        seconds.append(second)
        if len(seconds) > FEW:
            counts = array("I", bytes(array("I").itemsize * (_HOUR + 1)))
            for one in seconds:
                _counted(counts, one, 1)
            self._many[hour] = counts
            del self._few[hour]

    def discard(self, at: int) -> None:
        """Take one out, if it is there: they are for figures, and no figure is worth an error."""
        hour, second = divmod(at, _HOUR)
        if (counts := self._many.get(hour)) is not None:
            if counts[second]:
                _counted(counts, second, -1)
                self._count -= 1
                if not counts[_ALL]:
                    del self._many[hour]
            return
        seconds = self._few.get(hour)
        if seconds is not None and second in seconds:
            seconds.remove(second)
            self._count -= 1
            if not seconds:
                del self._few[hour]

    def first(self) -> int | None:
        """Return the earliest; None where there is none."""
        few, many = dict(self._few), dict(self._many)  # asked from another thread than they are changed in
        if not few and not many:
            return None
        hour = min((*few, *many))
        if hour in many:
            return hour * _HOUR + next((second for second, count in enumerate(many[hour]) if count), 0)
        return hour * _HOUR + min(few[hour], default=0)

    def before(self, at: float) -> int:
        """Return how many are earlier than an instant."""
        hour, second = divmod(at, _HOUR)
        listed = sum(
            len(seconds) if one < hour else sum(value < second for value in seconds)
            for one, seconds in list(self._few.items())
            if one <= hour
        )
        counted = sum(
            counts[_ALL] if one < hour else sum(counts[: ceil(second)])
            for one, counts in list(self._many.items())
            if one <= hour
        )
        return listed + counted


def _counted(counts: "array[int]", second: int, by: int) -> None:
    counts[second] += by
    counts[_ALL] += by
