"""
The files of a publisher as they are downloaded: a text file, a folder of them, an archive, an archive in an archive.

Lines are read one at a time, so that memory does not grow with the file. What cannot be read is one sentence with the
file, and the line and column where there is one: cut-off archives, lines without an end, bytes that are no text.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final, NamedTuple
from zipfile import BadZipFile, ZipFile

from rules.text_files import only_regular
from streams.cms.refusal import RefreshRefusedError

LONGEST_LINE: Final = 1_048_576
"""Bytes; the longest line an official file has is a fiftieth of it."""

LARGEST_INNER: Final = 1_073_741_824
"""Bytes; CMS's export of all articles, packed, is a fiftieth of it."""

ARCHIVE: Final = b"PK\x03\x04"
WORKBOOKS: Final = (".xlsx", ".xls", ".xlsm")
_DAMAGED: Final = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class Line(NamedTuple):
    """One line of a file without its end, and its number."""

    number: int
    text: str


class PublishedFile(NamedTuple):
    """One open file of a publication; ``name`` is what messages call it, inside its archive or folder."""

    name: str
    stream: IO[bytes]

    def fault(self, line: int, what: str) -> RefreshRefusedError:
        """Return the refusal for a line that is not as it must be."""
        return RefreshRefusedError([f"{self.name} line {line}: {what}"])

    def raw_lines(self) -> Iterator[tuple[int, bytes]]:
        """
        Yield each line with its number, its end stripped.

        Raises:
            RefreshRefusedError: the archive is damaged, or a line does not end.

        """
        number = 0
        while True:
            try:
                raw = self.stream.readline(LONGEST_LINE + 1)
            except _DAMAGED as error:
                raise damaged(self.name, error) from error
            if not raw:
                return
            number += 1
            if len(raw) > LONGEST_LINE:
                raise self.fault(
                    number, f"is longer than {LONGEST_LINE:,} bytes; is it the official file, unpacked?"
                )
            yield number, raw.rstrip(b"\r\n")

    def lines(self, *encodings: str) -> Iterator[Line]:
        """
        Yield each line as text, in the first of the encodings it can be read in.

        Raises:
            RefreshRefusedError: a line is in none of them, or holds a byte no text file has.

        """
        for number, raw in self.raw_lines():
            yield Line(number, self.text(number, raw, *encodings))

    def text(self, number: int, raw: bytes, *encodings: str) -> str:
        """
        Return one line as text.

        Raises:
            RefreshRefusedError: it is in none of the encodings, or holds a byte no text file has.

        """
        if (nul := raw.find(b"\0")) >= 0:
            raise self.fault(
                number, f"byte {nul + 1} is no text; save it as CSV in UTF-8 and give that file."
            )
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        at = 0
        for encoding in encodings:
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError as error:
                at = error.start
        raise self.fault(number, f"byte {at + 1} is not {' or '.join(encodings).upper()}.")


def damaged(name: str, error: BaseException) -> RefreshRefusedError:
    """Return the refusal of an archive that is cut off, damaged or locked."""
    return RefreshRefusedError(
        [f"{name}: cannot be unpacked ({type(error).__name__}); it is cut off or damaged, download it again."]
    )


@contextmanager
def published(path: Path) -> Iterator["Publication"]:
    """
    Open what was downloaded and give its members by name.

    Raises:
        RefreshRefusedError: it cannot be opened, or is an archive that is cut off.

    """
    try:
        if path.is_dir():
            yield Publication(path.name, _files_of(path), lambda name: (path / name).open("rb"))
            return
        only_regular(path)
        with path.open("rb") as stream:
            head = stream.read(len(ARCHIVE))
            stream.seek(0)
            if head != ARCHIVE or path.suffix.lower() in WORKBOOKS:
                yield Publication(path.name, [path.name], lambda _: stream)
            else:
                with _archive(path.name, stream) as archive:
                    yield archive
    except OSError as error:
        message = f"{path.name}: cannot be read ({error.strerror or type(error).__name__})."
        raise RefreshRefusedError([message]) from error


class Publication:
    """The members of one download: files of a folder or of an archive, or one file that stands for itself."""

    def __init__(self, name: str, members: Sequence[str], opening: Callable[[str], IO[bytes]]) -> None:
        self.name = name
        self.members = tuple(members)
        self._opening = opening

    @property
    def single(self) -> bool:
        """Tell whether it is one file and no archive of files."""
        return self.members == (self.name,)

    @contextmanager
    def open(self, member: str) -> Iterator[PublishedFile]:
        """
        Open one member.

        Raises:
            RefreshRefusedError: it is a workbook, or cannot be unpacked.

        """
        called = member if self.single else f"{self.name}/{member}"
        if member.lower().endswith(WORKBOOKS):
            message = f"{called}: is a workbook; save the sheet as CSV and give that file."
            raise RefreshRefusedError([message])
        try:
            stream = self._opening(member)
        except _DAMAGED as error:
            raise damaged(called, error) from error
        try:
            yield PublishedFile(called, stream)
        finally:
            if not self.single:
                stream.close()

    @contextmanager
    def inner(self, member: str) -> Iterator["Publication"]:
        """
        Open an archive inside the archive, unpacked to a file that goes when it is closed.

        Raises:
            RefreshRefusedError: it cannot be unpacked.

        """
        with self.open(member) as packed, TemporaryFile() as unpacked:
            try:
                while piece := packed.stream.read(LONGEST_LINE):
                    unpacked.write(piece)
                    if unpacked.tell() > LARGEST_INNER:
                        message = (
                            f"{packed.name}: is larger than {LARGEST_INNER:,} bytes; is it the official file?"
                        )
                        raise RefreshRefusedError([message])
            except _DAMAGED as error:
                raise damaged(packed.name, error) from error
            unpacked.seek(0)
            with _archive(packed.name, unpacked) as archive:
                yield archive


@contextmanager
def _archive(name: str, stream: IO[bytes]) -> Iterator[Publication]:
    try:
        archive = ZipFile(stream)
    except _DAMAGED as error:
        raise damaged(name, error) from error
    with archive:
        members = [info.filename for info in archive.infolist() if not info.is_dir()]
        yield Publication(name, members, archive.open)


def _files_of(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)
