"""
The probes and the page of a process, over HTTP: /livez, /readyz and /metrics.

They live on a thread with a loop of its own, so that a loop that is busy, or stuck, can be told from outside. Whoever
asks Kafka in the background for the figures does it on this loop too: nobody who reads the page ever waits for Kafka.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, NamedTuple

from aiohttp import web
from orjson import dumps

from streams.metrics.bind import BIND, Bind, BindError
from streams.metrics.page import CONTENT_TYPE, Page

READY: Final = frozenset({"ready", "idle", "skipped_records"})
"""Readiness states that are answered with 200."""

_STOP_S: Final = 5.0


class Verdict(NamedTuple):
    """Whether a process is ready: a state of the table, and a sentence for whoever asks why."""

    state: str
    why: str

    @property
    def ready(self) -> bool:
        """Whether that is ready."""
        return self.state in READY


class Answers(NamedTuple):
    """What a process has to say; each but the last is called on the probes' thread."""

    page: Page
    ready: Callable[[], Verdict]
    alive: Callable[[], str | None]
    """Returns what is dead about the process, None while it lives."""
    background: Callable[[], Coroutine[Any, Any, None]] | None = None
    """Runs until the end, on a thread beside the server's, which answers meanwhile; cancelled then."""


def listening(bind: Bind) -> socket.socket:
    """
    Return a socket that listens there.

    Raises:
        BindError: somebody else listens there, or this machine has no such address.
    """
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(bind)
        taken.listen(64)
    except (OSError, OverflowError) as error:
        taken.close()
        why = getattr(error, "strerror", None) or str(error)
        message = (
            f"{BIND}: {bind.named()}: {why}; give each process of a machine a port of its own, or write off"
        )
        raise BindError(message) from None
    return taken


class Probes(threading.Thread):
    """The server of one process; without a socket only what runs in the background does."""

    def __init__(self, answers: Answers, taken: socket.socket | None) -> None:
        super().__init__(name="probes", daemon=True)
        self._answers, self._taken = answers, taken
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()

    def run(self) -> None:
        """Serve until ``close``."""
        beside = _Beside(self._answers.background) if self._answers.background else None
        if beside is not None:
            beside.start()
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()
            if beside is not None:
                beside.close()

    def close(self) -> None:
        """Stop serving, and return when it is over."""
        if self.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
            self.join(_STOP_S)

    async def _serve(self) -> None:
        runner = web.AppRunner(self._application(), access_log=None, handle_signals=False)
        await runner.setup()
        try:
            if self._taken is not None:
                await web.SockSite(runner, self._taken).start()
            await self._ending.wait()
        finally:
            await runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/livez", self._livez)
        application.router.add_get("/readyz", self._readyz)
        application.router.add_get("/metrics", self._metrics)
        return application

    async def _livez(self, _: web.Request) -> web.Response:
        dead = self._answers.alive()
        return _answer(dead is None, {"alive": dead is None, "why": dead or "the loop turns"})

    async def _readyz(self, _: web.Request) -> web.Response:
        verdict = self._answers.ready()
        return _answer(verdict.ready, {"ready": verdict.ready, "state": verdict.state, "why": verdict.why})

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._answers.page(), headers={"Content-Type": CONTENT_TYPE})


class _Beside(threading.Thread):
    """Runs something until it is told to stop."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        super().__init__(name="beside the probes", daemon=True)
        self._work = work
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()

    def run(self) -> None:
        """Run it until ``close``."""
        try:
            self._loop.run_until_complete(self._until_told())
        finally:
            self._loop.close()

    def close(self) -> None:
        """Cancel it, and return when it is over."""
        if self.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
            self.join(_STOP_S / 2)

    async def _until_told(self) -> None:
        task = asyncio.ensure_future(self._work())
        await self._ending.wait()
        task.cancel()
        await asyncio.wait((task,), timeout=_STOP_S / 2)


def _answer(good: bool, says: dict[str, object]) -> web.Response:  # noqa: FBT001 - what the status says
    return web.Response(
        body=dumps(says) + b"\n", status=200 if good else 503, headers={"Content-Type": "application/json"}
    )
