"""Who looked at which encounter, and when: a file of this user's own, a line of JSON a look (HIPAA 164.312(b))."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from orjson import dumps

FILE: Final = "access.jsonl"


class AccessLog:
    """The file; a line is in it before the page is sent."""

    def __init__(self, folder: Path) -> None:
        """
        Open the file to write behind what it has.

        Raises:
            OSError: it cannot be written.
        """
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        self._descriptor = os.open(folder / FILE, flags, 0o600)
        os.fchmod(self._descriptor, 0o600)

    def note(self, who: str, what: str, encounter_id: str, address: str) -> None:
        """Write one look: ``what`` is the page or the deed."""
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "who": who,
            "what": what,
            "encounter_id": encounter_id,
            "from": address,
        }
        os.write(self._descriptor, dumps(line) + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
