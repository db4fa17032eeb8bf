"""One calculation to be done, how far it is, and what it cannot do."""

import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from rules.engine import Profile
from streams.console.runs.run_file import Kind, RunFile
from streams.feeds.charge_codes import ChargeCodes

_TELL_S: Final = 0.5


class RunError(Exception):
    """A calculation cannot be done; the message says why and what to do, and names no stay."""


class Job(NamedTuple):
    """One calculation to be done. It pickles."""

    path: Path
    """Its file."""
    model: Path
    """The read model."""
    kind: Kind
    asked: Mapping[str, str]
    profile: Profile
    """What the stays are coded under as things stand."""
    parent: int
    """The process that asked: with its end this one ends."""
    posted: Path | None = None
    """Of a comparison: the file of what another system posted."""
    codes: ChargeCodes = ChargeCodes()
    """Its codes for charges."""

    def day(self, name: str) -> date | None:
        """Return a day that was asked for; None for any."""
        return date.fromisoformat(self.asked[name]) if self.asked.get(name) else None


class Progress:
    """Tells how far a calculation is, now and then."""

    def __init__(self, job: Job, file: RunFile, total: int) -> None:
        self._job, self._file, self._done, self._told = job, file, 0, monotonic()
        file.tell(total=total, done=0)

    def through(self, names: list[str]) -> Iterator[str]:
        """Yield names, counted; ends this process where nobody waits for it any more."""
        for name in names:
            yield name
            self._done += 1
            if monotonic() - self._told > _TELL_S:
                self._told = monotonic()
                self._file.tell(done=self._done)
                if os.getpid() != self._job.parent and os.getppid() != self._job.parent:
                    raise SystemExit(1)
