"""One contender as a child process: started, watched from outside, ended."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final, NamedTuple, Self

from ground import ROOT
from terms import Terms

_HERE: Final = Path(__file__).resolve().parent
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_COMPILED: Final = Path(tempfile.gettempdir()) / f"infusion-bench-compiled-{os.getuid()}"
_LOOK_S: Final = 0.1
_ENDS_WITHIN: Final = 20


class ContenderEndedError(RuntimeError):
    """A contender ended, or said nothing in time; the message has the end of its log."""


class Look(NamedTuple):
    """A process at one instant: epoch seconds, CPU seconds it had used, MiB it held."""

    at: float
    cpu_s: float
    rss_mib: float


class Running:
    """A contender; as a context it is ended for certain."""

    def __init__(self, module: str, terms: Terms, python: str = sys.executable, path: str = "") -> None:
        terms.folder.mkdir(parents=True, exist_ok=True)
        self.log = terms.folder / "log"
        self.begun = time.time()
        self.words: dict[str, tuple[float, float]] = {}
        self.looks: list[Look] = []
        places = os.pathsep.join(filter(None, (str(ROOT), str(_HERE), path)))
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own command
                (python, str(_HERE / "contender.py"), module),
                stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, cwd=terms.folder,
                env={
                    **os.environ, **terms.variable(), "PYTHONPATH": places,
                    # As where a package is installed: compiled once, not at every start.
                    "PYTHONPYCACHEPREFIX": str(_COMPILED), "PYTHONDONTWRITEBYTECODE": "",
                },
            )  # fmt: skip
        self.pid = self._child.pid
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    def _listen(self) -> None:
        assert self._child.stdout  # noqa: S101 - it was asked for
        with self.log.open("ab") as log:
            for line in self._child.stdout:
                word, *numbers = line.decode(errors="replace").split()
                if word in {"READY", "FIRST"}:
                    self.words.setdefault(word, (float(numbers[0]), float(numbers[1])))
                else:
                    log.write(line)

    def _watch(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE") / (1 << 20)
        while self._child.poll() is None:
            try:
                fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            except OSError:
                return
            used = (int(fields[11]) + int(fields[12])) / _TICKS
            self.looks.append(Look(time.time(), used, int(fields[21]) * page))
            time.sleep(_LOOK_S)

    def word(self, word: str, within: float) -> float:
        """
        Return when the contender said a word, in epoch seconds.

        Raises:
            ContenderEndedError: it did not in so many seconds.
        """
        until = time.time() + within
        while word not in self.words:
            if time.time() > until or self._child.poll() is not None:
                message = f"no {word} from a contender; its log ends:\n{self.last_words()}"
                raise ContenderEndedError(message)
            time.sleep(0.05)
        return self.words[word][0]

    def cpu_until(self, word: str) -> float:
        """Return the CPU seconds the contender had used when it said a word."""
        return self.words[word][1]

    def require(self) -> None:
        """
        Return while it runs.

        Raises:
            ContenderEndedError: it does not.
        """
        if self._child.poll() is not None:
            message = f"a contender ended by itself; its log ends:\n{self.last_words()}"
            raise ContenderEndedError(message)

    def at(self, instant: float) -> Look:
        """Return the look closest to an instant."""
        return min(self.looks, key=lambda look: abs(look.at - instant))

    def peak_mib(self) -> float:
        """Return the most memory it held at any look."""
        return max(look.rss_mib for look in self.looks)

    def last_words(self) -> str:
        """Return the last lines it logged."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:])

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, by force where it does not follow."""
        if self._child.poll() is None:
            self._child.send_signal(how)
            try:
                self._child.wait(_ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)
