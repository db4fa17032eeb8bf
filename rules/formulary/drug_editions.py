"""
The drug lists on disk by edition: the files this release ships, and what ``infusion refresh`` laid over them.

``parameters/drugs/<yyyymmdd>/`` holds what was taken in for one quarter: a CSV a list, ``edition.toml`` saying which
release each was cut from, and ``sources.toml``. ``editions.toml`` beside the shipped files says the same of those. A row
of a later edition lies over the earlier rows of the same code; a code a later list no longer holds keeps its meaning,
because a package given last year is still that package.
"""

from collections.abc import Iterator, Mapping
from csv import DictReader
from datetime import date
from io import StringIO
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Final, Literal, NamedTuple, TextIO, get_args

from rules.data_files import DRUGS, FORMULARY
from rules.site_folder import SiteFolder, files_of, site_in_force
from rules.text_files import file_bytes, toml_of

DrugTable = Literal[
    "hcpcs", "ndc", "package_units", "opps_drugs", "rxnorm", "ndc_rxnorm", "self_administered"
]
TABLES: Final[tuple[DrugTable, ...]] = get_args(DrugTable)

COLUMNS: Final[Mapping[DrugTable, tuple[str, ...]]] = {
    "hcpcs": ("code", "product", "from", "until"),
    "ndc": ("ndc", "hcpcs"),
    "package_units": ("ndc", "hcpcs", "units"),
    "opps_drugs": ("code", "status", "rate"),
    "rxnorm": ("rxcui", "tty", "ingredient", "product", "cite"),
    "ndc_rxnorm": ("ndc", "rxcui"),
    "self_administered": (*("ingredient", "hcpcs", "routes", "listed_by", "from", "until", "cite", "as_of"),),
}
"""The columns of each list, in the order they are written."""

SHIPPED: Final = "editions.toml"
DATED: Final = "edition.toml"

_ONLY_TAKEN_IN: Final = frozenset({"ndc_rxnorm", "opps_drugs"})
"""Lists of which no file of their own ships: only a refresh brings one."""

_DEEP: Final = 2
"""How many folders a file of a dated edition lies in, within a site's."""


class DrugListError(ValueError):
    """A drug list's edition does not hold what it must; the message names the file and what to do."""


class DrugEdition(NamedTuple):
    """
    One list of one edition.

    ``effective`` is the first date of service it was taken in for, ``date.min`` for the shipped one; ``released`` the
    day of the official file it was cut from.
    """

    table: DrugTable
    effective: date
    released: date
    cite: str
    path: Path
    held: bytes | None = None
    """The rows of a site's edition as read with the rest of its folder; None for any other."""

    @property
    def place(self) -> str:
        """Return the file as messages name it, relative to ``parameters/drugs``."""
        dated = self.effective != date.min
        return f"{self.path.parent.name}/{self.path.name}" if dated else self.path.name


def editions(folder: Path = DRUGS) -> dict[DrugTable, tuple[DrugEdition, ...]]:
    """
    Return every edition of every list, the shipped one first and the dated ones oldest first.

    Raises:
        DrugListError: an edition.toml, or editions.toml, is missing or does not say what it must.

    """
    by_table: dict[DrugTable, list[DrugEdition]] = {table: [] for table in TABLES}
    for edition in _read(whole_folder(folder) / SHIPPED, SHIPPED, date.min):
        by_table[edition.table].append(edition)
    for dated in dated_folders(folder):
        for edition in _read(dated / DATED, f"{dated.name}/{DATED}", _day_of(dated)):
            by_table[edition.table].append(edition)
    return {table: tuple(found) for table, found in by_table.items()}


def whole_folder(folder: Path) -> Path:
    """Return a folder with all that ships in it; the shipped one for a site's, which is laid over that."""
    return folder if (folder / FORMULARY.name).exists() or (folder / SHIPPED).exists() else DRUGS


def of_site(site: SiteFolder) -> dict[DrugTable, tuple[DrugEdition, ...]]:
    """
    Return the dated editions of a site's folder, oldest first.

    Raises:
        DrugListError: an edition.toml is missing or does not say what it must.

    """
    files = files_of(site)
    by_table: dict[DrugTable, list[DrugEdition]] = {table: [] for table in TABLES}
    for dated in dict.fromkeys(
        Path(name).parent for name in files if name.count("/") == _DEEP and name.startswith("drugs/")
    ):
        said = files.get((dated / DATED).as_posix())
        path = Path(site.path) / dated / DATED
        for edition in _read(path, f"{dated.name}/{DATED}", _day_of(dated), said):
            held = files.get((dated / edition.path.name).as_posix())
            by_table[edition.table].append(edition._replace(held=held))
    return {table: tuple(found) for table, found in by_table.items()}


