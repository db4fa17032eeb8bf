"""A table that is looked at in parts: what was asked for in the address, and where its neighbours are. Pure."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

PER_PAGE: Final = 25
_DIGITS: Final = 7


class Asked(NamedTuple):
    """The address of a table: its path, the filters that are set, and which page of it."""

    path: str
    filters: Mapping[str, str]
    page: int = 1

    def get(self, name: str) -> str:
        """Return a filter's value, empty where it is not set."""
        return self.filters.get(name, "")

    def link(self, **changed: Any) -> str:
        """Return the address with some filters changed; an empty one is left out, and a filter leads to the first page."""
        page = changed.pop("page", 1)
        found = {**self.filters, **{name: str(value) for name, value in changed.items()}}
        pairs = [(name, value) for name, value in found.items() if value]
        pairs += [("page", str(page))] if page > 1 else []
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def form(self, kind: str) -> str:
        """Return the address of all rows that match, as ``csv`` or ``json``."""
        pairs = [(name, value) for name, value in self.filters.items() if value and name != "item"]
        return f"{self.path}.{kind}" + (f"?{urlencode(pairs)}" if pairs else "")


class Part(NamedTuple):
    """One page of a table, and how many rows match in all."""

    rows: list[Any]
    total: int
    page: int
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        """The number of the first row shown, from 1; 0 where there is none."""
        return 0 if not self.rows else (self.page - 1) * self.per_page + 1

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.first + len(self.rows) - 1 if self.rows else 0


def asked_of(path: str, query: Mapping[str, str], names: tuple[str, ...]) -> Asked:
    """Return what an address asks for; what it says beyond the names is left out."""
    page = query.get("page", "1")
    filters = {name: text for name in names if (text := query.get(name, "").strip()[:200])}
    return Asked(
        path, filters, max(1, min(int(page), 1_000_000)) if page.isdecimal() and len(page) <= _DIGITS else 1
    )
