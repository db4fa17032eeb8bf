"""CSV files, plain or gzipped, as rows by column: read in order, with the column names in small letters."""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO, Final

import click

from streams.cli.shared.inputs import display_names, open_input

_GZIP: Final = b"\x1f\x8b"
csv.field_size_limit(1 << 20)


def rows_of(
    file: str, headings: Callable[[Sequence[str]], None] | None = None, begun: BinaryIO | None = None
) -> Iterator[Mapping[str, str]]:
    """
    Yield the rows of a CSV file; a column that a row lacks is an empty text.

    ``headings`` is given the column names before the first row, and those of a table without rows. ``begun`` is the file
    where it is open already.

    Raises:
        click.UsageError: it cannot be read, or is no CSV text.
    """
    name = display_names([file])[0]
    with begun or open_input(file) as opened:
        raw = io.BufferedReader(opened) if isinstance(opened, io.RawIOBase) else opened
        packed = raw.peek(2)[:2] == _GZIP if isinstance(raw, io.BufferedReader) else False
        stream = gzip.GzipFile(fileobj=raw) if packed else raw
        try:
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
            reader = csv.DictReader(text, restval="")
            reader.fieldnames = [column.strip().casefold() for column in reader.fieldnames or ()]
            if headings is not None:
                headings(reader.fieldnames)
            for row in reader:
                yield {column: value for column, value in row.items() if column is not None}
        except (UnicodeDecodeError, csv.Error, EOFError, OSError, zlib.error) as error:
            message = f"{name}: not CSV that can be read to its end: {type(error).__name__}"
            raise click.UsageError(message) from None
