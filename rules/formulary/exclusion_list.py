"""
The drugs Medicare's contractors take for self-administered: ``parameters/drugs/self_administered.csv``.

A drug is listed for a route: under the skin, and rarely into muscle. What a contractor lists another may not, so
a row says who does.
"""

from collections.abc import Mapping
from csv import DictReader
from datetime import date
from typing import Final, NamedTuple

from rules.data_files import SELF_ADMINISTERED
from rules.formulary.site_rows import site_cells
from rules.site_folder import cached_by_site, site_in_force
from rules.sources import sources

ROUTES: Final = frozenset({"SC", "IM"})
"""Routes a patient may take alone; intravenous drugs are presumed covered."""


class Exclusion(NamedTuple):
    """One row of the list; ``ingredient`` ends in ``*`` for every one that begins so, empty where only codes tell."""

    ingredient: str
    hcpcs: str
    routes: frozenset[str]
    listed_by: str
    since: date
    until: date | None
    cite: str
    as_of: date

    def lists(self, ingredient: str) -> bool:
        """Tell whether the row lists an ingredient, or one of those joined by ``+``."""
        parts = ingredient.split("+")
        if self.ingredient.endswith("*"):
            return any(part.startswith(self.ingredient[:-1]) for part in parts)
        return self.ingredient in parts


@cached_by_site()
def exclusions() -> tuple[Exclusion, ...]:
    """Return every row of the list, whatever its dates; a site's come first, each in place of the shipped one."""
    site = site_in_force()
    own = [] if site is None else [_exclusion(cells) for cells in site_cells(site, SELF_ADMINISTERED.name)]
    replaced = {row[:3] for row in own}
    with SELF_ADMINISTERED.open(encoding="utf-8", newline="") as file:
        listed = map(_exclusion, DictReader(line for line in file if not line.startswith("#")))
        return (*own, *(row for row in listed if row[:3] not in replaced))


def _exclusion(row: Mapping[str, str]) -> Exclusion:
    return Exclusion(
        row["ingredient"],
        row["hcpcs"],
        frozenset(row["routes"].split(";")),
        row["listed_by"],
        date.fromisoformat(row["from"]),
        date.fromisoformat(row["until"]) if row["until"] else None,
        row["cite"],
        date.fromisoformat(row["as_of"]),
    )


@cached_by_site(maxsize=4096)
def excluded(ingredient: str, hcpcs: str | None, route: str, on: date) -> Exclusion | None:
    """
    Return the row that lists a drug for a route on a date of service, or None.

    ``hcpcs`` is the charted HCPCS code; it decides where only one product of an ingredient is listed.
    """
    code = hcpcs.strip().upper() if hcpcs is not None else None
    for row in exclusions():
        if route not in row.routes or on < row.since or (row.until is not None and row.until < on):
            continue
        if row.lists(ingredient) if row.ingredient else code == row.hcpcs:
            return row
    return None


def problems() -> list[str]:
    """Return what is wrong with the list, one sentence each; nothing when it is in order."""
    place = f"parameters/drugs/{SELF_ADMINISTERED.name}"
    found: list[str] = []
    for row in exclusions():
        name = row.ingredient or row.hcpcs or "a row"
        if not row.ingredient and not row.hcpcs:
            found.append(f"{place}: a row names neither an ingredient nor a code.")
        if not row.routes <= ROUTES:
            found.append(
                f"{place}: {name}: routes are SC and IM, joined by a semicolon; nothing else is listed."
            )
        if row.until is not None and row.until < row.since:
            found.append(f"{place}: {name}: until lies before from.")
        if row.cite not in sources():
            found.append(f"{place}: {name}: cites {row.cite}, which rules/sources.toml does not hold.")
    return found
