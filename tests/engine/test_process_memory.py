"""What a process holds free goes back to the system."""

import os
from pathlib import Path
from platform import libc_ver

import pytest

from streams.engine import app as engine_app
from streams.engine.app import CheckpointApp
from streams.engine.process_memory import give_back


def held_bytes() -> int:
    """Return how much memory this process has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(
    libc_ver()[0] != "glibc", reason="another C library than glibc, which has nothing to give back by"
)
def test_what_is_free_amid_what_is_used_goes_back() -> None:
    """Of forty megabytes one block in a hundred is still used, so the heap's end never gets free."""
    blocks = [b"%d" % number * 400 for number in range(10_000, 30_000)]
    kept = blocks[::100]
    del blocks
    before = held_bytes()
    give_back()
    assert before - held_bytes() > 20 << 20
    assert kept[0] == b"10000" * 400


def test_what_recovery_took_goes_back_before_the_streams_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the tables' own callbacks have let go of it."""
    told: list[str] = []
    monkeypatch.setattr(engine_app, "give_back", lambda: told.append("given back"))
    app = CheckpointApp("bench", store="memory://", topic_allow_declare=False)
    app.when_recovered(lambda _: told.append("restored"))
    app.on_recovered({0})
    assert told == ["restored", "given back"]
