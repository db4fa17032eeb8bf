"""Where charges are delivered: an address, its TLS and token from the environment, checked before anything connects."""

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from streams.delivery.answer import Client
from streams.delivery.http_client import HttpClient
from streams.delivery.mllp_client import MllpClient
from streams.delivery.outgoing import Form

CA_FILE: Final = "INFUSION_DELIVER_CAFILE"
CERTIFICATE_FILE: Final = "INFUSION_DELIVER_CERTFILE"
KEY_FILE: Final = "INFUSION_DELIVER_KEYFILE"
TOKEN_FILE: Final = "INFUSION_DELIVER_TOKEN_FILE"  # noqa: S105 -- the setting's name

_SCHEMES: Final = ("mllp", "mllps", "http", "https")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class DestinationError(ValueError):
    """A setting is missing, wrong or of no use; the message names it, and says what to do. No secret is in it."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One billing system. Secrets are left out of its text."""

    name: str
    """In figures, in the group's name, and on ``infusion.deliveries.v1``."""
    url: str
    form: Form
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)
    """Always checks the receiver's certificate and that it was made for its name."""
    token: str | None = field(default=None, repr=False)

    @property
    def in_the_clear(self) -> bool:
        """Whether charges leave this machine without TLS."""
        return self.tls is None and urlsplit(self.url).hostname not in _LOOPBACK

    def client(self, timeout: float) -> Client:
        """Return a connection, not open yet."""
        parts = urlsplit(self.url)
        if parts.scheme in {"mllp", "mllps"}:
            return MllpClient(parts.hostname or "", parts.port or 0, self.tls, timeout)
        return HttpClient(self.url, self.tls, self.token, timeout)

    def clients(self, count: int, timeout: float) -> list[Client]:
        """Return so many connections."""
        make: Callable[[], Client] = lambda: self.client(timeout)  # noqa: E731 -- one a turn
        return [make() for _ in range(count)]


def destination(name: str, url: str, form: Form | None, environment: Mapping[str, str]) -> Destination:
    """
    Return the destination of an address; reads the files the environment names.

    Raises:
        DestinationError: a setting is missing, wrong, unreadable, or would be ignored.
    """
    if not _NAME.fullmatch(name):
        message = "the destination's name: write up to forty small letters, digits, dots and dashes"
        raise DestinationError(message)
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in _SCHEMES or not parts.hostname:
        message = "the address: write mllp://HOST:PORT, mllps://HOST:PORT, http://… or https://…"
        raise DestinationError(message)
    if parts.username or parts.password:
        message = (
            f"the address holds a user or a password; put a token into a file and name it in {TOKEN_FILE}"
        )
        raise DestinationError(message)
    over_mllp = parts.scheme.startswith("mllp")
    if over_mllp and (not port or parts.path.strip("/") or parts.query):
        message = f"the address: write {parts.scheme}://HOST:PORT and nothing after it"
        raise DestinationError(message)
    if over_mllp and form == "chargeitem":
        message = "MLLP carries HL7 v2; send ChargeItem to an http or https address"
        raise DestinationError(message)
    settings = {key: value.strip() for key, value in environment.items() if value.strip()}
    encrypted = parts.scheme in {"mllps", "https"}
    if not encrypted:
        _refuse_unused(settings, parts.scheme)
    return Destination(
        name,
        url,
        form or "dft",
        _tls(settings) if encrypted else None,
        None if over_mllp else _token(settings),
    )


def _refuse_unused(settings: Mapping[str, str], scheme: str) -> None:
    for name in (CA_FILE, CERTIFICATE_FILE, KEY_FILE):
        if name in settings:
            message = f"{name} is set, and {scheme}:// is not encrypted; write {scheme}s://, or take it out"
            raise DestinationError(message)


def _tls(settings: Mapping[str, str]) -> ssl.SSLContext:
    if KEY_FILE in settings and CERTIFICATE_FILE not in settings:
        message = f"{KEY_FILE} is set without {CERTIFICATE_FILE}; name the certificate the key belongs to"
        raise DestinationError(message)
    try:
        context = ssl.create_default_context(cafile=settings.get(CA_FILE))
    except (OSError, ssl.SSLError):
        message = f"{CA_FILE}: no certificates of authorities in PEM form that can be read"
        raise DestinationError(message) from None
    if CERTIFICATE_FILE in settings:
        try:
            # An empty password, so that OpenSSL does not ask the terminal for one.
            context.load_cert_chain(settings[CERTIFICATE_FILE], settings.get(KEY_FILE), "")
        except (OSError, ssl.SSLError):
            message = f"{CERTIFICATE_FILE}: no certificate with its key, without a password, that can be read"
            raise DestinationError(message) from None
    return context


def _token(settings: Mapping[str, str]) -> str | None:
    if TOKEN_FILE not in settings:
        return None
    try:
        token = Path(settings[TOKEN_FILE]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    if not token.isascii() or not token.isprintable() or not token:
        message = f"{TOKEN_FILE}: no token in it that can be read; write it into the file on one line"
        raise DestinationError(message)
    return token
