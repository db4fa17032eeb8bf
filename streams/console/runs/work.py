"""What a process of its own does with one calculation: kindly, and with every end told in its file."""

import os
import signal
from collections.abc import Callable, Mapping
from typing import Final

from rules.policy.resolve import PolicyError
from rules.site_folder import SiteFolderError
from streams.batch.error_place import fault
from streams.console.runs.job import Job, RunError
from streams.console.runs.run_file import Kind, RunFile
from streams.console.runs.shadow import shadow
from streams.console.runs.what_if import what_ifs

_KINDNESS: Final = 10
"""Added to this process's niceness: pages come first."""

_DOES: Final[Mapping[Kind, Callable[[Job, RunFile], None]]] = {"what-if": what_ifs, "shadow": shadow}


def calculate(job: Job) -> None:
    """Do one calculation, whatever comes of it."""
    file = RunFile(job.path)
    file.tell(state="running")
    try:
        _DOES[job.kind](job, file)
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
