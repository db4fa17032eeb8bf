"""What is asked about stays, posted to an address of a ward's own: each change in order, again until it is taken."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Final, Self
from urllib.parse import urlsplit

import aiohttp
from orjson import dumps

from streams.operations.published import Published
from streams.operations.webhook_access import WebhookAccess

_FIRST_S: Final = 1.0
_LONGEST_S: Final = 60.0
_TIMEOUT_S: Final = 10.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LATER: Final = frozenset({401, 403, 407, 408, 425, 429})
"""About who asks or how often, not about what is posted: it waits until somebody has put that right."""
_WHO: Final = frozenset({401, 403, 407})


class WebhookAddressError(ValueError):
    """An address to which nothing may be posted; the message says why."""


def webhook_address(url: str) -> str:
    """
    Return an address that may be posted to: https, or http on this machine, for what is posted is a patient's.

    Raises:
        WebhookAddressError: it is neither.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"} or parts.username is not None:
        message = "write an address such as https://ward.example/nudges, without a user in it"
        raise WebhookAddressError(message)
    if parts.scheme == "http" and host not in _LOOPBACK:
        message = "what is posted is a patient's: use https, or http on this machine alone"
        raise WebhookAddressError(message)
    return url


class NudgeWebhook:
    """
    Posts to one address; ``tell`` is called once with each trouble, in words without an address or a stay.

    The body is what the topic has, or for a tombstone the encounter with no nudges. ``Idempotency-Key`` is the same for the
    same content: after a restart everything that is open is posted again.
    """

    def __init__(
        self,
        url: str,
        tell: Callable[[str], None],
        first_s: float = _FIRST_S,
        access: WebhookAccess = WebhookAccess(),  # noqa: B008 - it is frozen
    ) -> None:
        self._url, self._tell, self._first_s = webhook_address(url), tell, first_s
        self._access = access
        self._session: aiohttp.ClientSession | None = None
        self.posted = 0
        self.refused = 0

    async def __aenter__(self) -> Self:
        """Open the session."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()

    async def post(self, change: Published) -> bool:
        """Post one change until it is answered for good; return whether it was taken."""
        body = change.value or dumps({"encounter_id": change.encounter_id, "nudges": []})
        about = change.encounter_id.encode() + b"\0" + body
        headers = {"Content-Type": "application/json", "Idempotency-Key": sha256(about).hexdigest()}
        pause, silent = self._first_s, False
        while True:
            status, why = await self._try(body, headers)
            if status // 100 == 2:  # noqa: PLR2004 - success
                self.posted += 1
                return True
            if status and status not in _LATER and status < 500:  # noqa: PLR2004 - the server's own trouble
                self.refused += 1
                self._tell(
                    f"the webhook refuses with HTTP {status}; check its address, this change is left out"
                )
                return False
            if not silent:
                hint = ", check the token" if status in _WHO else ""
                self._tell(
                    f"the webhook does not take it: {why or f'HTTP {status}{hint}'}; it is tried again"
                )
                silent = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_S)

    async def _try(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Return the status of one try, or 0 and why there is none."""
        if self._session is None:
            message = "open the webhook with async with"
            raise RuntimeError(message)
        if token := self._access.bearer():
            headers = headers | {"Authorization": f"Bearer {token}"}
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, ssl=self._access.tls or True, allow_redirects=False
            ) as answer:
                return answer.status, ""
        except TimeoutError:
            return 0, f"no answer within {_TIMEOUT_S:g} s"
        except aiohttp.ClientError as error:
            return 0, type(error).__name__
