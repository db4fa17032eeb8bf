"""
MLLP: a message framed by 0x0B and 0x1C 0x0D over one connection, and the wait for its acknowledgement.

After a wait that was too long the connection is closed: an answer that comes late must not be taken for the next
message's. Bytes outside frames are passed over.
"""

import asyncio
import logging
import ssl
from contextlib import suppress
from typing import Final

from streams.delivery.answer import Answer, UnreachableError
from streams.delivery.hl7_answer import answer_to
from streams.delivery.outgoing import Outgoing

_START: Final = b"\x0b"
_END: Final = b"\x1c"
_CR: Final = b"\r"
_LARGEST: Final = 1 << 20
"""Bytes of an answer; more is none."""

_log: Final = logging.getLogger(__name__)


class MllpClient:
    """One connection to an address, opened when it is needed; ``timeout`` is in seconds, for an answer."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, timeout: float) -> None:
        self._address, self._tls, self._timeout = (host, port), tls, timeout
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, message: Outgoing) -> Answer:
        """
        Return what the receiver acknowledges.

        Raises:
            UnreachableError: no connection, or no acknowledgement of this message in time.
        """
        try:
            async with asyncio.timeout(self._timeout):
                if self._streams is not None:
                    # Closed from the other side while it was idle, which shows only now: a new one is tried at once.
                    with suppress(OSError, asyncio.IncompleteReadError):
                        return await self._exchange(message)
                    await self.close()
                return await self._exchange(message)
        except TimeoutError:
            await self.close()
            why = f"no acknowledgement within {self._timeout:g} s"
            raise UnreachableError(why) from None
        except ssl.SSLError as error:
            await self.close()
            why = f"TLS: {error.reason or type(error).__name__}"
            raise UnreachableError(why) from None
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            await self.close()
            raise UnreachableError(_why(error)) from None
        except asyncio.CancelledError:
            await self.close()
            raise

    async def _exchange(self, message: Outgoing) -> Answer:
        if self._streams is None:
            host, port = self._address
            self._streams = await asyncio.open_connection(host, port, ssl=self._tls, limit=_LARGEST)
        reader, writer = self._streams
        writer.write(_START + message.body + _END + _CR)
        await writer.drain()
        while (answer := answer_to(message.control_id, await _frame(reader))) is None:
            _log.warning("an answer to another message was passed over")
        return answer

    async def close(self) -> None:
        """Close the connection; the next message opens another."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with suppress(OSError, TimeoutError):  # it is gone already, or does not say goodbye
                await asyncio.wait_for(writer.wait_closed(), 1)


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """Return the next frame's content, however it is cut into packets."""
    await reader.readuntil(_START)
    content = await reader.readuntil(_END)
    # The CR after the end block is noise before the next frame; a start within is a frame begun anew.
    return content[:-1].rpartition(_START)[2]


def _why(error: Exception) -> str:
    if isinstance(error, asyncio.IncompleteReadError):
        return "the connection was closed before an acknowledgement"
    if isinstance(error, asyncio.LimitOverrunError):
        return "what was answered is no MLLP frame"
    return getattr(error, "strerror", None) or type(error).__name__
