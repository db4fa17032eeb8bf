"""
Runs one command, and ends it when the process that wanted it is gone, however it went.

``python kafka_minder.py PID COMMAND...``: prints the command's process id, then waits. A test run may be killed,
and a worker of it: no broker may be left behind. That Linux can tie a process to its parent does not do alone: there
"parent" is the thread that started it, and a thread may end long before its process does. This process has one.
"""

import ctypes
import os
import signal
import subprocess
import sys

LOOK_EVERY = 0.5
"""Seconds between two looks at whether the process that asked is still there."""

PR_SET_PDEATHSIG = 1
SIGNALLED = 128
"""What a shell adds to a signal's number for an exit status."""

LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def mind(asked_by: int, command: list[str]) -> int:
    """Return the command's exit status, 128 and the signal's number where one ended it."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        preexec_fn=end_with_parent,  # noqa: PLW1509 -- this process has one thread
    )
    print(child.pid, flush=True)  # noqa: T201 -- the one word it says
    while True:
        try:
            status = child.wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            if os.getppid() != asked_by:
                child.kill()
        else:
            return status if status >= 0 else SIGNALLED - status


def end_with_parent() -> None:
    """End this process when the thread that made it ends; on Linux."""
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(mind(int(sys.argv[1]), sys.argv[2:]))
