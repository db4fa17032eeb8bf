"""
HTTP: a message as the body of a request, and what its status, or the acknowledgement in its answer, says.

A 4xx that is about the message is for good; one about who asks, where or how often is the whole connection's
matter, and waits until somebody has put it right.
"""

import asyncio
import ssl
from typing import Final

import aiohttp

from streams.delivery.answer import Answer, UnreachableError
from streams.delivery.hl7_answer import answer_to
from streams.delivery.outgoing import Outgoing

_ABOUT_THE_MESSAGE: Final = frozenset({400, 409, 410, 412, 413, 415, 422})
_LARGEST: Final = 1 << 20


class HttpClient:
    """One connection to an address; ``timeout`` is in seconds, for an answer."""

    def __init__(self, url: str, tls: ssl.SSLContext | None, token: str | None, timeout: float) -> None:
        self._url, self._tls, self._timeout = url.rstrip("/"), tls, timeout
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Outgoing) -> Answer:
        """
        Return what the server says.

        Raises:
            UnreachableError: no connection, no answer in time, or one that is not about this message.
        """
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._timeout)
            self._session = aiohttp.ClientSession(timeout=timeout, headers=self._headers)
        headers = {"Content-Type": message.content_type, "X-Request-Id": message.control_id}
        url = f"{self._url}/{message.path}" if message.path else self._url
        try:
            async with self._session.request(
                message.method,
                url,
                data=message.body,
                headers=headers,
                ssl=self._tls or True,
                allow_redirects=False,
            ) as answer:
                return _answer(message, answer.status, await answer.content.read(_LARGEST))
        except TimeoutError:
            why = f"no answer within {self._timeout:g} s"
            raise UnreachableError(why) from None
        except aiohttp.ClientError as error:
            why = type(error).__name__
            raise UnreachableError(why) from None

    async def close(self) -> None:
        """Close the connection; the next message opens another."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)


def _answer(message: Outgoing, status: int, body: bytes) -> Answer:
    """Return what an answer says; an acknowledgement in it says more than the status."""
    if body.lstrip(b"\x0b\r\n ").startswith(b"MSH"):
        answer = answer_to(message.control_id, body)
        if answer is None:
            why = "the answer acknowledges another message"
            raise UnreachableError(why)
        return answer
    if status // 100 == 2:  # noqa: PLR2004 -- success
        return Answer("accepted", str(status))
    if status in _ABOUT_THE_MESSAGE:
        return Answer("refused", str(status))
    if status // 100 == 5 or status in {408, 425, 429}:  # noqa: PLR2004 -- the server's own trouble
        return Answer("again", str(status))
    why = f"HTTP {status}: check the address and the token"
    raise UnreachableError(why)
