"""Where a process shows its figures and probes: the value of INFUSION_METRICS_BIND. Pure."""

import re
from typing import Final, NamedTuple

BIND: Final = "INFUSION_METRICS_BIND"

_FORM: Final = re.compile(r"(?:(?:\[(?P<six>[0-9a-fA-F:]+)\]|(?P<host>[^\s:\[\]]+)):)?(?P<port>\d{1,5})")


class BindError(ValueError):
    """The text is no address; the message names the variable and says what to write."""


class Bind(NamedTuple):
    """An address and a port to listen on."""

    host: str
    port: int

    def named(self) -> str:
        """Return it as a person writes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def bind_of(text: str, default: Bind) -> Bind | None:
    """
    Return where to listen; None for ``off``, ``default`` for nothing. A port alone is one of loopback.

    Raises:
        BindError: it is neither.
    """
    text = text.strip()
    if not text:
        return default
    if text in {"off", "0"}:
        return None
    found = _FORM.fullmatch(text)
    if found is None or not 0 < (port := int(found["port"])) < 1 << 16:
        message = f"{BIND}: write HOST:PORT, for example {default.named()}, 0.0.0.0:{default.port} for every network, or off"
        raise BindError(message)
    return Bind(found["six"] or found["host"] or default.host, port)
