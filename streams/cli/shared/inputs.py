"""The inputs a verb is given: files and stdin, how messages name them, how large they are, and opened for reading."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import click

from models.printable import printable

STDIN: Final = "-"

files_argument: Final = click.argument(
    "files",
    metavar="[FILE]...",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
"""Gives a verb the inputs it reads one after the other, stdin among them."""


def display_names(files: Sequence[str]) -> tuple[str, ...]:
    """Return how messages name the inputs: the path as typed, in one printable line, or ``stdin``."""
    return tuple("stdin" if file == STDIN else printable(click.format_filename(file)) for file in files)


def size_of(files: Sequence[str]) -> int | None:
    """Return the bytes of all inputs together, or None when one of them is a pipe."""
    if any(file == STDIN or not Path(file).is_file() for file in files):
        return None
    return sum(Path(file).stat().st_size for file in files)


def open_input(file: str) -> BinaryIO:
    """
    Return an input open for reading bytes.

    Raises:
        click.UsageError: the file is missing, a directory, or may not be read.
    """
    if file == STDIN:
        return click.get_binary_stream("stdin")
    try:
        return Path(file).open("rb", buffering=0)
    except OSError as error:
        message = f"{display_names([file])[0]}: cannot be read: {error.strerror}. Nothing was coded."
        raise click.UsageError(message) from error
