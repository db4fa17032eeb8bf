"""
The edit tables on disk: which editions there are, what each covers, and what is in force on a date.

``parameters/edits/<yyyymmdd>/`` holds one effective date: a CSV a table and ``edition.toml`` saying where it
came from. An edition that ``covers = "all"`` ends the one before; one that ``covers = "read"`` holds only rows
somebody read, and lies over the one before, whose other rows continue. One that is ``"awaited"`` has no CSV: it ends
the one before on its date, and refuses every later date until the table itself is there.
"""

from collections.abc import Iterator
from csv import DictReader
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Final, Literal, TextIO, cast, get_args

from rules.data_files import EDITS
from rules.parameter import NotInForceError
from rules.tables.table_columns import COLUMNS, KEY_WIDTH, TABLES, Table
from rules.text_files import file_bytes, toml_of

CODE_LENGTH: Final = 5

FAMILIES: Final = "families.toml"
"""Stands beside the editions, in a folder that is whole by itself."""

Covers = Literal["all", "read", "awaited"]
"""Every row of the table, the rows somebody read, or none yet."""

Row = tuple[str, ...]


class EditFileError(ValueError):
    """A table file does not hold what its name says; the message names file, line and field."""


class AwaitedError(NotInForceError):
    """The table changed on a day that is known, and what it changed to is still to be fetched."""

    def __init__(self, table: str, on: date, first: date, fetch: str) -> None:
        LookupError.__init__(
            self, f"table {table} of {first} is awaited: dates from {first} have no value. Fetch {fetch}."
        )
        self.what, self.on, self.first, self.place = f"table {table}", on, first, fetch
        self.table = table

    def __reduce__(self) -> tuple[type["AwaitedError"], tuple[str, date, date, str]]:
        """Return how to build the error again, so that it survives the way back from a worker process."""
        return AwaitedError, (self.table, self.on, self.first, self.place)


@dataclass(frozen=True, slots=True, eq=False)
class Edition:
    """One table from one effective date on, and its source key; two readings of one file are two editions."""

    table: Table
    effective: date
    cite: str
    covers: Covers
    note: str
    path: Path
    held: bytes | None = None
    """The rows of a site's edition as read with the rest of its folder; None for one that ships."""

    @property
    def awaited(self) -> bool:
        """Tell whether the table of this edition is still to be fetched."""
        return self.covers == "awaited"


@dataclass(frozen=True, slots=True)
class Families:
    """The codes whose edits are kept: those we can charge, and those billed beside them."""

    charged: frozenset[str]
    beside: frozenset[str]

    def keeps_code(self, code: str) -> bool:
        """Tell whether a table of single codes keeps this one."""
        return code in self.charged or code in self.beside

    def keeps_pair(self, column1: str, column2: str) -> bool:
        """Tell whether a pair can ever matter: both known, at least one of them chargeable here."""
        charged = column1 in self.charged or column2 in self.charged
        return charged and self.keeps_code(column1) and self.keeps_code(column2)


def looks_like_a_code(text: str) -> bool:
    """Tell whether a cell is shaped as a CPT or HCPCS code: five characters, the middle three digits."""
    return (
        len(text) == CODE_LENGTH
        and text.isascii()
        and text.isalnum()
        and text[1:4].isdigit()
        and text == text.upper()
    )


def expand(span: str) -> Iterator[str]:
    """Yield every code of ``96360-96549`` or ``G0380-G0384``; a single code yields itself."""
    first, dash, last = span.partition("-")
    if not dash:
        yield first
        return
    letter = "" if first[0].isdigit() else first[0]
    width = len(first) - len(letter)
    for number in range(int(first[len(letter) :]), int(last[len(letter) :]) + 1):
        yield f"{letter}{number:0{width}d}"


def families(edits: Path = EDITS) -> Families:
    """Return the codes ``families.toml`` names; the shipped one counts where a folder has none, as a site's has."""
    codes: dict[str, set[str]] = {"charged": set(), "beside": set()}
    for family in _toml(beside(edits, FAMILIES)).values():
        if isinstance(family, dict):
            for span in family["codes"]:
                codes[family["standing"]].update(expand(span))
    return Families(frozenset(codes["charged"]), frozenset(codes["beside"]))


def beside(edits: Path, name: str) -> Path:
    """Return a file that stands beside the editions: the folder's own, else the shipped one."""
    own = edits / name
    return own if own.exists() else EDITS / name


