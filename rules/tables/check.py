"""
Checks the tables: every edition has a source, every value is sane, no pair stands in both orders.

Run by ``infusion check`` over what is shipped, and by ``infusion refresh`` over what it has just written.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tomllib import TOMLDecodeError, load
from typing import Final, get_args

from models.charge import Packaging
from rules.data_files import EDITS
from rules.site_folder import SiteFolder, files_of
from rules.sources import declared_beside, sources
from rules.tables.edition_files import (
    EditFileError,
    Edition,
    Families,
    Row,
    beside,
    editions,
    families,
    laid_over,
    layers,
    looks_like_a_code,
    rows,
)
from rules.tables.in_force import in_order, of_site, shipped
from rules.tables.money_check import MONEY_CHECKS
from rules.tables.table_columns import KEY_WIDTH, Table

LARGEST_MUE: Final = 1_000
LARGEST_CENTS: Final = 100_000_00
"""A rate above a hundred thousand dollars is a slip: no drug administration is paid that much."""

APC_LENGTH: Final = 4

Statuses = Mapping[str, str]
"""Packaging by OPPS status indicator."""


def problems(edits: Path = EDITS) -> list[str]:
    """Return what is wrong with the tables under a folder of editions, one sentence each, file and line first."""
    try:
        known = declared_beside(edits)
        kept = families(edits)
        statuses = _statuses(edits)
        editions_by_table = editions(edits)
    except EditFileError as error:
        return [str(error)]
    except (OSError, TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        return [f"{edits.name}: a TOML file beside the editions cannot be used ({type(error).__name__})."]
    problems_found = [
        wrong
        for of_one_table in editions_by_table.values()
        for edition in of_one_table
        for wrong in _wrong_edition(edition, kept, statuses, known)
    ]
    if not problems_found:
        problems_found += [
            wrong for of_one_table in editions_by_table.values() for wrong in _both_ways(of_one_table)
        ]
    return problems_found


def site_problems(site: SiteFolder) -> list[str]:
    """Return what is wrong with the editions of the site in force, one sentence each, file and line first."""
    try:
        own = of_site(site)
    except EditFileError as error:
        return [str(error)]
    known, kept, statuses = frozenset(sources()), families(), _statuses(EDITS)
    named = {f"edits/{_place(edition)}" for of_table in own.values() for edition in of_table}
    problems_found = [
        f"{name.removeprefix('edits/')}: edition.toml beside it has no section for it; write one, or take the file away."
        for name in files_of(site)
        if name.startswith("edits/") and name.endswith(".csv") and name not in named
    ]
    for of_table in own.values():
        for edition in of_table:
            problems_found += _wrong_edition(edition, kept, statuses, known)
    if problems_found:
        return problems_found
    return [
        wrong
        for table in own
        for wrong in _both_ways(in_order(shipped()[table], own[table]) if own[table] else ())
    ]


def _wrong_edition(
    edition: Edition, kept: Families, statuses: Statuses, known: frozenset[str]
) -> Iterator[str]:
    if edition.cite not in known:
        place = f"{edition.path.parent.name}/edition.toml [{edition.table}]"
        yield f"{place}: cites {edition.cite!r}, which no sources.toml declares."
    yield from _wrong_rows(edition, kept, statuses, known)


def _wrong_rows(
    edition: Edition,
    kept: Families,
    statuses: Statuses,
    known: frozenset[str],
) -> Iterator[str]:
    seen: dict[Row, int] = {}
    place = _place(edition)
    if edition.awaited:
        if edition.path.exists():
            yield f'{place}: is there, and edition.toml still says "awaited"; write covers as "all" or "read".'
        return
    checks: Mapping[Table, Callable[[Row], Iterator[str]]] = {
        "mue_practitioner": lambda row: _wrong_mue(row, kept),
        "mue_outpatient": lambda row: _wrong_mue(row, kept),
        "ptp_practitioner": lambda row: _wrong_pair(row, kept),
        "ptp_outpatient": lambda row: _wrong_pair(row, kept),
        "add_on": lambda row: _wrong_add_on(row, kept),
        "add_on_cpt": lambda row: _wrong_add_on_cpt(row, kept, known),
        "opps": lambda row: _wrong_rate(row, kept, statuses),
        **{table: _with(kept, wrong) for table, wrong in MONEY_CHECKS.items()},
    }
    try:
        for line, row in rows(edition):
            key = row[: KEY_WIDTH[edition.table]]
            if key in seen:
                yield f"{place} line {line}: repeats line {seen[key]}; keep one."
            seen[key] = line
            yield from (f"{place} line {line}: {wrong}" for wrong in checks[edition.table](row))
    except EditFileError as error:
        yield str(error)
        return
    if not seen:
        yield f"{place}: has no rows; take its section out of edition.toml instead."


def _with(kept: Families, wrong: Callable[[Row, Families], Iterator[str]]) -> Callable[[Row], Iterator[str]]:
    return lambda row: wrong(row, kept)


def _wrong_mue(row: Row, kept: Families) -> Iterator[str]:
    code, value, mai = row
    if not kept.keeps_code(code):
        yield "code is in no family of families.toml."
    if not value.isdecimal() or int(value) > LARGEST_MUE:
        yield f"value must be a whole number from 0 to {LARGEST_MUE}."
    if mai not in {"1", "2", "3"}:
        yield "mai must be 1, 2 or 3."


def _wrong_pair(row: Row, kept: Families) -> Iterator[str]:
    column1, column2, modifier = row
    if column1 == column2:
        yield "a code cannot be paired with itself."
    if not kept.keeps_pair(column1, column2):
        yield "no family of families.toml keeps this pair."
    if modifier not in {"0", "1"}:
        yield "modifier must be 0 or 1; CMS's 9 means the pair never held."


def _wrong_add_on(row: Row, kept: Families) -> Iterator[str]:
    add_on, primary = row[:2]
    if add_on not in kept.charged:
        yield "add_on is not a charged code of families.toml."
    if not looks_like_a_code(primary):
        yield "primary is not shaped as a code."
    if primary == add_on:
        yield "a code cannot be added to itself."


def _wrong_add_on_cpt(row: Row, kept: Families, known: frozenset[str]) -> Iterator[str]:
    yield from _wrong_add_on(row, kept)
    if row[1] not in kept.charged:
        yield "primary is not a charged code of families.toml."
    if row[2] not in known:
        yield f"cites {row[2]!r}, which no sources.toml declares."


def _wrong_rate(row: Row, kept: Families, statuses: Statuses) -> Iterator[str]:
    code, status, apc, cents = row
    if code not in kept.charged:
        yield "code is not a charged code of families.toml; only those are priced."
    if status not in statuses:
        yield "status is not in opps_status.toml; add it there with its meaning."
        return
    if cents and (not cents.isdecimal() or not 0 < int(cents) <= LARGEST_CENTS):
        yield f"cents must be whole US cents up to {LARGEST_CENTS}, or empty."
    if apc and (len(apc) != APC_LENGTH or not apc.isdecimal()):
        yield "apc must be four digits, or empty."
    if statuses[status] == "paid" and not (apc and cents):
        yield "a separately paid status needs an APC and a rate."
    if statuses[status] in {"packaged", "not_paid"} and cents:
        yield "a status without separate payment cannot carry a rate."


def _both_ways(of_table: tuple[Edition, ...]) -> Iterator[str]:
    if not of_table or not of_table[0].table.startswith("ptp"):
        return
    for edition in (one for one in of_table if not one.awaited):
        pairs = laid_over(layers(edition.table, edition.effective, of_table))
        for column1, column2 in sorted(pairs):
            if column1 < column2 and (column2, column1) in pairs:
                yield f"{_place(edition)}: {column1} and {column2} stand in both orders from {edition.effective}."


def _statuses(edits: Path) -> dict[str, str]:
    with beside(edits, "opps_status.toml").open("rb") as file:
        document = load(file)
    statuses = {
        status: str(entry["packaging"]) for status, entry in document.items() if isinstance(entry, dict)
    }
    if wrong := [status for status, packaging in statuses.items() if packaging not in get_args(Packaging)]:
        message = f"opps_status.toml [{wrong[0]}]: packaging must be one of {', '.join(get_args(Packaging))}."
        raise EditFileError(message)
    return statuses


def _place(edition: Edition) -> str:
    return f"{edition.path.parent.name}/{edition.path.name}"
