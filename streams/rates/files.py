"""Opens a file of rates, plain or gzip, tells which kind it is, and reads it. Whatever fails is one sentence."""

from collections.abc import Callable, Iterator
from gzip import BadGzipFile
from gzip import open as gzip_open
from hashlib import sha256
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Final, cast
from zlib import error as ZlibError  # noqa: N812 -- zlib spells its exception in lower case

from streams.rates import hospital, hospital_json, in_network
from streams.rates.any_order import objects_of, slices_in_any_order
from streams.rates.edition import Source
from streams.rates.in_network import RatesFileError
from streams.rates.object_slices import OtherOrderError, slices
from streams.rates.tally import Tally

_CHUNK: Final = 1 << 22
_HEAD: Final = 1 << 16
_GZIP: Final = b"\x1f\x8b"


def ingest(path: Path, on: str, payer: str | None, progress: Callable[[int], None]) -> tuple[Tally, Source]:
    """
    Return the rates of our codes in a file, and the file's name, digest and size.

    Raises:
        RatesFileError: the file cannot be taken: what is wrong, where and what to do.

    """
    try:
        tally = _read(path, on, payer, progress)
        digest = sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except (EOFError, BadGzipFile, ZlibError) as error:
        message = f"{path.name}: the gzip breaks off or is damaged; fetch the whole file again."
        raise RatesFileError(message) from error
    except (OSError, RatesFileError) as error:
        said = error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
        message = f"{path.name}: {said}"
        raise RatesFileError(message) from error
    return tally, Source(path.name, digest.hexdigest(), path.stat().st_size)


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
    return cast("BinaryIO", gzip_open(path)) if packed else path.open("rb")


def _read(path: Path, on: str, payer: str | None, progress: Callable[[int], None]) -> Tally:
    with _opened(path) as file:
        head = file.read(_HEAD)
    if not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return hospital.read(_lines(path), payer)
    if b'"hospital_name"' in head or b'"standard_charge_information"' in head:
        with _opened(path) as file:
            return hospital_json.read(objects_of(file, "standard_charge_information.item"), head, payer)
    try:
        return in_network.read(slices(_chunks(path, progress)), on, payer)
    except OtherOrderError:
        return in_network.read(slices_in_any_order(lambda: _opened(path), head), on, payer)


def _chunks(path: Path, progress: Callable[[int], None]) -> Iterator[bytes]:
    with _opened(path) as file:
        while chunk := file.read(_CHUNK):
            yield chunk
            progress(len(chunk))


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines of a table; a file that is no UTF-8 is taken for the code page hospitals write instead."""
    try:
        with _opened(path) as file:
            for line in file:
                line.decode("utf-8")
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "cp1252"
    with TextIOWrapper(_opened(path), encoding, errors="replace", newline="") as text:
        yield from text
