"""
A published table of comma separated cells: titles above, a header somewhere near the top, rows below it.

Columns are found by their heading with everything but letters and digits gone, because publishers change blanks, case,
hyphens and the year inside a name from one release to the next.
"""

from collections.abc import Iterator, Mapping
from csv import Error as CsvError
from csv import field_size_limit, reader
from dataclasses import dataclass, field
from re import Pattern
from typing import Final

from streams.cms.files import HEADER_WITHIN, Cells
from streams.cms.published_file import PublishedFile
from streams.cms.refusal import RefreshRefusedError

ENCODINGS: Final = ("utf-8", "cp1252", "latin-1")
"""CMS writes UTF-8 here and the Windows code page there; the last of them reads anything."""

LONGEST_CELL: Final = 8_388_608
"""Characters; the text of a whole coverage article is one cell, and longer than what the standard library reads."""

MOST_ROWS: Final = 2_000_000
"""No list that is read here has a hundredth of it."""

Headings = Mapping[str, Pattern[str]]
"""Each column as its publisher heads it, and what the heading's letters and digits must match."""


@dataclass(slots=True)
class Sheet:
    """A table whose header was found: what stood above it, where the columns are, and the rows still to be read."""

    file: PublishedFile
    columns: Mapping[str, int]
    preamble: list[tuple[int, str]] = field(default_factory=list)
    _lines: Iterator[tuple[int, list[str]]] = field(default_factory=lambda: iter(()))
    _narrowest: int = 0

    def rows(self) -> Iterator[Cells]:
        """
        Yield each row that holds anything.

        Raises:
            RefreshRefusedError: the file ends in the middle of a row, or is no text.

        """
        for count, (number, row) in enumerate(self._lines, 1):
            if count > MOST_ROWS:
                raise self.file.fault(number, f"is more than {MOST_ROWS:,} rows down; is it another file?")
            if not any(cell.strip() for cell in row):
                continue
            if len(row) < self._narrowest:
                raise self.file.fault(
                    number,
                    f"has {len(row)} cells where the header has {self._narrowest} or more; is it cut off?",
                )
            yield Cells(self.file.name, number, self.columns, row)


def sheet(file: PublishedFile, needed: Headings, optional: Headings | None = None) -> Sheet:
    """
    Return a table with its header read.

    Raises:
        RefreshRefusedError: no row near the top has every needed column, or the file is no text.

    """
    lines = _rows(file)
    preamble: list[tuple[int, str]] = []
    missing = list(needed)
    for number, row in lines:
        heads = ["".join(filter(str.isalnum, cell.lower())) for cell in row]
        places = _places(heads, needed)
        if len(places) == len(needed):
            columns = places | _places(heads, optional or {})
            return Sheet(file, columns, preamble, lines, max(places.values()) + 1)
        missing = min(missing, [name for name in needed if name not in places], key=len)
        preamble.append((number, " ".join(cell.strip() for cell in row if cell.strip())))
        if len(preamble) == HEADER_WITHIN:
            break
    names = ", ".join(repr(name) for name in missing)
    message = f"{file.name}: no header row with the column {names}; is it another file, or another layout?"
    raise RefreshRefusedError([message])


def _rows(file: PublishedFile) -> Iterator[tuple[int, list[str]]]:
    field_size_limit(LONGEST_CELL)
    cells = reader((f"{line.text}\n" for line in file.lines(*ENCODINGS)), strict=True)
    while True:
        try:
            row = next(cells)
        except StopIteration:
            return
        except CsvError as error:
            what = f"is not comma separated text ({error}); download it again or save it as CSV."
            raise file.fault(cells.line_num, what) from error
        yield cells.line_num, row


def _places(heads: list[str], wanted: Headings) -> dict[str, int]:
    return {
        name: place
        for name, heading in wanted.items()
        if (place := next((at for at, head in enumerate(heads) if heading.fullmatch(head)), None)) is not None
    }
