"""A console whose pages are asked as a browser asks them, over records made by hand."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from console_desk import Stage, on_paper

from streams.console.settings import ConsoleSettings
from streams.console.site import application

Made = Callable[..., Awaitable[tuple[Stage, TestClient[Any, Any]]]]


@pytest.fixture
async def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Made]:
    """Return what makes a console with some settings, and a browser for it."""
    open_ones: list[Any] = []

    async def make(**settings: Any) -> tuple[Stage, TestClient[Any, Any]]:
        stage = Stage(tmp_path / "console", ConsoleSettings(**settings))
        on_paper(stage, monkeypatch)
        client = TestClient(TestServer(application(stage.desk)))
        await client.start_server()
        open_ones.append((stage, client))
        return stage, client

    yield make
    for stage, client in open_ones:
        await client.close()
        stage.close()
