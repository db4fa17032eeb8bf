"""How many infusions of pumps wait for their stay, counted from what workers keep of facilities."""

from typing import Any, Final

from orjson import JSONDecodeError, loads

_PUMP: Final = b"\x00p|"
"""Between the facility and the name of a pump's entry."""
_NONE: Final = b",0]"


class UnlinkedPumps:
    """Counts them, record by record of the changelog."""

    def __init__(self) -> None:
        self._by_entry: dict[bytes, int] = {}

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self._by_entry.values())

    def take(self, record: Any) -> None:
        """Take one record of the changelog in."""
        key = record.key or b""
        waiting = waiting_infusions(key, record.value)
        if waiting:
            self._by_entry[key] = waiting
        elif waiting is not None:
            self._by_entry.pop(key, None)


def waiting_infusions(key: bytes, value: bytes | None) -> int | None:
    """Return how many infusions of an entry of the changelog wait for their stay; None where it is no pump's, or unreadable."""
    if _PUMP not in key:
        return None
    if not value or value.endswith(_NONE):
        return 0
    try:
        return int(loads(value)[-1])
    except (JSONDecodeError, TypeError, ValueError, IndexError, KeyError):
        return None
