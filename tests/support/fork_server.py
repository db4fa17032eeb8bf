"""
Forks the processes that tests ask for: what a worker imports is there already, which spares three seconds each time.

``python fork_server.py FD``: imports, then waits on a socket. Each request names a function to call, with words and
an environment; its process is forked from this one, which has one thread and has opened nothing. When whoever asked
is gone, so is this process, and Linux ends those it forked. ``forked.py`` is the other side.
"""

import array
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from kafka_minder import SIGNALLED, end_with_parent

LONGEST: Final = 1 << 17
"""Bytes of a request, which brings a whole environment."""

_FILES: Final = 4
"""Open files that come with it: standard input, output and errors, and where its exit status is written."""

_NEEDED: Final = (
    "counting_worker",
    "faust",
    "faust.stores.rocksdb",
    "rocksdict",
    "streams.cli.code",
    "streams.cli.deliver",
    "streams.cli.listen",
    "streams.cli.publish",
    "streams.cli.status",
    "streams.cli.topics",
    "streams.cli.watch",
    "streams.cli.worker",
    "streams.metrics.probes",
    "streams.worker.application",
    "streams.worker.run",
)


def serve(door: socket.socket) -> Callable[[], Any]:
    """Fork a process a request; return in each of them what it is to call, and here, once nobody asks, nothing."""
    for name in _NEEDED:
        import_module(name)
    _warm()
    gc.collect()
    gc.freeze()
    waking, woken = os.pipe()
    for end in (waking, woken):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken)
    statuses: dict[int, int] = {}
    looking = selectors.DefaultSelector()
    looking.register(door, selectors.EVENT_READ)
    looking.register(waking, selectors.EVENT_READ)
    while True:
        ready = {key.fileobj for key, _ in looking.select()}
        if waking in ready:
            os.read(waking, 4096)
            _reap(statuses)
        if door not in ready:
            continue
        asked, files = _request(door)
        if not asked:
            return lambda: None
        if not (child := os.fork()):
            looking.close()
            _become(asked, files)
            module, _, name = asked["target"].partition(":")
            return getattr(import_module(module), name)  # type: ignore[no-any-return] # whatever is named
        for file in files[:-1]:
            os.close(file)
        statuses[child] = files[-1]
        door.send(str(child).encode())


def _warm() -> None:
    from streams.worker.settings import settings_from  # noqa: PLC0415 - after the imports that are counted above
    from streams.worker.warming import warm  # noqa: PLC0415 - as above

    warm(settings_from({"INFUSION_WORKER_ID": "warm"}).profile, datetime.now(UTC).date())


def _request(door: socket.socket) -> tuple[dict[str, Any], list[int]]:
    files = array.array("i")
    said, about, *_ = door.recvmsg(LONGEST, socket.CMSG_SPACE(_FILES * files.itemsize))
    for _, _, data in about:
        files.frombytes(data)
    return (json.loads(said) if said else {}), list(files)


def _reap(statuses: dict[int, int]) -> None:
    """Tell the exit status of each process that has ended."""
    while statuses:
        child, ended = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        status = os.waitstatus_to_exitcode(ended)
        os.write(file := statuses.pop(child), b"%d" % (status if status >= 0 else SIGNALLED - status))
        os.close(file)


def _become(asked: dict[str, Any], files: Sequence[int]) -> None:
    """Make this process what one started for the verb would be."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    end_with_parent()
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    os.closerange(3, max(int(one.name) for one in Path("/dev/fd").iterdir()) + 1)
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    os.chdir(asked["folder"])
    sys.argv[:] = ["-c", *asked["words"]]


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))()
