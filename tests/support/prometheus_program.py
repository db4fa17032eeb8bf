"""Prometheus's programs, or why a test goes without."""

import os
import shutil
from typing import Final

import pytest

REQUIRED: Final = "INFUSION_REQUIRE_PROMETHEUS"
"""Set to 1, a test that cannot have the program fails."""


def program(name: str, left_out: str) -> str:
    """Return the path of a program of Debian's package ``prometheus``; without it the test is skipped, or fails."""
    if path := shutil.which(name):
        return path
    reason = f"{name} is not installed (Debian: apt-get install prometheus): {left_out}"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{reason} ({REQUIRED}=1 asks for it)", pytrace=False)
    pytest.skip(reason)
