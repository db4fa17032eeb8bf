"""What another system posted, out of files, with messages that name each as it was typed."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import click

from streams.batch.posted_file import PostedFileError, posted_in
from streams.batch.told_stays import ToldStays
from streams.cli.shared.inputs import STDIN, display_names, open_input
from streams.feeds.charge_codes import ChargeCodes
from streams.feeds.posted import PostedChange
from streams.reconciliation.scope import ours
from streams.wire.rejects import Reject

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


def once_from_stdin(files: Sequence[str], posted: Sequence[str], option: str) -> None:
    """
    Check that stdin is read as one thing alone.

    Raises:
        click.UsageError: it is to be both what we charge and what the other system posted.
    """
    if STDIN in files and STDIN in posted:
        message = f"stdin is read once: as the events, or as {option}; name a file for the other"
        raise click.UsageError(message)


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
        with closing(posted_in(partial(_opened, file), codes, seen)) as found:
            try:
                for number, one in found:
                    if isinstance(one, Reject):
                        refuse(one.at(place, number))
                    else:
                        post(place, number, one)
                        posted += 1
            except PostedFileError as error:
                message = f"{display_names([file])[0]}: {error}"
                raise click.UsageError(message) from None
    return posted


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
    copyfileobj(opened, kept)
    kept.seek(0)
    if file != STDIN:
        opened.close()
    return kept