def editions(edits: Path = EDITS) -> dict[Table, tuple[Edition, ...]]:
    """
    Return every edition of every table, oldest first.

    Raises:
        EditFileError: an edition.toml is missing or does not say what it must.

    """
    by_table: dict[Table, list[Edition]] = {table: [] for table in TABLES}
    for folder in sorted(path for path in edits.iterdir() if path.is_dir() and path.name.isdigit()):
        for edition in editions_in(folder):
            by_table[edition.table].append(edition)
    return {table: tuple(of_table) for table, of_table in by_table.items()}


def rows(edition: Edition) -> Iterator[tuple[int, Row]]:
    """
    Yield each row of an edition with its line number, in the order of ``COLUMNS``.

    Raises:
        EditFileError: the file is missing, its header is another's, or a row has too many or too few fields.

    """
    place = f"{edition.path.parent.name}/{edition.path.name}"
    wanted = COLUMNS[edition.table]
    try:
        with _opened(edition) as file:
            reader = DictReader(file)
            if tuple(reader.fieldnames or ()) != wanted:
                message = f"{place} line 1: the header must be {','.join(wanted)}."
                raise EditFileError(message)
            for row in reader:
                if None in row or None in row.values():
                    message = f"{place} line {reader.line_num}: a row has {len(wanted)} fields."
                    raise EditFileError(message)
                yield reader.line_num, tuple(row[name] for name in wanted)
    except OSError as error:
        message = f"{place}: named in edition.toml but cannot be read; restore it or take its section out."
        raise EditFileError(message) from error


def layers(table: Table, on: date, among: tuple[Edition, ...]) -> tuple[Edition, ...]:
    """
    Return the editions whose rows are in force on a date, the later lying over the earlier.

    Raises:
        NotInForceError: the date lies before the table's first edition, or its edition is awaited.

    """
    past = tuple(edition for edition in among if edition.effective <= on)
    if not past:
        place = "edition with its source to rules/parameters/edits/"
        first = among[0].effective if among else date.max
        what = f"table {table}"
        raise NotInForceError(what, on, first, place)
    ends = [number for number, edition in enumerate(past) if edition.covers != "read"]
    standing = past[ends[-1] :] if ends else past
    if standing[0].awaited:
        raise AwaitedError(table, on, standing[0].effective, standing[0].note)
    return standing


def laid_over(editions_in_force: tuple[Edition, ...]) -> dict[Row, tuple[Row, Edition]]:
    """Return the rows in force by the columns that name them, each with the edition it was read from."""
    merged: dict[Row, tuple[Row, Edition]] = {}
    for edition in editions_in_force:
        width = KEY_WIDTH[edition.table]
        for _, row in rows(edition):
            merged[row[:width]] = (row, edition)
    return merged


def _opened(edition: Edition) -> TextIO:
    if edition.held is None:
        return edition.path.open(encoding="utf-8", newline="")
    try:
        return StringIO(edition.held.decode("utf-8"), newline="")
    except UnicodeDecodeError as error:
        message = (
            f"{edition.path.parent.name}/{edition.path.name}: is not UTF-8 text; save it again as UTF-8."
        )
        raise EditFileError(message) from error


def editions_in(folder: Path, said: bytes | None = None) -> Iterator[Edition]:
    """
    Yield the editions of one dated folder; ``said`` is its edition.toml where that is read already.

    Raises:
        EditFileError: its edition.toml does not say what it must.

    """
    place = f"{folder.name}/edition.toml"
    try:
        document = _toml(folder / "edition.toml") if said is None else toml_of(said)
    except (OSError, UnicodeDecodeError, TOMLDecodeError) as error:
        message = f"{place}: cannot be read as TOML; write effective and one section a table."
        raise EditFileError(message) from error
    effective = document.pop("effective", None)
    if type(effective) is not date or f"{effective:%Y%m%d}" != folder.name:
        message = f"{place}: effective must be the folder's own date, written 2026-01-01."
        raise EditFileError(message)
    for table in TABLES:
        entry = document.pop(table, None)
        if entry is None:
            continue
        if not isinstance(entry, dict) or entry.get("covers") not in get_args(Covers) or "cite" not in entry:
            message = f'{place} [{table}]: write cite, and covers as "all", "read" or "awaited".'
            raise EditFileError(message)
        covers = cast("Covers", entry["covers"])
        note = str(entry.get("note", ""))
        if covers == "awaited" and not note:
            message = f"{place} [{table}]: an awaited table needs a note that names what to fetch."
            raise EditFileError(message)
        yield Edition(table, effective, str(entry["cite"]), covers, note, folder / f"{table}.csv")
    if document:
        message = (
            f"{place}: no table is called {', '.join(sorted(document))}; tables are {', '.join(TABLES)}."
        )
        raise EditFileError(message)


def _toml(path: Path) -> dict[str, object]:
    return toml_of(file_bytes(path))
