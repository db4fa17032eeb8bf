"""
One Apache Kafka for all processes of a test run: the first to ask starts it, the last to leave ends it.

Who uses it holds a shared lock on a file. A keeper, a process of its own, runs the broker and waits for that lock
to be its alone: then nobody is left, whether they left in order or were killed. There is no count to get wrong.
"""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apache_kafka import UP_WITHIN, ApacheKafka, KafkaEndedError
from kafka_jars import locked


@contextmanager
def joined(folder: Path) -> Iterator[str]:
    """
    Use the broker of a folder, started if it is not there; the bootstrap string comes back.

    Raises:
        KafkaEndedError: it could not be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users").open("a") as user:
        with locked(folder / "starting"):
            # Waits here while a keeper that found itself alone ends its broker.
            fcntl.flock(user, fcntl.LOCK_SH)
            if not (folder / "bootstrap").exists():
                _start_keeper(folder)
        yield (folder / "bootstrap").read_text(encoding="utf-8")


def _start_keeper(folder: Path) -> None:
    """Start the keeper and wait for its broker. Not with Popen: nobody waits for the end of a process all share."""
    log = folder / "keeper.log"
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    keeper = os.posix_spawn(
        sys.executable,
        [sys.executable, __file__, str(folder)],
        os.environ,
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), writing, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    until = time.monotonic() + 2 * UP_WITHIN
    while not (folder / "bootstrap").exists():
        if os.waitpid(keeper, os.WNOHANG) != (0, 0) or time.monotonic() > until:
            message = f"the shared Apache Kafka is not up:\n{log.read_text(encoding='utf-8')}"
            raise KafkaEndedError(message)
        time.sleep(0.05)


def keep(folder: Path) -> None:
    """Run the broker until nobody uses it any more."""
    told = folder / "bootstrap"
    with ApacheKafka(folder / "node") as kafka, (folder / "users").open("a") as users:
        new = folder / "bootstrap.new"
        new.write_text(kafka.bootstrap, encoding="utf-8")
        new.rename(told)
        try:
            fcntl.flock(users, fcntl.LOCK_EX)
        finally:
            told.unlink()
            kafka.kill()


def _leave(*_: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave)
    keep(Path(sys.argv[1]))
