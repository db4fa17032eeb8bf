"""
A dated folder that is whole or not there: built aside, put in place by a rename, put back when it does not hold.

The folder is ``<root>/20270101``. What is new is built in ``.20270101.new``, what it replaces waits in
``.20270101.old`` until the result is checked. A process killed between the two renames leaves the old one aside;
``restore`` puts it back before anything is read.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from shutil import copytree, rmtree

from streams.cms.refusal import RefreshRefusedError


class DatedFolder:
    """One date's folder under a root, and what is being built to take its place."""

    def __init__(self, root: Path, on: date) -> None:
        self.root = root
        self.folder = root / f"{on:%Y%m%d}"
        self._new = root / f".{self.folder.name}.new"
        self._old = root / f".{self.folder.name}.old"

    def restore(self) -> None:
        """Put back what was set aside when a refresh was killed between its two renames."""
        if self._old.exists() and not self.folder.exists():
            self._old.rename(self.folder)

    def building(self) -> Path:
        """Return an own copy of the folder as it stands, or an empty one, to write into."""
        for leftover in (self._new, self._old):
            rmtree(leftover, ignore_errors=True)
        if self.folder.exists():
            copytree(self.folder, self._new)
        else:
            self._new.mkdir()
        return self._new

    def abandon(self) -> None:
        """Remove what was being built; the folder is as it was."""
        rmtree(self._new, ignore_errors=True)

    def swap(self) -> None:
        """Put what was built in place, and what was there aside."""
        if self.folder.exists():
            self.folder.rename(self._old)
        self._new.rename(self.folder)

    def take_back(self) -> None:
        """Put the folder back as it was before the swap, whether the swap came to its end or not."""
        if not self._new.exists():
            rmtree(self.folder, ignore_errors=True)
        if self._old.exists():
            self._old.rename(self.folder)
        self.abandon()

    def keep(self) -> None:
        """Forget what was replaced."""
        rmtree(self._old, ignore_errors=True)


def install(folders: Sequence[DatedFolder], check: Callable[[], list[str]]) -> None:
    """
    Put what was built in place in all folders, or in none.

    Raises:
        RefreshRefusedError: ``check`` found something wrong with the result; every folder is as it was.

    """
    swapped: list[DatedFolder] = []
    held = False
    try:
        for folder in folders:
            swapped.append(folder)
            folder.swap()
        faults = check()
        held = not faults
    finally:
        if not held:
            for folder in folders:
                if folder in swapped:
                    folder.take_back()
                else:
                    folder.abandon()
    if faults:
        raise RefreshRefusedError(faults)
    for folder in folders:
        folder.keep()
