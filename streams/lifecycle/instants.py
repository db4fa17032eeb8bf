"""
Instants by the hour: how many there are, the first, and how many lie before another, at two bytes each. Pure.

Stays come to one or two instants each, and there may be a million of them.
"""

from array import array
from typing import Final

_HOUR: Final = 3600


class Instants:
    """Epoch seconds, each as often as it was added."""

    __slots__ = ("_by_hour", "_count")

    def __init__(self) -> None:
        self._by_hour: dict[int, array[int]] = {}
        """The seconds within each hour, in no order."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def clear(self) -> None:
        """Have none."""
        self._by_hour, self._count = {}, 0

    def add(self, at: int) -> None:
        """Take one in."""
        hour, second = divmod(at, _HOUR)
        seconds = self._by_hour.get(hour)
        if seconds is None:
            seconds = self._by_hour[hour] = array("H")
        seconds.append(second)
        self._count += 1

    def discard(self, at: int) -> None:
        """Take one out, if it is there: they are for figures, and no figure is worth an error."""
        hour, second = divmod(at, _HOUR)
        seconds = self._by_hour.get(hour)
        if seconds is not None and second in seconds:
            seconds.remove(second)
            self._count -= 1
            if not seconds:
                del self._by_hour[hour]

    def first(self) -> int | None:
        """Return the earliest; None where there is none."""
        hours = list(self._by_hour.items())  # asked from another thread than it is changed in
        if not hours:
            return None
        hour, seconds = min(hours)
        return hour * _HOUR + min(seconds, default=0)

    def before(self, at: float) -> int:
        """Return how many are earlier than an instant."""
        hour, second = divmod(at, _HOUR)
        return sum(
            len(seconds) if one < hour else sum(value < second for value in seconds)
            for one, seconds in list(self._by_hour.items())
            if one <= hour
        )
