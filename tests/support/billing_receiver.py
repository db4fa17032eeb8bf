"""
A billing system as a test needs it: python-hl7's MLLP server, which keeps what it acknowledges and answers as it is told.

    with BillingReceiver() as billing:
        billing.answers = lambda message: "AE"
        ...                                    # send to billing.address
        billing.taken                          # messages that were answered AA, in order

It outlives whatever is killed beside it: it runs in a thread of the test.
"""

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from hl7.exceptions import HL7Exception
from hl7.mllp import HL7StreamReader, HL7StreamWriter, InvalidBlockError, start_hl7_server


class Taken(NamedTuple):
    """One message as it was received."""

    control_id: str
    account: str
    line_id: str
    kind: str
    quantity: str
    code: str
    text: str


Answers = Callable[[Taken], str | None]
"""Returns the acknowledgement code, or None to say nothing at all."""


class BillingReceiver:
    """Listens on loopback from ``with`` on; ``pause`` are the seconds it takes for each message."""

    def __init__(self, *, pause: float = 0.0, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.answers: Answers = lambda _: "AA"
        self.taken: Final[list[Taken]] = []
        self.seen: Final[list[Taken]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.accounts_at_once: Final[Counter[str]] = Counter()
        self.interleaved: Final[list[str]] = []
        """Accounts of which two messages were on their way at once."""
        self.port = port
        self._pause, self._tls = pause, tls
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def address(self) -> str:
        """Where it listens, as ``infusion deliver`` is told."""
        return f"{'mllps' if self._tls else 'mllp'}://localhost:{self.port}"

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        server = await start_hl7_server(
            self._connected, "127.0.0.1", self.port, ssl=self._tls, encoding="utf-8"
        )
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        await self._ending.wait()
        server.close()
        open_ones = asyncio.all_tasks() - {asyncio.current_task()}
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    async def _connected(self, reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        with suppress(
            asyncio.IncompleteReadError, OSError, HL7Exception, InvalidBlockError, asyncio.CancelledError
        ):
            while True:
                message = await reader.readmessage()
                one = _taken(message)
                self.seen.append(one)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                self.accounts_at_once[one.account] += 1
                if self.accounts_at_once[one.account] > 1:
                    self.interleaved.append(one.account)
                try:
                    await asyncio.sleep(self._pause)
                    code = self.answers(one)
                    if code == "AA":
                        self.taken.append(one)
                finally:
                    self.at_once -= 1
                    self.accounts_at_once[one.account] -= 1
                if code is not None:
                    writer.writemessage(message.create_ack(code))
                    await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _taken(message: Any) -> Taken:
    transaction = message.segment("FT1")
    return Taken(
        str(message.segment("MSH")[10]), str(message.segment("PID")[18]), str(transaction[2]), str(transaction[6]),
        str(transaction[10]), str(transaction[25][0][0]), str(message),
    )  # fmt: skip


def standing(taken: list[Taken]) -> dict[str, tuple[str, str, str]]:
    """Return what stands in a billing system that keeps transactions by FT1-2: account, code and quantity by line."""
    lines: dict[str, tuple[str, str, str]] = {}
    for one in taken:
        if one.kind == "CG":
            lines[one.line_id] = one.account, one.code, one.quantity
        else:
            lines.pop(one.line_id, None)
    return lines
