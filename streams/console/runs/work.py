"""What a process of its own does with one calculation: kindly, in portions, and with every end told in its file."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from rules.engine import Profile
from rules.policy.resolve import PolicyError
from rules.site_folder import SiteFolderError
from streams.batch.error_place import fault
from streams.console.runs.run_file import Kind, RunFile
from streams.feeds.charge_codes import ChargeCodes

_TELL_S: Final = 0.5
_KINDNESS: Final = 10
"""Added to this process's niceness: pages come first."""


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


Calculation = Callable[[Job, RunFile], None]


def calculate(job: Job) -> None:
    """Do one calculation, whatever comes of it."""
    from streams.console.runs.shadow import shadow  # noqa: PLC0415 - they know this module
    from streams.console.runs.what_if import what_ifs  # noqa: PLC0415 - as above

    does: dict[Kind, Calculation] = {"what-if": what_ifs, "shadow": shadow}
    file = RunFile(job.path)
    file.tell(state="running")
    try:
        does[job.kind](job, file)
    except (RunError, PolicyError, SiteFolderError) as error:
        file.tell(state="failed", problem=str(error))
    except Exception as error:  # noqa: BLE001 - no words of it: they may be a patient's
        file.tell(state="failed", problem=f"a fault of ours: {fault(error)}; report it")
    else:
        file.tell(state="done")


def calculate_apart(job: Job) -> None:
    """Do one calculation as a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the console's, which ends this process
    os.nice(_KINDNESS)
    calculate(job)
