"""
What is coded, waiting to be put in order: sorted runs in a file that has no name.

Stays come back from the buckets in the order of a hash. The output is in the order of their ids whatever
the size of the input, so each bucket's charge sets wait here as one sorted run.
"""

import pickle
from collections.abc import Iterable, Iterator
from operator import itemgetter
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Final, Self

Record = tuple[bytes, bytes]
"""An encounter id and what is written for it."""

_BLOCK: Final = 64
"""Records read at a time from one run: a compromise between seeking and memory."""

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
        start = self._file.seek(0, 2)
        for record in run:
            pickle.dump(record, self._file, pickle.HIGHEST_PROTOCOL)
        return _read(self._file, start, self._file.tell())


def _read(file: IO[bytes], start: int, stop: int) -> Iterator[Record]:
    while start < stop:
        file.seek(start)
        block: list[Record] = []
        while start < stop and len(block) < _BLOCK:
            block.append(pickle.load(file))  # noqa: S301 -- written by this process, in a file nobody else can open
            start = file.tell()
        yield from block
