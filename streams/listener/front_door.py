"""The front door: both doors on one loop, and what they show of themselves on the probes' own."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from socket import socket
from time import monotonic, time
from typing import Final, NamedTuple

from aiohttp import web

from streams.kafka.connection import Connection
from streams.kafka.partition_asker import PartitionAsker
from streams.listener.door_figures import DoorFigures
from streams.listener.http_door import HttpDoor
from streams.listener.mllp_door import MllpDoor
from streams.listener.raw_log import Log
from streams.listener.reception import Reception
from streams.listener.settings import ListenSettings
from streams.metrics.build_info import tell_build
from streams.metrics.figures import Figures, Sample
from streams.metrics.page import page_of
from streams.metrics.probes import Answers, Verdict
from streams.metrics.table import READY_STATES
from streams.wire import topics

_log = logging.getLogger(__name__)

SILENT_S: Final = 10.0
DEAD_S: Final = 60.0
_ASK_EVERY_S: Final = 1.0
_STOP_S: Final = 15.0


class Sockets(NamedTuple):
    """Where the doors listen."""

    mllp: socket | None = None
    http: socket | None = None


class FrontDoor:
    """One front door over a log; ``clock`` returns epoch seconds."""

    def __init__(self, log: Log, settings: ListenSettings, clock: Callable[[], float] = time) -> None:
        self.figures: Final = Figures("listen")
        tell_build(self.figures)
        self.figures.provide(self._samples)
        self._settings = settings
        figures = DoorFigures(self.figures, clock)
        reception = Reception(log, figures, settings.facility, settings.facilities)
        limits, allow = settings.limits, settings.allow
        tickets = asyncio.Semaphore(max(1, settings.buffer_bytes // limits.most_bytes))
        self._mllp = MllpDoor(reception, limits, allow, settings.most_open, tickets, clock)
        self._http = HttpDoor(reception, limits, allow, settings.guard, tickets, clock)
        self._runner: web.AppRunner | None = None
        self._turned_at = self._answered_at = monotonic()
        self._state = Verdict("starting", "the doors are not open yet")

    async def open(self, sockets: Sockets) -> None:
        """Let senders in."""
        if sockets.mllp is not None:
            await self._mllp.start(sockets.mllp, self._settings.mllp_tls)
        if sockets.http is not None:
            self._runner = web.AppRunner(
                self._http.application(), access_log=None, handle_signals=False, shutdown_timeout=_STOP_S
            )
            await self._runner.setup()
            await web.SockSite(self._runner, sockets.http, ssl_context=self._settings.http_tls).start()
        self._state = Verdict("ready", "the doors are open, and Kafka answers")

    async def close(self) -> None:
        """Let nobody in any more, and finish what is being answered."""
        self._state = Verdict("stopping", "finishing what is being answered")
        await self._mllp.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def answers(self, loop: asyncio.AbstractEventLoop, connection: Connection) -> Answers:
        """Return what the probes have to say of the doors on this loop."""

        async def background() -> None:
            asker, before = PartitionAsker(connection), ""
            try:
                while not loop.is_closed():
                    loop.call_soon_threadsafe(self._turn)
                    try:
                        await asker.ends([(topics.RAW_HL7V2, 0)])
                        self._answered_at = monotonic()
                    except Exception as error:  # noqa: BLE001 - whatever it is, the silence grows, and /readyz tells it
                        _log.debug("Kafka did not answer: %s", type(error).__name__)
                    verdict = self.verdict()
                    if verdict.state != before:
                        level = logging.WARNING if verdict.state == "broker_silent" else logging.INFO
                        _log.log(level, "%s: %s", verdict.state, verdict.why)
                        before = verdict.state
                    await asyncio.sleep(_ASK_EVERY_S)
            finally:
                await asker.close()

        return Answers(page_of(self.figures), self.verdict, self.dead, background)

    def verdict(self) -> Verdict:
        """Return whether senders are served."""
        silent = monotonic() - self._answered_at
        if self._state.state == "ready" and silent > SILENT_S:
            why = f"Kafka has not answered for {silent:.0f} s; senders are told to come again"
            return Verdict("broker_silent", why)
        return self._state

    def dead(self) -> str | None:
        """Return what is dead about this process; None while its loop turns."""
        silent = monotonic() - self._turned_at
        return f"the loop has not turned for {silent:.0f} s" if silent > DEAD_S else None

    def _turn(self) -> None:
        self._turned_at = monotonic()

    def _samples(self) -> Iterator[Sample]:
        verdict = self.verdict()
        yield "infusion_ready", (), float(verdict.ready)
        for state in READY_STATES:
            yield "infusion_ready_state", (state,), float(state == verdict.state)
        yield "infusion_broker_silence_seconds", (), monotonic() - self._answered_at
        yield "infusion_loop_silence_seconds", (), monotonic() - self._turned_at
