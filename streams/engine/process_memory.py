"""
Giving back to the system what the process holds free.

glibc keeps what was freed amid what is still used, and a thread's heap for good: after a recovery, and from one
burst to the next, that is tens of megabytes which nobody uses. Looking for them takes some milliseconds.
"""

from collections.abc import Callable
from ctypes import CDLL, c_int, c_size_t
from typing import Any, Final

EVERY_S: Final = 10.0


def _trimming() -> Callable[[int], Any] | None:
    """Return glibc's function; None where the C library is another and gives back by itself, or cannot."""
    try:
        trim = CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    trim.argtypes, trim.restype = [c_size_t], c_int
    return trim


_TRIM: Final = _trimming()


def give_back() -> None:
    """Have the C library give back the pages that hold nothing."""
    if _TRIM is not None:
        _TRIM(0)