def at_hand(table: DrugTable, folder: Path = DRUGS) -> tuple[DrugEdition, ...]:
    """
    Return the editions of a list in the order in which they lie, those of the site in force last.

    Raises:
        DrugListError: an edition is missing or not as it must be.

    """
    site = site_in_force()
    return (*editions(folder)[table], *(of_site(site)[table] if site is not None else ()))


def dated_folders(folder: Path = DRUGS) -> list[Path]:
    """Return the folders of the dated editions, oldest first."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name.isdigit())


def rows(edition: DrugEdition) -> Iterator[tuple[int, dict[str, str]]]:
    """
    Yield the line number and the cells of each row; lines that begin with ``#`` are remarks.

    Raises:
        DrugListError: the file is missing, its header is another list's, or a row has too many or too few cells.

    """
    wanted = COLUMNS[edition.table]
    try:
        with _opened(edition) as lines:
            numbered = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        message = f"{edition.place}: cannot be read ({type(error).__name__}); mend or restore it."
        raise DrugListError(message) from error
    reader = DictReader(line for _, line in numbered)
    if tuple(reader.fieldnames or ()) != wanted:
        message = f"{edition.place}: the header must be {','.join(wanted)}."
        raise DrugListError(message)
    for (number, _), row in zip(numbered[1:], reader, strict=False):
        if None in row or None in row.values():
            message = f"{edition.place} line {number}: a row has {len(wanted)} cells."
            raise DrugListError(message)
        yield number, row


def laid_over(table: DrugTable, column: str, folder: Path = DRUGS) -> dict[str, tuple[dict[str, str], ...]]:
    """
    Return the rows of a list by the code in a column, each code's from the latest edition that has it.

    Raises:
        DrugListError: an edition is missing or not as it must be.

    """
    by_code: dict[str, tuple[dict[str, str], ...]] = {}
    for edition in at_hand(table, folder):
        of_edition: dict[str, list[dict[str, str]]] = {}
        for _, row in rows(edition):
            of_edition.setdefault(row[column], []).append(row)
        by_code |= {code: tuple(found) for code, found in of_edition.items()}
    return by_code


def problems(known: Mapping[str, object], folder: Path = DRUGS) -> Iterator[str]:
    """Yield what is wrong with the editions themselves; ``known`` is the bibliography, with the folder's own."""
    try:
        found = editions(folder)
    except DrugListError as error:
        yield str(error)
        return
    for table, of_table in found.items():
        if of_table and of_table[0].effective != date.min and table not in _ONLY_TAKEN_IN:
            yield f"{SHIPPED}: has no [{table}]; say which release {table}.csv was cut from."
        for edition in of_table:
            if edition.cite not in known:
                yield f"{edition.place}: cites {edition.cite}, which no sources.toml holds."


def _day_of(folder: Path) -> date:
    try:
        return date.fromisoformat(folder.name)
    except ValueError as error:
        message = f"{folder.name}: a dated folder is named for its first day, 20270101."
        raise DrugListError(message) from error


def _opened(edition: DrugEdition) -> TextIO:
    if edition.held is not None:
        return StringIO(edition.held.decode("utf-8"), newline="")
    return edition.path.open(encoding="utf-8", newline="")


def _read(path: Path, place: str, effective: date, said: bytes | None = None) -> Iterator[DrugEdition]:
    try:
        document = toml_of(file_bytes(path) if said is None else said)
    except (OSError, UnicodeDecodeError, TOMLDecodeError) as error:
        message = f"{place}: cannot be read as TOML; write one section a list, with cite and released."
        raise DrugListError(message) from error
    if document.pop("effective", date.min) != effective:
        message = f"{place}: effective must be the folder's own date, written 2027-01-01."
        raise DrugListError(message)
    for table in TABLES:
        entry = document.pop(table, None)
        if entry is None:
            continue
        if not isinstance(entry, dict) or type(entry.get("released")) is not date or "cite" not in entry:
            message = f"{place} [{table}]: write cite, and released as a date, 2027-01-01."
            raise DrugListError(message)
        released, cite = entry["released"], str(entry["cite"])
        yield DrugEdition(table, effective, released, cite, path.parent / f"{table}.csv")
    if document:
        message = f"{place}: no list is called {', '.join(sorted(document))}; lists are {', '.join(TABLES)}."
        raise DrugListError(message)
