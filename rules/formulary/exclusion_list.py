"""
The drugs Medicare's contractors take for self-administered: ``parameters/drugs/self_administered.csv``.

A drug is listed for a route: under the skin, and rarely into muscle. What a contractor lists another may not, so
a row says who does. A list that ``infusion refresh`` took in stands in place of the shipped one for dates of service
from its edition's first day on.
"""

from csv import DictReader
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from rules.data_files import DRUGS, SELF_ADMINISTERED
from rules.formulary.drug_editions import DrugListError, editions, rows
from rules.sources import declared_beside, sources

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


def exclusion(row: dict[str, str]) -> Exclusion:
    """
    Return one row of the file as what it says.

    Raises:
        ValueError: a day in it cannot be read.

    """
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


@cache
def exclusions() -> tuple[Exclusion, ...]:
    """Return every row of the shipped list, whatever its dates."""
    with SELF_ADMINISTERED.open(encoding="utf-8", newline="") as file:
        return tuple(exclusion(row) for row in DictReader(line for line in file if not line.startswith("#")))


@cache
def lists(folder: Path = DRUGS) -> tuple[tuple[date, tuple[Exclusion, ...]], ...]:
    """Return the lists a refresh took in, each with its first date of service, the latest first."""
    taken = [edition for edition in editions(folder)["self_administered"] if edition.effective != date.min]
    return tuple(
        (edition.effective, tuple(exclusion(row) for _, row in rows(edition))) for edition in reversed(taken)
    )


@lru_cache(maxsize=512)
def _in_force(on: date) -> tuple[Exclusion, ...]:
    return next((found for first, found in lists() if first <= on), None) or exclusions()


@lru_cache(maxsize=4096)
def excluded(ingredient: str, hcpcs: str | None, route: str, on: date) -> Exclusion | None:
    """
    Return the row that lists a drug for a route on a date of service, or None.

    ``hcpcs`` is the charted HCPCS code; it decides where only one product of an ingredient is listed.
    """
    code = hcpcs.strip().upper() if hcpcs is not None else None
    for row in _in_force(on):
        if route not in row.routes or on < row.since or (row.until is not None and row.until < on):
            continue
        if row.lists(ingredient) if row.ingredient else code == row.hcpcs:
            return row
    return None


def problems(folder: Path = DRUGS) -> list[str]:
    """Return what is wrong with the lists, one sentence each; nothing when they are in order."""
    shipped = f"parameters/drugs/{SELF_ADMINISTERED.name}"
    found = [wrong for row in exclusions() for wrong in _wrong(shipped, row, frozenset(sources()))]
    try:
        taken = [one for one in editions(folder)["self_administered"] if one.effective != date.min]
        known = declared_beside(folder) if taken else frozenset[str]()
        for edition in taken:
            place = f"parameters/drugs/{edition.place}"
            for line, row in rows(edition):
                try:
                    found += _wrong(place, exclusion(row), known)
                except ValueError:
                    found.append(f"{place} line {line}: from, until and as_of must be dates, 2027-01-01.")
    except DrugListError as error:
        found.append(f"parameters/drugs/{error}")
    return found


def _wrong(place: str, row: Exclusion, known: frozenset[str]) -> list[str]:
    found: list[str] = []
    name = row.ingredient or row.hcpcs or "a row"
    if not row.ingredient and not row.hcpcs:
        found.append(f"{place}: a row names neither an ingredient nor a code.")
    if not row.routes <= ROUTES:
        found.append(f"{place}: {name}: routes are SC and IM, joined by a semicolon; nothing else is listed.")
    if row.until is not None and row.until < row.since:
        found.append(f"{place}: {name}: until lies before from.")
    if row.cite not in known:
        found.append(f"{place}: {name}: cites {row.cite}, which rules/sources.toml does not hold.")
    return found
