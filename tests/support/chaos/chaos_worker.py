"""A worker under test: its process, what is done to it, and the hand that starts it again, as an operator's system would."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Final

from chaos_disk import LIMITS, TOLD, disown, limited, put_back, spoil
from chaos_plan import SESSION_S, Deed
from forked import Forked
from kafka_process import MINDER

from streams.demo.stage import PACE
from streams.kafka.connection import SERVERS

INFUSION: Final = (sys.executable, "-c", "from streams.cli import main; main()")
CLOCKED: Final = (sys.executable, str(Path(__file__).with_name("clock_worker.py")))

QUICK: Final[Mapping[str, str]] = {
    **PACE,
    "INFUSION_QUIET_SECONDS": "2",
    "INFUSION_SESSION_TIMEOUT_SECONDS": str(SESSION_S),
}
"""A hospital's hours in seconds: a stay closes two seconds after its last word."""

_LOOK_S: Final = 0.05
_STOP_S: Final = 30
_AGAIN_S: Final = 0.5
_READY: Final = re.compile(rb"Worker ready")
_DEALT: Final = b"dealt by the group"
_DEALT_S: Final = 15
_AT_WORK: Final = 0.75
"""The share of deeds that wait until a worker is at its work, for so many seconds at most."""
_BEGINS_S: Final = 10


class NotReadyError(Exception):
    """A worker did not begin in time."""


