"""One process that cannot outlive its test run: started, paused, resumed and ended in every way a test needs."""

import atexit
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

MINDER: Final = Path(__file__).with_name("kafka_minder.py")

ENDS_WITHIN: Final = 30
"""Seconds an orderly end may take before it becomes the other kind."""


class Process:
    """A command with its minder; what it prints is added to a file."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._minder: subprocess.Popen[bytes] | None = None
        self._id = 0
        self._paused = False

    @property
    def running(self) -> bool:
        """Whether the process is there; it may be paused."""
        return self._minder is not None and self._minder.poll() is None

    def start(self, command: list[str]) -> None:
        """Start it, as the leader of a session of its own: Ctrl-C is for the test run, which ends it in order."""
        with self.log.open("ab") as log:
            self._minder = subprocess.Popen(
                [sys.executable, "-I", "-S", str(MINDER), str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        atexit.register(self.end, signal.SIGKILL)
        assert self._minder.stdout
        with self._minder.stdout as said:
            self._id = int(said.readline())

    def end(self, how: signal.Signals) -> None:
        """Send a signal and wait for the end; with SIGKILL where it does not come in time."""
        minder, self._minder = self._minder, None
        if minder is None:
            return
        atexit.unregister(self.end)
        if minder.poll() is None:
            os.kill(self._id, how)
            if self._paused:
                self.resume()
            try:
                minder.wait(ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                os.kill(self._id, signal.SIGKILL)
                minder.wait()

    def pause(self) -> None:
        """Stop its clock: connections stay open, nothing is answered."""
        os.kill(self._id, signal.SIGSTOP)
        self._paused = True

    def resume(self) -> None:
        """Let it go on where it stood."""
        os.kill(self._id, signal.SIGCONT)
        self._paused = False

    def last_words(self) -> str:
        """Return the last lines it printed."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
