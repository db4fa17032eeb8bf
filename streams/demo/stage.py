"""The stage: a broker in this process, a worker in another that is started again whenever it ends, a reader."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aiokafka import TopicPartition

from streams.demo.reader import Reader
from streams.fetching.client import reading_client
from streams.kafka.connection import SERVERS
from streams.kafka.embedded import EmbeddedBroker
from streams.wire import topics

PARTITIONS: Final = 4
_PARENT_DEATH_SIGNAL: Final = 1
READ: Final = (topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW, topics.REJECTS)
_SOURCES: Final = (topics.EVENTS, topics.COMMANDS, topics.CLOSED)

PACE: Final = {
    "INFUSION_GRACE_MINUTES": "0",
    "INFUSION_QUIET_SECONDS": "3",
    "INFUSION_INACTIVE_HOURS": "0.001",
    "INFUSION_LOOK_EVERY_SECONDS": "0.2",
    "INFUSION_SESSION_TIMEOUT_SECONDS": "6",
    "INFUSION_METRICS_BIND": "off",
}
"""A hospital's hours in seconds: a stay closes three seconds after its last word, with or without a departure."""


def end_with_parent() -> None:
    """Have this process end when its parent ends, for whatever reason; on Linux only, elsewhere it goes on."""
    try:
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    except (AttributeError, OSError):
        return


class Stage:
    """Broker and worker; made by ``stage``."""

    def __init__(
        self, broker: EmbeddedBroker, folder: Path, say: Callable[[str], None], settings: Mapping[str, str]
    ) -> None:
        self.servers: Final = broker.bootstrap_servers
        self.log: Final = folder / "worker.log"
        self._folder, self._say, self._settings = folder, say, settings
        self._worker: subprocess.Popen[bytes] | None = None
        self._ending = False

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment in which a verb finds this broker, and the worker its pace."""
        return {
            **os.environ,
            **PACE,
            **self._settings,
            SERVERS: self.servers,
            "INFUSION_WORKER_ID": "demo",
            "INFUSION_DATA_DIR": str(self._folder / "worker"),
        }

    def start_worker(self) -> int:
        """Start the worker and return its process number."""
        with self.log.open("ab") as log:
            self._worker = subprocess.Popen(
                [sys.executable, "-c", "from streams.cli import main; main()", "worker"],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=self.environment,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - no thread of ours holds a lock it could wait for
            )  # fmt: skip
        return self._worker.pid

    async def mind_worker(self) -> None:
        """Start the worker again whenever it ends, until it is told to stop."""
        while not self._ending:
            self.look_after_worker()
            await asyncio.sleep(0.2)

    def look_after_worker(self) -> None:
        """Start the worker again if it has ended."""
        worker = self._worker
        if worker is not None and (status := worker.poll()) is not None and not self._ending:
            how = f"by signal {-status}" if status < 0 else f"with status {status}"
            self._say(f"the worker was ended {how}; started again as process {self.start_worker()}")

    def stop(self) -> None:
        """Ask the worker to stop, and end it if it does not."""
        self._ending = True
        worker = self._worker
        if worker is None:
            return
        worker.terminate()
        try:
            worker.wait(15)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()

    async def read(self, reader: Reader, done: Callable[[], bool], seconds: float) -> bool:
        """Read what comes out until ``done`` says so and nothing waits to be worked on; False when time is up."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        consumer = reading_client(*READ, bootstrap_servers=self.servers)
        await consumer.start()
        worked_off = False
        try:
            while clock() < until:
                batches = await consumer.getmany(timeout_ms=300)
                for tp, records in batches.items():
                    for record in records:
                        reader.read(tp.topic, record.key, record.value)
                if batches or not done():
                    worked_off = False
                elif worked_off:  # what the worker sent before its last commit has been read too
                    return True
                else:
                    worked_off = await self._at_rest()
        finally:
            await consumer.stop()
        return False

    async def _at_rest(self) -> bool:
        """Tell whether the worker has committed everything it reads."""
        # It only asks what the group has committed: a consumer that is assigned its partitions joins no group.
        consumer = reading_client(bootstrap_servers=self.servers, group_id=topics.APPLICATION)
        await consumer.start()
        try:
            sources = [TopicPartition(topic, number) for topic in _SOURCES for number in range(PARTITIONS)]
            consumer.assign(sources)
            ends = await consumer.end_offsets(sources)
            committed = {tp: await consumer.committed(tp) or 0 for tp in sources}
        finally:
            await consumer.stop()
        return all(committed[tp] >= end for tp, end in ends.items())


@contextmanager
def stage(say: Callable[[str], None], settings: Mapping[str, str] | None = None) -> Iterator[Stage]:
    """Give a broker with all topics and a folder for the worker, with more settings of it; all are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="infusion-demo-") as folder, EmbeddedBroker() as broker:
        broker.create_topics([topic.name for topic in topics.TOPICS], PARTITIONS)
        running = Stage(broker, Path(folder), say, settings or {})
        try:
            yield running
        finally:
            running.stop()
