"""A data folder that cannot be used: the worker ends with 70 or 2, in words with what to do, and no traceback."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from confluent_kafka import Producer
from forked import Forked

from streams.engine.exit_status import EXIT_FATAL
from streams.kafka.embedded import EmbeddedBroker
from streams.wire.topics import ENCOUNTERS_CHANGELOG, EVENTS, RELEASES_CHANGELOG, TOPICS

EVENT = b'{"type":"encounter_opened","event_id":"o","encounter_id":"E1","occurred_at":"2026-03-02T08:00:00-05:00"}'
SECONDS = 60


class OneWorker:
    """One worker on an embedded broker, again and again on the same folder."""

    def __init__(self, broker: EmbeddedBroker, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "INFUSION_DATA_DIR": str(folder),
            "INFUSION_METRICS_BIND": "off",
            "INFUSION_WORKER_ID": "one",
            "INFUSION_SESSION_TIMEOUT_SECONDS": "8",
        }
        self.broker = broker
        self.log = folder.with_name("worker.log")
        self.store = folder
        """The store that has the stay."""

    def put(self, topic: str, key: bytes, value: bytes, partition: int = 0) -> None:
        """Put one record on a topic."""
        sender = Producer({"bootstrap.servers": self.broker.bootstrap_servers})
        sender.produce(topic, value, key, partition)
        assert sender.flush(10) == 0

    def begin(self, **more: str) -> Forked:
        """Start it; what it says is in the log, from its first line."""
        with self.log.open("wb") as log:
            return Forked(["worker"], stderr=log, environment=self.environment | more)

    def said(self) -> str:
        """Return what the worker that was begun last has said."""
        return self.log.read_text(encoding="utf-8")

    def wait_for_ready(self, running: Forked) -> bool:
        """Return whether it became ready, once it has or has ended."""
        while "Worker ready" not in self.said():
            if running.poll() is not None:
                return False
            sleep(0.05)
        return True

    def until_ready(self) -> None:
        """Run it until it has read what there is, then end it as an operator would."""
        running = self.begin()
        try:
            assert self.wait_for_ready(running), self.said()
            self._wait_for_store()
        finally:
            running.terminate()
            running.wait(SECONDS)
        assert running.returncode == 0, self.said()

    def _wait_for_store(self) -> None:
        for _ in range(400):
            # What the worker wrote is in the store's log; what it restored went past that.
            for file in (
                *self.folder.rglob("encounters-*.db/*.log"),
                *self.folder.rglob("encounters-*.db/*.sst"),
            ):
                if b"E1" in file.read_bytes():
                    self.store = file.parent
                    return
            sleep(0.05)
        pytest.fail("the stay did not reach the store")

    def last_words(self, status: int, **more: str) -> str:
        """Run it until it ends by itself with this status, and return what it said."""
        running = self.begin(**more)
        try:
            running.wait(SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            pytest.fail(f"it went on: {self.said()[-2000:]}")
        said = self.said()
        assert "Traceback" not in said
        assert running.returncode == status, said
        return said


@pytest.fixture
def one(embedded: EmbeddedBroker, tmp_path: Path) -> OneWorker:
    """Return a worker that has kept one stay and was stopped."""
    worker = OneWorker(embedded, tmp_path / "data")
    worker.put(EVENTS, b"E1", EVENT)
    return worker


def garbled(path: Path) -> None:
    """Write over a file."""
    path.write_bytes(b"\xff" * max(64, path.stat().st_size))


def garbled_manifest(folder: Path) -> None:
    """Write over the list of the store's files."""
    for path in folder.glob("MANIFEST-*"):
        garbled(path)


def a_file_in_its_place(folder: Path) -> None:
    """Put a file where the folder was."""
    shutil.rmtree(folder)
    folder.write_bytes(b"x")


@pytest.mark.parametrize("damage", [garbled_manifest, a_file_in_its_place])
def test_a_damaged_store_is_told_with_the_folder_to_delete(
    one: OneWorker, damage: Callable[[Path], Any]
) -> None:
    """And deleting it is all that it takes: what it held is read from Kafka."""
    one.until_ready()
    damage(one.store)
    said = one.last_words(EXIT_FATAL)
    assert "the store of table encounters is damaged or not readable: delete the folder " in said
    assert "what it held is read from Kafka" in said
    shutil.rmtree(one.folder)
    one.until_ready()


def test_a_store_ahead_of_its_changelog_is_told(one: OneWorker) -> None:
    """The changelog was made anew, or the folder is another cluster's."""
    one.until_ready()
    with EmbeddedBroker() as other:
        other.create_topics((topic.name for topic in TOPICS), 4)
        (
            one.folder / "cluster.json"
        ).unlink()  # as 26.11.0 left it; with it the folder is refused for its cluster
        moved = OneWorker(other, one.folder)
        moved.put(ENCOUNTERS_CHANGELOG, b"E0", b"")
        said = moved.last_words(EXIT_FATAL)
    assert "delete the data folder" in said


@pytest.mark.parametrize("state", [b"\xc8" + b"x" * 50, b"\x01" + b"\xff" * 30])
def test_a_state_nobody_can_read_is_told_with_its_partition(one: OneWorker, state: bytes) -> None:
    """Whoever wrote it to the changelog."""
    one.put(ENCOUNTERS_CHANGELOG, b"E9", state, partition=2)
    said = one.last_words(EXIT_FATAL)
    assert "a changelog holds a state this release cannot read" in said
    assert "delete the data folder" in said


def test_a_release_nobody_can_read_is_told(one: OneWorker) -> None:
    """Counted from a snapshot after the worker is ready, or read when its stay is coded: in words either way."""
    one.put(RELEASES_CHANGELOG, b"E9", b"\xc8garbage", partition=1)
    running = one.begin()
    one.wait_for_ready(running)
    running.terminate()
    assert running.wait(SECONDS) in {0, EXIT_FATAL}
    assert "Traceback" not in one.said()


def test_a_folder_that_cannot_be_written_is_wrong_usage(one: OneWorker, tmp_path: Path) -> None:
    """A file, a folder below a file: in one sentence."""
    (tmp_path / "file").write_bytes(b"")
    for name in ("file", "file/below"):
        said = one.last_words(2, INFUSION_DATA_DIR=str(tmp_path / name))
        assert "INFUSION_DATA_DIR" in said
