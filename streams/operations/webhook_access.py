"""What a webhook asks of who posts to it: a bearer token, and authorities of its own, from the environment or files."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

TOKEN: Final = "INFUSION_NUDGES_WEBHOOK_TOKEN"  # noqa: S105 - the setting's name
TOKEN_FILE: Final = "INFUSION_NUDGES_WEBHOOK_TOKEN_FILE"  # noqa: S105 - as above
CA_FILE: Final = "INFUSION_NUDGES_WEBHOOK_CAFILE"


class WebhookAccessError(ValueError):
    """A setting is wrong, unreadable or of no use; the message names it, and no secret is in it."""


@dataclass(frozen=True, slots=True)
class WebhookAccess:
    """How to be let in. Secrets are left out of its text."""

    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """Checks the server's certificate and that it was made for its name; None for what the system trusts."""
    token: str = field(default="", repr=False)
    token_file: Path | None = None

    def bearer(self) -> str:
        """Return the token, read anew where it lies in a file: it may have been replaced; empty where there is none."""
        if self.token_file is None:
            return self.token
        try:
            return _read(self.token_file) or self.token
        except WebhookAccessError:  # being written just now, say
            return self.token


def webhook_access(url: str, environment: Mapping[str, str]) -> WebhookAccess:
    """
    Return what the environment says for an address; reads the files it names.

    Raises:
        WebhookAccessError: a setting is wrong, its file cannot be read, or it would be ignored.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    if TOKEN in given and TOKEN_FILE in given:
        message = f"{TOKEN} and {TOKEN_FILE} are both set; leave one out"
        raise WebhookAccessError(message)
    if CA_FILE in given and not url.startswith("https:"):
        message = f"{CA_FILE} is set, and http:// is not encrypted; write https://, or take it out"
        raise WebhookAccessError(message)
    tls = None
    if CA_FILE in given:
        try:
            tls = ssl.create_default_context(cafile=given[CA_FILE])
        except (OSError, ssl.SSLError):
            message = f"{CA_FILE}: no certificates of authorities in PEM form that can be read"
            raise WebhookAccessError(message) from None
    file = Path(given[TOKEN_FILE]) if TOKEN_FILE in given else None
    return WebhookAccess(tls, _checked(given.get(TOKEN, ""), TOKEN) if file is None else _read(file), file)


def _read(file: Path) -> str:
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    if not token:
        message = f"{TOKEN_FILE}: no token in it that can be read; write it into the file on one line"
        raise WebhookAccessError(message)
    return _checked(token, TOKEN_FILE)


def _checked(token: str, name: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token:
        message = f"{name}: a bearer token is one word of plain characters"
        raise WebhookAccessError(message)
    return token
