"""
What the charge system in use posted, as files of one folder that somebody else fills.

A folder and no upload: the file has patients' data and is large, and a form would send it through every browser and proxy a
second time and have this process keep what anybody with a form may send. Whoever may write to the folder is known to
the system already, and the console only reads what lies in it: no name from a form is ever joined to a path.
"""

import os
import stat
from pathlib import Path
from typing import Final, NamedTuple

MOST: Final = 200


class PostedFile(NamedTuple):
    """One file of the folder."""

    name: str
    bytes: int
    changed_at: float


def posted_files(folder: Path | None) -> list[PostedFile]:
    """Return the files that can be compared, the newest first; links, folders and names with a dot in front are none."""
    found = []
    try:
        entries = list(os.scandir(folder)) if folder is not None else []
    except OSError:  # it went away: there is nothing to choose
        return []
    for entry in entries:
        try:
            about = entry.stat(follow_symlinks=False)
        except OSError:  # it was taken away meanwhile
            continue
        if stat.S_ISREG(about.st_mode) and not entry.name.startswith(".") and entry.name.isprintable():
            found.append(PostedFile(entry.name, about.st_size, about.st_mtime))
    return sorted(found, key=lambda one: (-one.changed_at, one.name))[:MOST]
