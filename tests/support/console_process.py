"""A console in a process of its own beside a worker and a real broker, for tests that look at it in a browser."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import forked
import pytest
from browser import chromium
from chaos_worker import Worker, environment
from forked import Forked
from orjson import dumps

from streams.demo.live import free_port


def missing_stop(name: str) -> list[dict[str, Any]]:
    """Return the events of a stay whose infusion has no stop, long ago."""
    about = {"encounter_id": name, "source": "emar"}
    at = "2026-03-02T{}:00-05:00"
    return [
        {"type": "encounter_opened", "event_id": "1", "occurred_at": at.format("07:40"), "payer": "medicare", "setting": "facility"} | about,
        {"type": "infusion_started", "event_id": "2", "occurred_at": at.format("08:00"), "administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV", "site_id": "arm", "order_id": "O1"} | about,
        {"type": "encounter_discharged", "event_id": "3", "occurred_at": at.format("12:00")} | about,
    ]  # fmt: skip


def push(name: str) -> dict[str, Any]:
    """Return one more event of such a stay, which changes its lines and leaves the question."""
    return {
        "type": "push_given", "event_id": "4", "occurred_at": "2026-03-02T10:00:00-05:00", "administration_id": "A2",
        "drug": {"name": "ondansetron"}, "route": "IV", "site_id": "arm", "order_id": "O2", "encounter_id": name, "source": "emar",
    }  # fmt: skip


def run(servers: str, *words: str, events: Iterable[Mapping[str, Any]] = ()) -> None:
    """Run a verb in a process of its own: Playwright's loop runs in this one."""
    lines = b"".join(dumps(event) + b"\n" for event in events)
    forked.run(words, given=lines, environment=environment(servers)).check_returncode()


class Console:
    """The console's process at an address, killed and started again as a test likes."""

    def __init__(self, servers: str, folder: Path) -> None:
        port = free_port(18_090)
        self.address = f"http://127.0.0.1:{port}"
        self.data = folder / "console"
        self._environment = environment(
            servers,
            {
                "INFUSION_CONSOLE_BIND": str(port),
                "INFUSION_CONSOLE_DATA_DIR": str(self.data),
                "INFUSION_METRICS_BIND": "off",
            },
        )
        self._log = folder / "console.log"
        self._process: Forked | None = None

    def start(self) -> None:
        """Start it, and return once it answers."""
        with self._log.open("ab") as log:
            self._process = Forked(["console"], stdout=log, stderr=log, environment=self._environment)
        until = time.monotonic() + 60
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with urlopen(f"{self.address}/livez", timeout=1):  # noqa: S310 - our own address
                    return
            except (URLError, OSError):
                time.sleep(0.1)
        pytest.fail(f"the console did not start: {self._log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End it as a lost machine would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class House(NamedTuple):
    """All that stands behind a page, and the browser that looks at it."""

    kafka: Any
    worker: Worker
    console: Console
    browser: Any

    def publish(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Publish events as a feed would."""
        run(self.kafka.bootstrap, "publish", events=events)


@contextmanager
def house(folder: Path, pace: Mapping[str, str] | None = None) -> Iterator[House]:
    """Give a broker, a worker, a console and a browser; all end with the block. ``pace`` are settings of the worker."""
    from apache_kafka import ApacheKafka  # noqa: PLC0415 - only where there is a broker to be had

    with chromium() as browser, ApacheKafka(folder / "kafka") as kafka:
        run(kafka.bootstrap, "topics", "--create", "--partitions", "1", "--replication-factor", "1")
        made = House(
            kafka,
            Worker(
                "w", folder, kafka.bootstrap, more={"INFUSION_SESSION_TIMEOUT_SECONDS": "30", **(pace or {})}
            ),
            Console(kafka.bootstrap, folder),
            browser,
        )
        made.worker.start()
        try:
            made.console.start()
            yield made
        finally:
            made.console.kill()
            made.worker.kill()
