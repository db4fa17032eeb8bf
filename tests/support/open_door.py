"""The front door's doors over a log in memory, which stores, keeps waiting, or refuses as a test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import socket
from typing import Any

from streams.listener.acknowledgement import Outcome
from streams.listener.front_door import FrontDoor, Sockets
from streams.listener.settings import ListenSettings
from streams.wire.message import OutboundMessage

AT = 1_767_601_800.0
"""2026-01-05 08:30 UTC."""


class PaperLog:
    """A log in memory; ``outcomes`` says what becomes of the next messages, the last of them of all others."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.written: list[OutboundMessage] = []
        self.pending: list[asyncio.Future[Outcome]] = []
        self.outcomes = [*outcomes] or ["stored"]
        self.held = False
        """Whether answers wait for ``let_go``."""
        self._asked = asyncio.Condition()

    async def write(self, message: OutboundMessage) -> "asyncio.Future[Outcome]":
        """Return what becomes of a message."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        outcome: Any = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if outcome == "stored":
            self.written.append(message)
        if self.held:
            async with self._asked:
                self.pending.append(answer)
                self._asked.notify_all()
        else:
            answer.set_result(outcome)
        return answer

    async def asked(self, times: int) -> None:
        """Return when so many messages wait for an answer."""
        async with self._asked:
            await self._asked.wait_for(lambda: len(self.pending) >= times)

    def let_go(self) -> None:
        """Answer what waits, the newest first."""
        self.held = False
        for answer in reversed(self.pending):
            answer.set_result("stored")


def _free_port() -> socket:
    taken = socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken


class Doors:
    """Both doors, open."""

    def __init__(self, log: PaperLog, settings: ListenSettings) -> None:
        self.log = log
        self._sockets = Sockets(_free_port(), _free_port())
        self.mllp, self.http = (taken.getsockname()[1] for taken in self._sockets if taken is not None)
        self.front = FrontDoor(log, settings, lambda: AT)

    async def open(self) -> None:
        """Open them."""
        await self.front.open(self._sockets)

    def figure(self, name: str, *labels: str) -> float:
        """Return a figure as the page would have it."""
        series = {metric.name: values for metric, values in self.front.figures.series()}
        value: Any = series[name].get(labels, 0.0)
        return float(value)


@asynccontextmanager
async def doors(log: PaperLog, settings: ListenSettings | None = None) -> AsyncIterator[Doors]:
    """Open the doors on ports of loopback, and close them at the end."""
    both = Doors(log, settings or ListenSettings())
    await both.open()
    try:
        yield both
    finally:
        await both.front.close()
