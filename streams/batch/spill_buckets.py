"""
Lines gathered by encounter, in bounded memory.

Events of one stay may lie anywhere in the input, so every line must be read before the first stay is coded.
Up to a budget the lines wait in memory; beyond it they wait in temporary files, each holding the stays whose
ids hash alike, and come back one file at a time. A file that is itself over the budget is divided again. So
memory follows the budget and the largest single stay, never the number of stays.
"""

import pickle
from collections import defaultdict
from collections.abc import Iterator
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Final, Self
from zlib import crc32

from streams.wire.encounter_key import InputLine

LinesByEncounter = dict[bytes, list[InputLine]]
"""Lines by encounter id, the id in UTF-8."""

BUDGET: Final = 16 * 1024 * 1024
"""Bytes of raw lines held in memory; held lines cost about twice their bytes."""

_FILES: Final = 64
_BITS: Final = 6
BUFFER: Final = 1 << 16
"""Bytes read from a file or written to it at a time."""

_LENGTH: Final = 8
"""Bytes before each record that say how long it is: read at once, it takes a third of the time that reading on takes."""

_DEEPEST: Final = 4
"""Divisions of a bucket: five times six bits use up the hash, and 64 to the fifth buckets are enough."""


class Buckets:
    """
    The lines of many stays; put them in with ``add``, take them out once with ``drain``.

    The temporary files have no names: nobody else can open them, and none is left behind by a crash.
    """

    def __init__(self, budget: int | None = None, level: int = 0) -> None:
        self.in_memory: defaultdict[bytes, list[InputLine]] = defaultdict(list)
        """Lines not yet written to a file, by stay. A hot loop may append here and then call ``grew``."""
        self._bytes = 0
        self._budget = BUDGET if budget is None else budget
        self._level = level
        self._files: list[IO[bytes]] = []
        self._sizes = [0] * _FILES
        self._spilled = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    @property
    def spilled(self) -> bool:
        """Whether the lines outgrew the budget and lie in files."""
        return self._spilled

    @property
    def budget(self) -> int:
        """Bytes of raw lines held in memory."""
        return self._budget

    def files(self) -> list[IO[bytes]]:
        """Return the files that lines go to beyond the budget, made now if they are not yet."""
        if not self._files:
            self._files = [TemporaryFile(buffering=BUFFER) for _ in range(_FILES)]  # noqa: SIM115 -- closed on exit
        return self._files

    def settle(self) -> list[int]:
        """Write what is still in memory to the files, and return the bytes of lines in each, for others to read them."""
        self._spill()
        for file in self.files():
            file.flush()
        return list(self._sizes)

    def add(self, key: bytes, lines: list[InputLine]) -> None:
        """Hold more lines of one stay."""
        self.in_memory[key].extend(lines)
        self.grew(sum(len(raw) for _, _, raw in lines))

    def grew(self, size: int) -> None:
        """Count ``size`` more bytes as held, and write everything to files when that is over the budget."""
        self._bytes += size
        if self._bytes > self._budget:
            self._spill()

    def drain(self) -> Iterator[LinesByEncounter]:
        """
        Yield every stay with all its lines, as many stays at a time as the budget allows.

        What is yielded belongs to the caller, who should drop each stay once it is coded.
        """
        if not self._spilled:
            stays, self.in_memory = self.in_memory, defaultdict(list)
            yield stays
            return
        self._spill()
        for size, file in zip(self._sizes, self._files, strict=True):
            yield from stays_in(file, size, self._budget, self._level)

    def _spill(self) -> None:
        files = self.files()
        self._spilled = True
        for key, lines in self.in_memory.items():
            number = file_of(key, self._level)
            record = pickle.dumps((key, lines), pickle.HIGHEST_PROTOCOL)
            files[number].write(len(record).to_bytes(_LENGTH))
            files[number].write(record)
            self._sizes[number] += sum([len(raw) for _, _, raw in lines])
        self.in_memory.clear()
        self._bytes = 0


def file_of(key: bytes, level: int = 0) -> int:
    """Return the number of the file in which a stay's lines lie."""
    return (crc32(key) >> (_BITS * level)) % _FILES


def stays_in(file: IO[bytes], size: int, budget: int, level: int = 0) -> Iterator[LinesByEncounter]:
    """Yield the stays of a file that holds ``size`` bytes of lines, as many at a time as the budget allows; empty it first."""
    file.seek(0)
    if size > budget and level < _DEEPEST:
        with Buckets(budget, level + 1) as divided:
            for key, lines in _read_back(file):
                divided.add(key, lines)
            _empty(file)
            yield from divided.drain()
        return
    stays: LinesByEncounter = defaultdict(list)
    for key, lines in _read_back(file):
        stays[key].extend(lines)
    _empty(file)
    yield stays


def _empty(file: IO[bytes]) -> None:
    file.seek(0)
    file.truncate()


def _read_back(file: IO[bytes]) -> Iterator[tuple[bytes, list[InputLine]]]:
    while length := file.read(_LENGTH):
        yield pickle.loads(file.read(int.from_bytes(length)))  # noqa: S301 -- written a moment ago by this process, in a folder only it can read
