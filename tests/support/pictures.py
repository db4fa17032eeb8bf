"""
Takes the pictures of the README: a stage with a worker, the seeded day and a console, looked at in Chromium.

``make pictures`` runs it; look at what it wrote before you keep it.
"""

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from browser import chromium

from streams.demo.live import OURS, PACE, beside, free_port, moved
from streams.demo.stage import stage

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
PAGES = {
    "queue": ("/queue?item=DOC-01~1", "When did", 780),
    "encounter": ("/stay/ED-02", "ED-02", 760),
}
WIDTH = 1180


def main() -> None:
    """Write each picture."""
    with tempfile.TemporaryDirectory() as made, stage(print, PACE) as running, ExitStack() as others:
        folder, port = Path(made), free_port(18_190)
        day = folder / "day.jsonl"
        lines = (ROOT / "seeds" / "day.jsonl").read_bytes().splitlines()
        day.write_bytes(b"\n".join(moved(lines, datetime.now(UTC).date() - timedelta(days=1))) + b"\n")
        running.start_worker()
        settings = {"INFUSION_CONSOLE_BIND": str(port), "INFUSION_CONSOLE_DATA_DIR": str(folder / "console")}
        others.enter_context(beside(running, "console", settings, folder))
        subprocess.run([*OURS, "publish", str(day)], env=running.environment, check=True)
        _wait(f"http://127.0.0.1:{port}/livez")
        with chromium() as browser:
            for name, (path, text, height) in PAGES.items():
                _take(browser, f"http://127.0.0.1:{port}{path}", text, PICTURES / f"{name}.png", height)


def _take(browser: Any, address: str, text: str, file: Path, height: int) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": height})
    for _ in range(60):
        page.goto(address)
        if page.get_by_text(text).count() and not page.get_by_text("Not coded yet").count():
            break
        time.sleep(1)
    page.wait_for_timeout(2_000)
    if page.locator("[data-number='1']").count():
        page.keyboard.press("1")
        page.keyboard.type("09:31")
    page.screenshot(path=file)
    sys.stdout.write(f"wrote {file.relative_to(ROOT)}, {file.stat().st_size:,} bytes\n")
    page.close()


def _wait(address: str) -> None:
    for _ in range(200):
        try:
            with urlopen(address, timeout=1):  # noqa: S310 - our own address
                return
        except (URLError, OSError):
            time.sleep(0.3)


if __name__ == "__main__":
    main()