def environment(servers: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment in which every verb finds the broker, and a worker its pace."""
    given = {
        name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "INFUSION_"))
    }
    return {**given, **QUICK, SERVERS: servers, **(more or {})}


class Worker:
    """
    One of the group; ``name`` is its static id.

    ``command`` is the process, ``more`` goes into its environment. ``ended`` counts how it ended by itself. A verb of
    ours is ``forked``, unless its start is what matters: then it has a Python of its own.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        servers: str,
        *,
        command: Sequence[str] = (*INFUSION, "worker"),
        more: Mapping[str, str] | None = None,
        forked: bool = True,
    ) -> None:
        self.name, self.disk, self.log = name, folder / name, folder / f"{name}.log"
        self.ended: Counter[int] = Counter()
        self.done: Counter[str] = Counter()
        about = {"INFUSION_WORKER_ID": name, "INFUSION_DATA_DIR": str(self.disk)}
        self._environment = environment(servers, {**about, **(more or {})})
        self.command = list(command)
        self._folder, self._servers, self._more = folder, servers, dict(more or {})
        self._begun = 0
        self._forked = forked
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._id = 0

    def start(self, before: Sequence[str] = ()) -> "Worker":
        """Start its process, which ends when the test run is gone; ``before`` stands before its command."""
        with self.log.open("ab") as log:
            self._begun = log.tell()
            if self._forked and not before and tuple(self.command[: len(INFUSION)]) == INFUSION:
                words = self.command[len(INFUSION) :]
                self._process = Forked(words, environment=self._environment, stdout=log, stderr=log)
                self._id = self._process.pid
                return self
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(MINDER), str(os.getpid()), *before, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment,
            )
        assert self._process.stdout
        with self._process.stdout as said:
            self._id = int(said.readline())
        return self

    @property
    def running(self) -> bool:
        """Whether its process is there; it may be paused."""
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self.running:
            with suppress(ProcessLookupError):
                os.kill(self._id, number)

    def _note(self, words: str) -> None:
        """Write among its own words what was done to it, for whoever reads about a seed that failed."""
        with self.log.open("a") as log:
            log.write(f"[{datetime.now():%F %T.%f}] ==== {words}\n")  # noqa: DTZ005 - the machine's zone, as the worker's lines

    def kill(self) -> None:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def stop(self) -> int:
        """End it as an operator would, and return its exit status; with SIGKILL where it does not follow."""
        if self._process is None:
            return 0
        self.signal(signal.SIGTERM)
        try:
            return self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.done["would not stop"] += 1
            self.kill()
            return -signal.SIGKILL

    def wait(self, seconds: float) -> int | None:
        """Return the status with which it ended by itself, or None when it did not in time."""
        assert self._process
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def times_ready(self) -> int:
        """Return how often it has been given partitions and had its tables complete."""
        return len(_READY.findall(self.log.read_bytes())) if self.log.exists() else 0

    def until_ready(self, times: int = 1, seconds: float = 60) -> None:
        """
        Return when it has been ready so often.

        Raises:
            NotReadyError: it was not in time.
        """
        until = monotonic() + seconds
        while self.times_ready() < times:
            if monotonic() > until:
                message = f"{self.name} is not ready after {seconds:.0f} seconds; see {self.log}"
                raise NotReadyError(message)
            sleep(_LOOK_S)

    # What is done to it

    def suffer(self, deeds: Sequence[Deed], over: threading.Event, written: Callable[[], None]) -> None:
        """
        Go through the deeds, then mind the process until it is over; it is left running.

        ``written`` returns when something was written, or when it has waited long enough. Most deeds wait until it has
        begun its work, which takes a machine under load many seconds; some come before.
        """
        rng = Random(self.name)  # noqa: S311 - repeatable, not secret
        for deed in deeds:
            if rng.random() < _AT_WORK:
                self._until_at_work(over)
            self._mind(deed.wait_s, over)
            if over.is_set():
                break
            self.done[deed.what] += 1
            self._note(f"{deed.what}, for {deed.for_s} s")
            self._do(deed, over, written)
        while not over.is_set():
            self._mind(1, over)

    def _do(self, deed: Deed, over: threading.Event, written: Callable[[], None]) -> None:
        if deed.what.startswith("pause"):
            self.signal(signal.SIGSTOP)
            over.wait(deed.for_s)
            self.signal(signal.SIGCONT)
            return
        if deed.what == "get a double":
            self._beside_a_double(deed.for_s, over)
            return
        if deed.what == "kill at a word":
            written()
        if deed.what in {"stop", "stop and be missed"}:
            self.stop()
        else:
            self.kill()
        rng = Random(f"{self.name} {sum(self.done.values())}")  # noqa: S311 - repeatable, not secret
        self._do_to_disk(deed.what, rng)
        over.wait(deed.for_s)
        if deed.what in LIMITS:
            self.start(limited(deed.what, rng))
            if (status := self.wait(deed.for_s)) is not None:
                self.ended[status] += 1
            self.kill()
        elif deed.what == "stop in a deal":
            self.start()
            self._until_dealt()
            self.stop()
        self.start()

    def _do_to_disk(self, what: str, rng: Random) -> None:
        if what == "lose its disk":
            shutil.rmtree(self.disk, ignore_errors=True)
        elif what == "spoil its disk":
            spoil(self.disk, rng)
        elif what == "get another cluster's disk":
            disown(self.disk)
        elif what == "get an old disk":
            put_back(self.disk)

    def _beside_a_double(self, seconds: float, over: threading.Event) -> None:
        """Run beside a second process of the same id, which has a folder of its own."""
        more = {**self._more, "INFUSION_WORKER_ID": self.name}
        double = Worker(
            f"{self.name}-double", self._folder, self._servers, command=self.command, more=more
        ).start()
        try:
            self._mind(seconds, over)
        finally:
            double.kill()

    def _until_at_work(self, over: threading.Event) -> None:
        until = monotonic() + _BEGINS_S
        while monotonic() < until and not over.is_set() and not _READY.search(self._said()):
            self._mind(0.2, over)

    def _until_dealt(self) -> None:
        until = monotonic() + _DEALT_S
        while self.running and monotonic() < until and _DEALT not in self._said():
            sleep(_LOOK_S)

    def _said(self) -> bytes:
        """Return what it has said since it was started last."""
        with self.log.open("rb") as log:
            log.seek(self._begun)
            return log.read()

    def _mind(self, seconds: float, over: threading.Event) -> None:
        until = monotonic() + seconds
        while monotonic() < until and not over.is_set():
            self.mind()
            over.wait(_LOOK_S)

    def mind(self) -> None:
        """Start it again if it has ended by itself, and without its folder if it said that this is to go."""
        if self._process is None or self.running:
            return
        self.ended[self._process.returncode] += 1
        self._note(f"ended with {self._process.returncode}")
        if any(words in self._said() for words in TOLD):
            self.done["folder deleted as told"] += 1
            shutil.rmtree(self.disk, ignore_errors=True)
        sleep(_AGAIN_S)
        self.start()
