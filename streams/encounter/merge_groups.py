"""Which stays must be coded together: all that merges connect, however long the chain."""

from collections.abc import Mapping


def survivor(one: str, into: Mapping[str, str]) -> str:
    """Return the encounter in which one ends up, by merges that run in no circle; its own id when it was not merged."""
    while one in into:
        one = into[one]
    return one


class MergeGroups:
    """Groups of encounter ids, grown link by link."""

    def __init__(self) -> None:
        self._above: dict[bytes, bytes] = {}

    def link(self, one: bytes, other: bytes) -> None:
        """Put two ids, and all that are with them, into one group."""
        low, high = sorted((self._top(one), self._top(other)))
        self._above[high] = low
        self._above.setdefault(low, low)

    def group(self, one: bytes) -> bytes:
        """Return the name of an id's group: the lowest id in it, its own when nothing is linked to it."""
        return self._top(one)

    def ids(self) -> list[bytes]:
        """Return every linked id."""
        return list(self._above)

    def _top(self, one: bytes) -> bytes:
        top = one
        while (above := self._above.get(top, top)) != top:
            top = above
        while one != top:  # the next search is one step
            one, self._above[one] = self._above.get(one, top), top
        return top
