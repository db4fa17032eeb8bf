"""
The console in a real browser, a worker and a real broker behind it.

One broker for all of it: a missing stop is resolved by keyboard alone and without script, an answer outlives the
console's end, and a change elsewhere appears while somebody types.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import forked
import pytest
from browser import chromium
from chaos_worker import Worker, environment
from click.testing import Result
from forked import Forked
from kafka_stays import with_topics
from orjson import dumps

from streams.demo.live import free_port

SECONDS = 30_000
"""Milliseconds a page may take on a busy machine; it is asked again and again until then."""


def missing_stop(name: str) -> bytes:
    """Return the events of a stay whose infusion has no stop, yesterday's in the long run."""
    about = {"encounter_id": name, "source": "emar"}
    at = "2026-03-02T{}:00-05:00"
    told = [
        {"type": "encounter_opened", "event_id": "1", "occurred_at": at.format("07:40"), "payer": "medicare", "setting": "facility"} | about,
        {"type": "infusion_started", "event_id": "2", "occurred_at": at.format("08:00"), "administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV", "site_id": "arm", "order_id": "O1"} | about,
        {"type": "encounter_discharged", "event_id": "3", "occurred_at": at.format("12:00")} | about,
    ]  # fmt: skip
    return b"".join(dumps(event) + b"\n" for event in told)


def publish(servers: str, lines: bytes) -> None:
    """Publish events in a process of its own: Playwright's loop runs in this one."""
    forked.run(["publish"], given=lines, environment=environment(servers)).check_returncode()


class Console:
    """The console's process at an address, killed and started again as a test likes."""

    def __init__(self, servers: str, folder: Path) -> None:
        port = free_port(18_090)
        self.address = f"http://127.0.0.1:{port}"
        self._environment = environment(
            servers,
            {
                "INFUSION_CONSOLE_BIND": str(port),
                "INFUSION_CONSOLE_DATA_DIR": str(folder / "console"),
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


@contextmanager
def running(kafka: Any, folder: Path) -> Iterator[Console]:
    """Give a console, with a worker behind it; both end afterwards."""
    worker, console = (
        Worker("w", folder, kafka.bootstrap, more={"INFUSION_SESSION_TIMEOUT_SECONDS": "30"}),
        Console(kafka.bootstrap, folder),
    )
    worker.start()
    console.start()
    try:
        yield console
    finally:
        console.kill()
        worker.kill()


def test_a_missing_stop_is_resolved_by_keyboard_alone_and_without_script(
    own_kafka: Callable[..., Any], infusion: Callable[..., Result], tmp_path: Path
) -> None:
    """The new revision appears by itself; what was answered is there after the console was killed and its file deleted."""
    kafka = with_topics(own_kafka, infusion)
    for name in ("KEYS", "FORMS"):
        publish(kafka.bootstrap, missing_stop(name))
    with chromium() as browser, running(kafka, tmp_path) as console:
        faults: list[str] = []
        page = browser.new_page()
        page.set_default_timeout(SECONDS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(f"{console.address}/queue?flag=F-MISSING_STOP")
        page.get_by_text("2 stays").wait_for()
        _by_keyboard(page)
        without = browser.new_context(java_script_enabled=False).new_page()
        without.set_default_timeout(SECONDS)
        _by_forms(without, console.address)
        _changes_while_somebody_types(
            page,
            console.address,
            lambda: publish(kafka.bootstrap, missing_stop("LATER")),
        )
        assert not faults
        console.kill()
        for file in (tmp_path / "console").glob("console.sqlite*"):
            file.unlink()
        console.start()
        page.goto(f"{console.address}/audit")
        page.get_by_role("cell", name="coder-7").wait_for()
        page.get_by_role("cell", name="coder-8").wait_for()


def _by_keyboard(page: Any) -> None:
    """Go to KEYS with j and k, answer with 1, type, send with Enter, and see revision 2 come."""
    page.locator(".items a").first.wait_for()
    while "KEYS" not in page.url:
        before = page.url
        page.keyboard.press("j")
        page.wait_for_function("before => location.href !== before", arg=before)
    page.get_by_role("heading", name="When did ceftriaxone (A1) stop?").wait_for()
    page.wait_for_function("() => document.querySelector('.pane [data-key=o]').textContent === 'KEYS'")
    page.keyboard.press("1")
    page.keyboard.type("09:31")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.get_by_text("The stay would be final").wait_for()
    page.keyboard.press("1")
    page.keyboard.press("Tab")
    page.keyboard.type("The nurse charted it on paper.")
    page.keyboard.press("Tab")
    page.keyboard.type("coder-7")
    page.keyboard.press("Enter")
    page.get_by_text("Your answer is on its way").wait_for()
    page.get_by_role("link", name="Look at it").press("Enter")
    page.get_by_text("revision 2").wait_for()
    page.get_by_text("96365", exact=False).first.wait_for()
    assert "Cleared: F-MISSING_STOP" in page.content()


def _by_forms(page: Any, address: str) -> None:
    """Answer FORMS with no script running: links, radio buttons, a form, and the page read again."""
    page.goto(f"{address}/queue?flag=F-MISSING_STOP")
    page.get_by_role("link", name="FORMS").click()
    page.get_by_label("It stopped at this time.").check()
    page.get_by_role("textbox", name="Stop", exact=True).fill("09:00")
    page.get_by_role("textbox", name="Why").fill("Read from the pump.")
    page.get_by_role("textbox", name="Your id").fill("coder-8")
    page.get_by_role("button", name="Send the answer").click()
    page.get_by_text("Your answer is on its way").wait_for()
    until = time.monotonic() + SECONDS / 1000
    while time.monotonic() < until:
        page.goto(f"{address}/stay/FORMS")
        if page.get_by_text("revision 2").count():
            return
        time.sleep(0.2)
    pytest.fail("no second revision came")


def _changes_while_somebody_types(page: Any, address: str, happens: Callable[[], Any]) -> None:
    """See a stay appear that comes meanwhile, and lose neither focus nor what is typed."""
    page.goto(f"{address}/stays")
    field = page.get_by_label("Encounter", exact=True)
    field.focus()
    page.keyboard.type("KE")
    happens()
    page.locator("tbody a", has_text="LATER").wait_for()
    page.keyboard.type("YS")
    assert field.input_value() == "KEYS"
    assert page.evaluate("document.activeElement.name") == "encounter"
