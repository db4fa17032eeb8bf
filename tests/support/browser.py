"""Debian's Chromium driven by Playwright; a test without them is skipped in a sentence, or fails where they are required."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which
from typing import Any, NoReturn

import pytest

REQUIRED = "INFUSION_REQUIRE_CHROMIUM"
"""Set to 1, a test that cannot have its browser fails."""


def _without(reason: str) -> NoReturn:
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{reason} ({REQUIRED}=1 asks for it)", pytrace=False)
    pytest.skip(reason)


@contextmanager
def chromium() -> Iterator[Any]:
    """Give a browser of Playwright's, which brings none of its own; or end the test as skipped or failed."""
    program = which("chromium")
    if program is None:
        _without("not tried in a browser: there is no chromium; Debian has it as a package of that name")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only a test with a browser loads it
    except ImportError:
        _without("not tried in a browser: playwright is not installed; run make test")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()
