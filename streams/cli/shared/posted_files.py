"""What another system posted, out of files, with messages that name each as it was typed."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import click

from streams.batch.posted_file import PostedFileError, posted_in
from streams.batch.told_stays import ToldStays
from streams.cli.shared.inputs import display_names, open_input
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
        with closing(posted_in(partial(open_input, file), codes, seen)) as found:
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
