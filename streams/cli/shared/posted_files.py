"""What another system posted, out of files: DFT^P03 messages or CSV, told apart by how they begin."""

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import BinaryIO, Final, cast

import click

from streams.batch.told_stays import ToldStays
from streams.cli.shared.csv_tables import rows_of
from streams.cli.shared.inputs import STDIN, display_names, open_input
from streams.feeds.charge_codes import ChargeCodes
from streams.feeds.hl7v2.batches import Splitter
from streams.feeds.hl7v2.posted_dft import posted_charges
from streams.feeds.posted import PostedChange
from streams.feeds.posted_csv import COLUMNS, missing_columns, posted_row
from streams.reconciliation.scope import ours
from streams.wire.rejects import Reject

_CHUNK: Final = 1 << 16
_WIRE: Final = re.compile(rb"[\x00\x0b\x1c\r\n\t \xef\xbb\xbf]*(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")

Post = Callable[[int, int, PostedChange], None]
"""Takes what a file posts: the file's number, the message's or row's, and the charge or credit."""


class PostedLines:
    """Passes on what another system posted, and counts what is none of ours: a stay has many other charges."""

    def __init__(self, told: ToldStays, *, every: bool) -> None:
        self.others = 0
        self._told, self._every = told, every

    def take(self, file: int, number: int, change: PostedChange) -> None:
        """Take in one charge or credit."""
        if self._every or ours(change.line.code):
            self._told.post(file, number, change)
        else:
            self.others += 1


def read_posted(
    files: Sequence[str], first: int, codes: ChargeCodes, post: Post, refuse: Callable[[Reject], None]
) -> int:
    """
    Hand over every charge and credit of files, in their order, and return how many there were.

    Files are numbered from ``first``. A message that comes twice, by MSH-10, is one.

    Raises:
        click.UsageError: a file cannot be read, is given twice, or is a table without the columns that are needed.
    """
    _each_once(files)
    posted, seen = 0, set[str]()
    for place, file in enumerate(files, first):
        opened = _opened(file)
        begins = opened.read(64)
        opened.seek(0)
        found = _messages(opened, codes, seen) if _WIRE.match(begins) else _rows(file, opened)
        with opened, closing(found):
            if not begins:
                message = f"{display_names([file])[0]}: is empty; a CSV without lines has its headings"
                raise click.UsageError(message)
            for number, one in found:
                if isinstance(one, Reject):
                    refuse(one.at(place, number))
                else:
                    post(place, number, one)
                    posted += 1
    return posted


def once_from_stdin(files: Sequence[str], posted: Sequence[str], option: str) -> None:
    """
    Check that stdin is read as one thing alone.

    Raises:
        click.UsageError: it is to be both what we charge and what the other system posted.
    """
    if STDIN in files and STDIN in posted:
        message = f"stdin is read once: as the events, or as {option}; name a file for the other"
        raise click.UsageError(message)


def _each_once(files: Sequence[str]) -> None:
    seen = set[Path]()
    for file in files:
        path = Path(file).resolve()
        if path in seen:
            message = f"{display_names([file])[0]}: given twice; what it posts would count twice"
            raise click.UsageError(message)
        seen.add(path)


def _opened(file: str) -> BinaryIO:
    """Return a file open at its start, to which it can go back; what is no file of a disk is kept aside until then."""
    opened = open_input(file)
    if file != STDIN and opened.seekable():
        return opened
    kept = cast("BinaryIO", TemporaryFile())  # noqa: SIM115 -- whoever reads it closes it
    copyfileobj(opened, kept, _CHUNK)
    kept.seek(0)
    if file != STDIN:
        opened.close()
    return kept


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


def _rows(file: str, opened: BinaryIO) -> Generator[tuple[int, PostedChange | Reject], None, None]:
    def complete(headings: Sequence[str]) -> None:
        if missing := missing_columns(headings):
            message = _lacks(file, missing)
            raise click.UsageError(message)

    for number, row in enumerate(rows_of(file, complete, opened), 2):
        yield number, posted_row(row)


def _lacks(file: str, missing: Sequence[str]) -> str:
    wanted = "; ".join(f"{name} (or {', '.join(COLUMNS[name][1:])})" for name in missing)
    return f"{display_names([file])[0]}: neither DFT messages nor a table with a column {wanted}"
