"""
Why a worker stops, in words and with what to do, whosever error it was.

Other people's errors may quote a record, so of those only their kind and their place are told.
"""

import errno
import traceback
from collections.abc import Collection
from pathlib import Path
from typing import Final

from faust.exceptions import ConsistencyError

_FULL: Final = ("No space left", "Disk quota exceeded", "File too large")
"""How the operating system's words begin, in RocksDB's too, where a disk has no room."""


class StoreError(Exception):
    """The store on disk cannot be opened, read or written; what it holds lies in the changelog too."""

    def __init__(self, table: str, folder: Path | None = None, cause: BaseException | None = None) -> None:
        if cause is None or disk_is_full(cause):
            says = (
                f"the store of table {table} cannot be written; see that its disk has room, and start again: "
                "what it lacks is read from Kafka"
            )
        else:
            says = (
                f"the store of table {table} is damaged or not readable: delete the folder {folder} and start again: "
                "what it held is read from Kafka"
            )
        super().__init__(says)


class StoreAheadError(Exception):
    """The store on disk was written from more of the changelog than there is."""

    def __init__(self) -> None:
        super().__init__(
            "a store on disk is ahead of its changelog: the changelog was made anew or cut short, or the folder is "
            "another cluster's. Find out which; where the changelog is right, delete the data folder and start again"
        )


class UnreadableStateError(Exception):
    """A state in a table cannot be read: neither this release nor an older one wrote it so."""

    def __init__(self, partitions: Collection[int], error: BaseException) -> None:
        why = f": {error}" if type(error).__module__.startswith("streams.") else ""
        super().__init__(
            f"a changelog holds a state this release cannot read, in one of the partitions {spelled(partitions)}{why}. "
            "Where a newer release wrote it, start that. Where the folder is damaged, delete the data folder and start "
            "again. Where the topic itself is, stop all workers, make both changelogs anew, delete the data folders and "
            "the group's positions, and start: everything is read again from the events topic"
        )


class PartFailedError(Exception):
    """A part of the worker failed for a reason nobody foresaw."""

    def __init__(self, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
        super().__init__(
            f"a part of the worker failed: {type(error).__name__}{place}; nothing was committed after it. "
            "Start it again, and report it if it comes back"
        )


def disk_is_full(error: BaseException) -> bool:
    """Tell whether an error says that there is no room left to write."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return True
    return any(words in str(error) for words in _FULL)


def spelled(partitions: Collection[int]) -> str:
    """Return numbers of partitions with commas between them."""
    return ", ".join(map(str, sorted(partitions)))


def in_words(error: BaseException) -> BaseException:
    """Return an error whose text says what happened and what to do: the same where it is ours."""
    if type(error).__module__.startswith("streams."):
        return error
    if isinstance(error, ConsistencyError):
        return StoreAheadError()
    if isinstance(error, OSError) and disk_is_full(error):
        return StoreError("in the data folder")
    return PartFailedError(error)
