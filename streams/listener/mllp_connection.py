"""
One MLLP connection: frames are taken in in their order, and answered in the same order.

A bad message never closes it: a device that is cut off sends the same again. What closes it is silence, the end of
its side, or a peer that does not read its answers.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from secrets import token_hex
from typing import Final, NamedTuple

from streams.listener.acknowledgement import AckMode, acknowledgement, code_of
from streams.listener.mllp import Broken, Found, Frame, Framer, Noise, framed
from streams.listener.reception import Received, Reception

_log = logging.getLogger(__name__)

DOOR: Final = "mllp"
_READ_BYTES: Final = 1 << 16
LARGE_BYTES: Final = 1 << 16
"""Bytes of an unfinished frame from which on a connection needs a ticket: there are few, and they bound memory."""

_PIPELINED: Final = 1_000
"""Messages of one connection that may wait for their answers."""

_LAST_BYTE_S: Final = 1.0
_UNREAD_ANSWERS_S: Final = 60.0
_IDS: Final = count(1)
_ID_PREFIX: Final = token_hex(4)


class Limits(NamedTuple):
    """What a connection may do; spans are seconds."""

    most_bytes: int = 4 << 20
    """Of one message."""
    idle_s: float = 3600.0
    """Without a byte, between frames; 0 is for ever."""
    frame_s: float = 30.0
    """Without a byte, within a frame."""
    ack_mode: AckMode = "commit"


def answer_id() -> str:
    """Return a control id that no other answer has."""
    return f"{_ID_PREFIX}{next(_IDS)}"


def hl7_instant(clock: Callable[[], float]) -> str:
    """Return the instant as HL7 writes it."""
    return datetime.fromtimestamp(clock(), UTC).strftime("%Y%m%d%H%M%S+0000")


class MllpConnection:
    """Serves one connection; ``peer`` names the other end in the log."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reception: Reception, limits: Limits,
        tickets: asyncio.Semaphore, clock: Callable[[], float], peer: str,
    ) -> None:  # fmt: skip
        self._reader, self._writer, self._reception = reader, writer, reception
        self._limits, self._tickets, self._clock, self._peer = limits, tickets, clock, peer
        self._framer = Framer(limits.most_bytes)
        self._noise_counted = 0
        self._has_ticket = False
        self._waiting: asyncio.Queue[Received | None] = asyncio.Queue(_PIPELINED)
        self._reading: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Read nothing more; what is being taken in is answered first."""
        if self._reading is not None:
            self._reading.cancel()

    async def serve(self) -> None:
        """Serve until the connection is over, and close it."""
        answering = asyncio.ensure_future(self._answer())
        self._reading = asyncio.ensure_future(self._read())
        try:
            await asyncio.wait((self._reading,))
            if not self._reading.cancelled() and (error := self._reading.exception()) is not None:
                _log.warning("a connection of %s ended: %s", self._peer, type(error).__name__)
            await self._waiting.put(None)
            await answering
        finally:
            self._reading.cancel()
            answering.cancel()
            self._give_ticket_back()
            self._writer.close()

    async def _read(self) -> None:
        while (data := await self._next()) is not None:
            found = self._framer.feed(data) if data else self._framer.finish()
            await self._take_all(found)
        await self._take_all(self._framer.finish())

    async def _next(self) -> bytes | None:
        """Return what came; nothing where a frame lacks but its last byte and that does not come; None at the end."""
        await self._ticket()
        framer = self._framer
        if framer.awaits_last_byte:
            patience: float | None = _LAST_BYTE_S
        else:
            patience = self._limits.frame_s if framer.inside else self._limits.idle_s or None
        try:
            async with asyncio.timeout(patience):
                return await self._reader.read(_READ_BYTES) or None
        except TimeoutError:
            if framer.awaits_last_byte:
                return b""
            _log.info("a connection of %s was silent for %g s and is closed", self._peer, patience)
            return None
        except (ConnectionError, OSError):
            return None

    async def _ticket(self) -> None:
        if self._framer.held < LARGE_BYTES:
            self._give_ticket_back()
        elif not self._has_ticket:
            await self._tickets.acquire()
            self._has_ticket = True

    def _give_ticket_back(self) -> None:
        if self._has_ticket:
            self._tickets.release()
            self._has_ticket = False

    async def _take_all(self, found: list[Found]) -> None:
        figures = self._reception.figures
        if (noise := self._framer.noise_bytes - self._noise_counted) > 0:
            self._noise_counted += noise
            figures.noise(noise)
        for one in found:
            if isinstance(one, Frame):
                await self._waiting.put(await self._reception.hl7(one.content, DOOR))
            elif isinstance(one, Noise):
                _log.warning(
                    "%d bytes outside a frame from %s, first 0x%02X: is its sender set to MLLP?",
                    one.size, self._peer, one.first,
                )  # fmt: skip
            elif isinstance(one, Broken):
                figures.broken("no_end")
                _log.warning(
                    "a frame of %d bytes from %s has no end; it was not answered", one.size, self._peer
                )
            else:
                figures.broken("too_large")
                most = self._limits.most_bytes
                await self._waiting.put(await self._reception.oversized(one.beginning, one.size, most, DOOR))

    async def _answer(self) -> None:
        """Answer in the order of arrival; a peer that is gone is answered no more, and what it sent is kept all the same."""
        loop = asyncio.get_running_loop()
        gone = False
        while (received := await self._waiting.get()) is not None:
            outcome, problem = await received.outcome()
            code = code_of(outcome, received.header, self._limits.ack_mode)
            if code != "none" and not gone:
                text = acknowledgement(code, received.header, hl7_instant(self._clock), answer_id(), problem)
                gone = not await self._write(framed(text))
            self._reception.figures.answered(code, received.sender, loop.time() - received.began)

    async def _write(self, answer: bytes) -> bool:
        """Write an answer; False when nobody takes it any more."""
        try:
            self._writer.write(answer)
            if not self._writer.transport.get_write_buffer_size():
                return not self._writer.transport.is_closing()
            async with asyncio.timeout(_UNREAD_ANSWERS_S):
                await self._writer.drain()
        except (TimeoutError, ConnectionError, OSError):
            self._writer.transport.abort()
            return False
        return True
