"""CSV text, plain or gzipped, as rows by column: read in order, with the column names in small letters."""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO, Final

_GZIP: Final = b"\x1f\x8b"
csv.field_size_limit(1 << 20)


class NoTableError(ValueError):
    """A file is no CSV text that can be read to its end; the message says of what kind the trouble is."""


def table_rows(
    opened: BinaryIO, headings: Callable[[Sequence[str]], None] | None = None
) -> Iterator[Mapping[str, str]]:
    """
    Yield the rows of an open CSV file, and close it; a column that a row lacks is an empty text.

    ``headings`` is given the column names before the first row, and those of a table without rows.

    Raises:
        NoTableError: it cannot be read, or is no CSV text.
    """
    with opened:  # before its wrappers are let go of
        raw = io.BufferedReader(opened) if isinstance(opened, io.RawIOBase) else opened
        packed = raw.peek(2)[:2] == _GZIP if isinstance(raw, io.BufferedReader | io.BufferedRandom) else False
        stream = gzip.GzipFile(fileobj=raw) if packed else raw
        try:
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
            reader = csv.DictReader(text, restval="")
            reader.fieldnames = [column.strip().casefold() for column in reader.fieldnames or ()]
            if headings is not None:
                headings(reader.fieldnames)
            for row in reader:
                yield {column: value for column, value in row.items() if column is not None}
        except UnicodeDecodeError:
            message = "not UTF-8 text; save it as CSV in UTF-8, or convert it first: iconv -f CP1252 -t UTF-8"
            raise NoTableError(message) from None
        except (csv.Error, EOFError, OSError, zlib.error) as error:
            message = f"not CSV that can be read to its end: {type(error).__name__}"
            raise NoTableError(message) from None
