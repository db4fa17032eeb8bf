"""
A data file that somebody else may have written: read whole, and taken for TOML, without a surprise.

A device, a pipe, a number of thousands of digits, brackets in brackets by the thousand: each is the file's fault, told in
its words, and ends nothing else.
"""

from errno import EFBIG, EINVAL
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from tomllib import TOMLDecodeError, loads
from typing import Any, Final

LARGEST: Final = 1 << 28
"""Bytes of the largest file that is read whole; the largest of CMS's tables has a tenth of it."""


def file_bytes(path: Path) -> bytes:
    """
    Return what a file holds.

    Raises:
        OSError: it is not there, may not be read, is no regular file (a device, a pipe), or is larger than ``LARGEST``.
    """
    only_regular(path)
    if path.stat().st_size > LARGEST:
        raise OSError(EFBIG, f"it is larger than {LARGEST:,} bytes", str(path))
    return path.read_bytes()


def only_regular(path: Path) -> None:
    """
    Return where a path leads to a regular file; asked before it is opened, as a pipe waits for whoever writes it.

    Raises:
        OSError: it does not, or is not there.
    """
    mode = path.stat().st_mode
    if S_ISDIR(mode):
        raise OSError(EINVAL, "it is a folder, not a file", str(path))
    if not S_ISREG(mode):
        raise OSError(EINVAL, "it is a device or a pipe, not a file", str(path))


def toml_of(raw: bytes) -> dict[str, Any]:
    """
    Return the document that bytes hold.

    Raises:
        TOMLDecodeError: they are no TOML, or hold what no data file of ours does.
        UnicodeDecodeError: they are not UTF-8.
    """
    text = raw.decode("utf-8")
    try:
        return loads(text)
    except TOMLDecodeError:
        raise
    except ValueError:  # Python reads no number of more than 4,300 digits
        message = "a number has too many digits"
        raise TOMLDecodeError(message) from None
    except RecursionError:
        message = "brackets are nested too deeply"
        raise TOMLDecodeError(message) from None
