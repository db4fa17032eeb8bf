"""
Reads the tables of ``parameters/catalogue``: what is published of each code, one row a fact, with its source and grade.

For readers; coding never asks them. A row is of grade A or C: what nobody could read is left out and said to be missing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from csv import DictReader
from datetime import date
from functools import cache
from pathlib import Path
from tomllib import load
from types import MappingProxyType
from typing import Final, NamedTuple

from rules.data_files import CATALOGUE
from rules.sources import GRADES, sources

Row = Mapping[str, str]

SHIPPED_GRADES: Final = frozenset("AC")


class Shape(NamedTuple):
    """Columns of a table in their order, those that name a row, and those that hold dates and amounts."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    dates: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    keys_of_sources: tuple[str, ...] = ()
    """Columns of ``96365=SEED-1``: a code, and the key of the source that names the row beside it."""


_CITED: Final = ("grade", "cite")
SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        "categories": Shape(("code", "scheme", "since", "category", *_CITED), ("code", "scheme", "since"), ("since",)),
        "conversion_factors": Shape(
            ("from", "to", "applies_to", "usd", *_CITED), ("from", "applies_to"), ("from", "to"), ("usd",)
        ),
        "history": Shape(
            ("code", "event", "effective", "before", "after", "detail", *_CITED),
            ("code", "event", "effective", "before"),
            ("effective",),
        ),
        "taxonomies": Shape(
            ("code", "level", "means", "services", "claim", "seen_in", *_CITED),
            ("code",),
            keys_of_sources=("seen_in",),
        ),
        "places": Shape(("code", "means", "rate", "setting", *_CITED), ("code",)),
        "benchmarks": Shape(
            ("code", "payer", "figure", "usd", *_CITED), ("code", "payer", "figure"), numbers=("usd",)
        ),
        "payer_notes": Shape(("payer", "switch", "codes", "says", "why", *_CITED), ("payer", "switch", "cite")),
        "diagnoses": Shape(
            (
                "code", "means", "proves", "goes_with", "contradicts", "contested", "basis", "why", *_CITED,
            ),
            ("code",),
        ),
    }
)  # fmt: skip
"""Every table of the folder by its name, in the order it is checked."""


@cache
def rows(table: str) -> tuple[Row, ...]:
    """Return the rows of a table as they stand in its file."""
    return _rows(CATALOGUE / f"{table}.csv")


class NotFound(NamedTuple):
    """A fact that was looked for and not found: of which codes, and where."""

    fact: str
    codes: tuple[str, ...]
    searched: str


@cache
def not_found() -> tuple[NotFound, ...]:
    """Return what was looked for in vain, in the order of ``searched.toml``."""
    with (CATALOGUE / "searched.toml").open("rb") as file:
        entries = load(file)["not_found"]
    return tuple(NotFound(entry["fact"], tuple(entry["codes"]), entry["searched"]) for entry in entries)


def problems(folder: Path = CATALOGUE) -> list[str]:
    """Return what is wrong with the tables, one sentence each; nothing when they are in order."""
    return [f"{name}.csv{wrong}" for name, shape in SHAPES.items() for wrong in _wrong(folder, name, shape)]


def _rows(path: Path) -> tuple[Row, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(MappingProxyType(row) for row in DictReader(file))


def _wrong(folder: Path, name: str, shape: Shape) -> Iterator[str]:
    path = folder / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header = tuple(DictReader(file).fieldnames or ())
        table = _rows(path)
    except (OSError, UnicodeDecodeError) as error:
        yield f": cannot be read ({type(error).__name__}); restore it."
        return
    if header != shape.columns:
        yield f": the columns must be {', '.join(shape.columns)}."
        return
    for number, row in enumerate(table, 2):
        yield from (f" line {number}: {wrong}" for wrong in _wrong_in(row, shape))
    times = Counter(tuple(row[column] for column in shape.key) for row in table)
    yield from (
        f": {' '.join(key)} stands {count} times; leave one row." for key, count in times.items() if count > 1
    )


def _wrong_in(row: Row, shape: Shape) -> Iterator[str]:
    if None in row or None in row.values():
        yield "has too few or too many cells; quote those that hold a comma."
        return
    yield from (
        f"{column} must be a date such as 2026-01-01, or empty."
        for column in shape.dates
        if row[column] and not _is_date(row[column])
    )
    yield from (
        f"{column} must be an amount such as 0.25." for column in shape.numbers if not _is_amount(row[column])
    )
    grade = row["grade"]
    if grade not in SHIPPED_GRADES:
        yield f"grade must be A or C, not {grade!r}; what rests on less is left out."
    for key in (
        row["cite"],
        *(word.partition("=")[2] for column in shape.keys_of_sources for word in row[column].split()),
    ):
        source = sources().get(key)
        if source is None:
            yield f"cites {key!r}, which rules/sources.toml does not hold; add it there."
        elif grade in GRADES and key == row["cite"] and GRADES.index(grade) < GRADES.index(source.grade):
            yield f"is of grade {grade}, but its source {key} is of grade {source.grade}; grade it no better."


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_amount(text: str) -> bool:
    whole, dot, part = text.partition(".")
    return whole.isdecimal() and (not dot or part.isdecimal())
