"""
What is coded, waiting to be put in order: sorted runs in a file that has no name.

Stays come back from the buckets in the order of a hash. The output is in the order of their ids whatever
the size of the input, so each bucket's charge sets wait here as one sorted run.
"""

import pickle
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import itemgetter
from os import SEEK_END
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Final, Self

Record = tuple[bytes, bytes]
"""An encounter id and what is written for it."""

_BLOCK: Final = 16
"""Records written and read at a time: a compromise between seeking and the memory that many runs at once take."""

Extent = tuple[int, int]
"""Where a run lies in a file: its first byte, and the one behind its last."""

key_of_record: Final = itemgetter(0)


class Spool:
    """Runs of records in one temporary file, made when the first run comes."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, run: Iterable[Record]) -> Iterator[Record]:
        """Write a run to the file, and return an iterator that reads it back once, in the order it came."""
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 -- closed when the spool is left
        return read_run(self._file, write_run(self._file, run))


def write_run(file: IO[bytes], run: Iterable[Record]) -> Extent:
    """Write a run behind what a file holds, and return where it lies."""
    start = file.seek(0, SEEK_END)
    records = iter(run)
    while block := list(islice(records, _BLOCK)):
        pickle.dump(block, file, pickle.HIGHEST_PROTOCOL)
    file.flush()
    return start, file.tell()


def read_run(file: IO[bytes], extent: Extent) -> Iterator[Record]:
    """Yield the records of a run in the order they were written; other runs may be read from the file meanwhile."""
    place, stop = extent
    while place < stop:
        file.seek(place)
        block: list[Record] = pickle.load(file)  # noqa: S301 -- written by this run, in a file nobody else can open
        place = file.tell()
        yield from block
