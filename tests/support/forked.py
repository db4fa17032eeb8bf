"""
Processes of ours as ``subprocess`` starts them, but forked from one that has imported everything: see ``fork_server.py``.

What is told of a process is told here too, and it can be killed and stopped like any. Not so what belongs to its
start: imports, the options of its Python, limits set before it. A test of those starts one by itself.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from fork_server import LONGEST

VERB: Final = "streams.cli:main"
"""The target that is the command line."""

_SERVER: Final = Path(__file__).with_name("fork_server.py")


class Forked:
    """
    A process that calls ``target``, with these words after its name.

    ``returncode`` is its exit status once it has ended, 128 and the signal's number where one ended it. Files are open,
    or ``subprocess.DEVNULL``.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        target: str = VERB,
        environment: Mapping[str, str] | None = None,
        stdin: Any = subprocess.DEVNULL,
        stdout: Any = subprocess.DEVNULL,
        stderr: Any = subprocess.DEVNULL,
    ) -> None:
        self.returncode: int | None = None
        status, told = os.pipe()
        asked = {
            "target": target,
            "words": [*words],
            "environment": dict(os.environ if environment is None else environment),
            "folder": str(Path.cwd()),
        }
        with Path(os.devnull).open("r+b") as nothing:
            files = [nothing if file == subprocess.DEVNULL else file for file in (stdin, stdout, stderr)]
            numbers = [*(file.fileno() for file in files), told]
            self.pid = _asked(json.dumps(asked).encode(), numbers)
        os.close(told)
        self._status = os.fdopen(status, "rb")

    def wait(self, timeout: float | None = None) -> int:
        """
        Return its exit status once it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not, in so many seconds.
        """
        if self.returncode is None:
            watched = select.poll()
            watched.register(self._status, select.POLLIN)
            if not watched.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired(["process", str(self.pid)], timeout or 0)
            with self._status as said:
                # Nothing is said where the server itself is gone, and all it forked with it.
                self.returncode = int(said.read() or 128 + signal.SIGKILL)
        return self.returncode

    def poll(self) -> int | None:
        """Return its exit status, None while it is there."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it is there."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at this instant."""
        self.send_signal(signal.SIGKILL)


def run(words: Sequence[str], given: bytes = b"", **wanted: Any) -> "subprocess.CompletedProcess[bytes]":
    """Run a verb to its end and return its exit status with what it printed, as ``subprocess.run`` does."""
    with (
        TemporaryFile() as typed,
        TemporaryFile() as printed,
        TemporaryFile() as said,
    ):
        typed.write(given)
        typed.seek(0)
        status = Forked(words, stdin=typed, stdout=printed, stderr=said, **wanted).wait()
        for one in (printed, said):
            one.seek(0)
        return subprocess.CompletedProcess([*words], status, printed.read(), said.read())


_lock: Final = threading.Lock()
_doors: Final[list[socket.socket]] = []


def _asked(request: bytes, files: Sequence[int]) -> int:
    """Have a process forked and return its number; the first one starts the server."""
    with _lock:
        if not _doors:
            _doors.append(_server())
        socket.send_fds(_doors[0], [request], files)
        return int(_doors[0].recv(LONGEST))


def _server() -> socket.socket:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        running = subprocess.Popen(
            [sys.executable, str(_SERVER), str(its.fileno())],
            pass_fds=[its.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is for the test run, which ends it in order
        )

    def end() -> None:
        ours.close()
        running.wait()

    atexit.register(end)
    return ours
