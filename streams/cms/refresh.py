"""
A new quarter's tables: CMS's official files in, one dated folder of small CSVs out.

``infusion refresh 2027Q1 --mue-outpatient FILE …`` reads every file first and writes only when all are good;
what was written is then checked as ``infusion check`` would, and taken back if it does not hold. The other
tables of a folder that exists already stay as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from csv import writer
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from re import compile as pattern
from re import search
from tomllib import TOMLDecodeError
from typing import Final

from rules.data_files import EDITS
from rules.parameter import NotInForceError
from rules.tables.edition_files import (
    EditFileError,
    Edition,
    Families,
    Row,
    editions,
    families,
    laid_over,
    layers,
)
from rules.tables.in_force import with_what_ships
from rules.tables.lookup import problems
from rules.tables.table_columns import COLUMNS, KEY_WIDTH, Table
from rules.text_files import file_bytes
from streams.cms.dated_folder import DatedFolder, install
from streams.cms.fee_schedule_files import LocalityChoice, read_gpci, read_pfs, read_rbcs
from streams.cms.files import Reading, read
from streams.cms.refusal import RefreshRefusedError
from streams.cms.taken import Note
from streams.cms.toml_text import quoted, sources_text, standing_sources

QUARTER: Final = pattern(r"(\d{4})-?[Qq]([1-4])")

TITLES: Final[Mapping[Table, tuple[str, str]]] = {
    "mue_practitioner": ("CMS-MUE-PRA", "Medicare NCCI medically unlikely edits, practitioner table"),
    "mue_outpatient": ("CMS-MUE-OPH", "Medicare NCCI medically unlikely edits, outpatient hospital table"),
    "ptp_practitioner": ("CMS-PTP-PRA", "Medicare NCCI procedure-to-procedure edits, practitioner"),
    "ptp_outpatient": ("CMS-PTP-OPH", "Medicare NCCI procedure-to-procedure edits, outpatient hospital"),
    "add_on": ("CMS-AOC", "Medicare NCCI add-on code edits"),
    "opps": ("CMS-OPPS", "Medicare OPPS Addendum B: status indicators, APCs and national payment rates"),
    "pfs": ("CMS-PFS", "Medicare physician fee schedule: relative value file"),
    "gpci": (
        "CMS-GPCI",
        "Medicare physician fee schedule: geographic practice cost indices, the site's localities",
    ),
    "rbcs": ("CMS-RBCS", "Restructured BETOS classification system (RBCS)"),
}
"""The tables a refresh can bring; the codebook's own add-on notes come from no file."""

NOT_FOR: Final[Mapping[Table, str]] = {"ptp_practitioner": "ccioph", "ptp_outpatient": "ccipra"}
"""CMS names the pair files by setting, and nothing inside them tells the setting."""

Files = Mapping[Table, Sequence[Path]]


@dataclass(frozen=True, slots=True)
class Change:
    """
    How a table moved: rows now in force, and each row that came, went or changed against the day before.

    ``notes`` tell of rows of the official file that were not taken, for a person to look at.
    """

    table: str
    rows: int
    came: tuple[str, ...]
    went: tuple[str, ...]
    moved: tuple[str, ...]
    notes: tuple[Note, ...] = ()


def quarter_start(text: str) -> date:
    """
    Return the first day of a quarter written ``2027Q1`` or as that day, ``2027-01-01``.

    Raises:
        ValueError: it is neither; the message says how to write it.

    """
    if match := QUARTER.fullmatch(text.strip()):
        return date(int(match[1]), 3 * int(match[2]) - 2, 1)
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if day == date.min or day.day != 1 or day.month % 3 != 1:
        message = "a quarter is written 2027Q1, or as its first day, 2027-01-01"
        raise ValueError(message)
    return day


def _reading(
    table: Table, name: str, raw: bytes, on: date, kept: Families, localities: Sequence[LocalityChoice]
) -> Reading:
    if table == "pfs":
        return read_pfs(name, raw, on, kept)
    if table == "rbcs":
        return read_rbcs(name, raw, kept)
    if table == "gpci":
        return read_gpci(name, raw, on, localities)
    return read(table, name, raw, on, kept)


def read_tables(
    on: date, files: Files, edits: Path = EDITS, localities: Sequence[LocalityChoice] = ()
) -> dict[Table, tuple[Row, ...]]:
    """
    Return the rows of every table given, sorted, as they are to be written.

    Raises:
        RefreshRefusedError: a file is of another table, setting or quarter, or has cells that cannot be read.

    """
    our_families = families(edits)
    known = _at_hand(with_what_ships(edits))
    tables: dict[Table, tuple[Row, ...]] = {}
    faults: list[str] = []
    for table, paths in files.items():
        of_table: dict[Row, Row] = {}
        for path in paths:
            faults += _misnamed(table, path.name, on)
            try:
                raw = file_bytes(path)
            except OSError as error:
                faults.append(f"{path.name}: cannot be read ({error.strerror or type(error).__name__}).")
                continue
            reading = _reading(table, path.name, raw, on, our_families, localities)
            faults += reading.faults
            for row in reading.rows:
                key = row[: KEY_WIDTH[table]]
                if of_table.setdefault(key, row) != row:
                    faults.append(f"{path.name}: {' and '.join(key)} in force twice, with different values.")
        before = len(_before(table, on, known))
        if not of_table:
            faults.append(f"{table}: no row of our families in force on {on}; is it the right file?")
        elif 2 * len(of_table) < before:
            faults.append(f"{table}: {len(of_table)} rows where {before} are in force; is every file there?")
        tables[table] = tuple(sorted(of_table.values()))
    if not files:
        faults.append("no file given; name at least one CMS file.")
    if faults:
        raise RefreshRefusedError(faults)
    return tables


