"""What another system posted, out of a file: DFT^P03 messages or CSV, told apart by how it begins."""

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import BinaryIO, Final

from streams.batch.csv_tables import NoTableError, table_rows
from streams.feeds.charge_codes import ChargeCodes
from streams.feeds.hl7v2.batches import Splitter
from streams.feeds.hl7v2.posted_dft import posted_charges
from streams.feeds.posted import PostedChange
from streams.feeds.posted_csv import COLUMNS, missing_columns, posted_row
from streams.wire.rejects import Reject

_CHUNK: Final = 1 << 16
_WIRE: Final = re.compile(rb"[\x00\x0b\x1c\r\n\t \xef\xbb\xbf]*(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")

Open = Callable[[], BinaryIO]
"""Opens the file for reading bytes; it can go back to its beginning."""


class PostedFileError(ValueError):
    """A file posts nothing that can be read; the message says why, and does not name it."""


def posted_in(
    open_file: Open, codes: ChargeCodes, seen: set[str]
) -> Generator[tuple[int, PostedChange | Reject], None, None]:
    """
    Yield every charge and credit of a file in its order, or why one is none, with the number of its message or row.

    A message that comes twice, by MSH-10, is one; ``seen`` has those of files before.

    Raises:
        PostedFileError: it is empty, cannot be read, or is a table without the columns that are needed.
    """
    with closing(open_file()) as opened:
        begins = opened.read(64)
        if not begins:
            message = "is empty; a CSV without lines has its headings"
            raise PostedFileError(message)
        opened.seek(0)
        yield from _messages(opened, codes, seen) if _WIRE.match(begins) else _rows(opened)


def _messages(
    opened: BinaryIO, codes: ChargeCodes, seen: set[str]
) -> Generator[tuple[int, PostedChange | Reject], None, None]:
    splitter = Splitter()
    number = 0
    last = False
    while not last:
        piece = opened.read(_CHUNK)
        last = not piece
        for raw in splitter.end() if last else splitter.feed(piece):
            number += 1
            said = raw if isinstance(raw, Reject) else posted_charges(raw, codes)
            if isinstance(said, Reject):
                yield number, said
                continue
            control, changes = said
            if control and control in seen:
                continue
            seen.add(control)
            for change in changes:
                yield number, change


def _rows(opened: BinaryIO) -> Generator[tuple[int, PostedChange | Reject], None, None]:
    def complete(headings: Sequence[str]) -> None:
        if missing := missing_columns(headings):
            raise PostedFileError(_lacks(missing))

    try:
        for number, row in enumerate(table_rows(opened, complete), 2):
            yield number, posted_row(row)
    except NoTableError as error:
        raise PostedFileError(str(error)) from None


def _lacks(missing: Sequence[str]) -> str:
    wanted = "; ".join(f"{name} (or {', '.join(COLUMNS[name][1:])})" for name in missing)
    return f"neither DFT messages nor a table with a column {wanted}"
