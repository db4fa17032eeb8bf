"""The MLLP door: who may come in, how many at once, and the end of it, which leaves nobody without an answer."""

import asyncio
import ssl
from collections.abc import Callable
from functools import partial
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_NODELAY, socket
from typing import Final

from streams.listener.access import Networks, peer_address
from streams.listener.mllp_connection import LARGE_BYTES, Limits, MllpConnection
from streams.listener.reception import Reception

_HANDSHAKE_S: Final = 10.0
_STOP_S: Final = 15.0


class MllpDoor:
    """Serves MLLP on a socket; ``most_open`` connections at once, ``tickets`` large messages at once."""

    def __init__(
        self, reception: Reception, limits: Limits, allow: Networks, most_open: int, tickets: asyncio.Semaphore,
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._reception, self._limits, self._allow, self._most_open = reception, limits, allow, most_open
        self._tickets, self._clock = tickets, clock
        self._open: dict[MllpConnection, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def start(self, taken: socket, tls: ssl.SSLContext | None) -> None:
        """Serve on a socket that listens."""
        self._server = await asyncio.start_server(
            self._connected, sock=taken, ssl=tls, limit=LARGE_BYTES,
            ssl_handshake_timeout=_HANDSHAKE_S if tls else None,
        )  # fmt: skip

    async def close(self) -> None:
        """Let nobody in any more, answer what is being taken in, and close."""
        if self._server is not None:
            self._server.close()
        for connection in self._open:
            connection.stop()
        if self._open:
            await asyncio.wait(self._open.values(), timeout=_STOP_S)
        for task in self._open.values():
            task.cancel()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        figures = self._reception.figures
        address = peer_address(writer.get_extra_info("peername"))
        refused = "full" if len(self._open) >= self._most_open else None
        if not self._allow.has(address):
            refused = "not_allowed"
        if refused is not None:
            figures.turned_away(refused)
            writer.transport.abort()
            return
        if (plain := writer.get_extra_info("socket")) is not None:
            plain.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
            plain.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        connection = MllpConnection(
            reader,
            writer,
            self._reception,
            self._limits,
            self._tickets,
            self._clock,
            str(address or "a peer"),
        )
        figures.connected(1)
        task = asyncio.ensure_future(connection.serve())
        self._open[connection] = task
        task.add_done_callback(partial(self._over, connection))

    def _over(self, connection: MllpConnection, task: "asyncio.Task[None]") -> None:
        self._open.pop(connection, None)
        self._reception.figures.connected(-1)
        if not task.cancelled():
            task.exception()  # asked for, so that asyncio does not log what the connection has told