def refresh(on: date, files: Files, edits: Path = EDITS, *, replace: bool = False) -> tuple[Change, ...]:
    """
    Write a quarter's tables under ``edits`` and return how each of them moved.

    A table the folder of that date already holds is only written over when ``replace`` is set.

    Raises:
        RefreshRefusedError: a file or the result is not good; the folder is as it was.

    """
    changes, folder = prepared(on, files, edits, replace=replace)
    try:
        install([folder], lambda: problems(edits))
    except OSError as error:
        raise RefreshRefusedError([str(error)]) from error
    return changes


def prepared(
    on: date,
    files: Files,
    edits: Path = EDITS,
    *,
    replace: bool = False,
    localities: Sequence[LocalityChoice] = (),
) -> tuple[tuple[Change, ...], DatedFolder]:
    """
    Read a quarter's tables and build its folder aside; return how each table would move, and what is to be installed.

    Raises:
        RefreshRefusedError: a file is not good; nothing is left of the attempt.

    """
    folder = DatedFolder(edits, on)
    try:
        folder.restore()
        known = _at_hand(with_what_ships(edits))
        standing = [
            edition
            for of_table in editions(edits).values()
            for edition in of_table
            if edition.effective == on
        ]
        there = {edition.table for edition in standing if not edition.awaited}
        if taken := sorted(there & files.keys() if not replace else ()):
            tables = ", ".join(taken)
            raise RefreshRefusedError(
                [f"{on:%Y%m%d} already holds {tables}; replace them on purpose, or not."]
            )
        tables_read = read_tables(on, files, edits, localities)
        changes = tuple(_change(table, rows, on, known) for table, rows in tables_read.items())
        kept_editions = [edition for edition in standing if edition.table not in files]
        _build(on, tables_read, kept_editions, files, folder)
    except (EditFileError, OSError, TOMLDecodeError) as error:
        folder.abandon()
        raise RefreshRefusedError([str(error)]) from error
    return changes, folder


def _at_hand(known: Mapping[Table, tuple[Edition, ...]]) -> dict[Table, tuple[Edition, ...]]:
    """Return the editions that have rows; an awaited one would hide the rows of the day before."""
    return {table: tuple(one for one in of_table if not one.awaited) for table, of_table in known.items()}


def _misnamed(table: Table, name: str, on: date) -> Iterator[str]:
    if table in NOT_FOR and name.lower().startswith(NOT_FOR[table]):
        yield f"{name}: is CMS's name for the other setting's pairs; give it to the other option."
    match = search(r"Eff_(\d\d)-(\d\d)-(\d{4})", name)
    if match and (int(match[3]), int(match[1]), int(match[2])) != (on.year, on.month, on.day):
        yield f"{name}: is named for another quarter than {on}."


def _before(table: Table, on: date, known: Mapping[Table, tuple[Edition, ...]]) -> dict[Row, Row]:
    try:
        in_force = layers(table, on, known[table])
    except NotInForceError:
        return {}
    return {key: row for key, (row, _) in laid_over(in_force).items()}


def _change(
    table: Table,
    rows: Sequence[Row],
    on: date,
    known: Mapping[Table, tuple[Edition, ...]],
) -> Change:
    width = KEY_WIDTH[table]
    before = _before(table, on, known)
    now = {row[:width]: row for row in rows}
    return Change(
        table,
        len(now),
        tuple(" ".join(row) for key, row in now.items() if key not in before),
        tuple(" ".join(row) for key, row in sorted(before.items()) if key not in now),
        tuple(
            f"{' '.join(key)}: {' '.join(before[key][width:])} -> {' '.join(row[width:])}"
            for key, row in now.items()
            if key in before and before[key] != row
        ),
    )


def _build(
    on: date,
    tables: Mapping[Table, Sequence[Row]],
    kept_editions: Sequence[Edition],
    files: Files,
    folder: DatedFolder,
) -> None:
    new = folder.building()
    for table, rows in tables.items():
        with (new / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            lines = writer(file, lineterminator="\n")
            lines.writerow(COLUMNS[table])
            lines.writerows(rows)
    (new / "edition.toml").write_text(_edition_toml(on, tables, kept_editions), encoding="utf-8")
    (new / "sources.toml").write_text(_sources_toml(on, tables, files, folder.folder), encoding="utf-8")


def _key(table: Table, on: date) -> str:
    return f"{TITLES[table][0]}-{on}"


def _edition_toml(on: date, tables: Mapping[Table, Sequence[Row]], kept_editions: Sequence[Edition]) -> str:
    parts = [f"effective = {on}\n"]
    for edition in kept_editions:
        parts.append(f"[{edition.table}]\ncite = {quoted(edition.cite)}\ncovers = {quoted(edition.covers)}\n")
        if edition.note:
            parts[-1] += f"note = {quoted(edition.note)}\n"
    parts += [f'[{table}]\ncite = {quoted(_key(table, on))}\ncovers = "all"\n' for table in sorted(tables)]
    return "\n".join(parts)


def _sources_toml(on: date, tables: Mapping[Table, Sequence[Row]], files: Files, folder: Path) -> str:
    entries = standing_sources(folder)
    for table in sorted(tables):
        names = ", ".join(sorted(path.name for path in files[table]))
        entries[_key(table, on)] = {
            "title": TITLES[table][1],
            "section": "our families",
            "edition": f"effective {on}",
            "found": f"the official file, {names}",
            "grade": "A",
        }
    return sources_text(entries)
