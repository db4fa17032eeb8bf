"""
The settings of the front door, read from its environment, with a message for each that is wrong.

Beyond loopback nobody comes in unasked: MLLP needs certificates of clients or a list of networks, HTTP a token or a
proxy that vouches. A door that would stand open does not open at all.
"""

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

from streams.listener.access import Guard, Networks, is_loopback, networks_of
from streams.listener.acknowledgement import AckMode
from streams.listener.mllp_connection import Limits
from streams.metrics.bind import BIND, Bind, BindError, bind_of
from streams.worker.adapters import FeedSettingError, site_from
from streams.worker.settings import SettingError

MLLP: Final = "INFUSION_LISTEN_MLLP"
HTTP: Final = "INFUSION_LISTEN_HTTP"
ALLOW: Final = "INFUSION_LISTEN_ALLOW"
CERTIFICATE: Final = "INFUSION_LISTEN_TLS_CERT"
KEY: Final = "INFUSION_LISTEN_TLS_KEY"
CLIENTS: Final = "INFUSION_LISTEN_TLS_CLIENT_CA"
TOKEN: Final = "INFUSION_LISTEN_TOKEN"  # noqa: S105 - the setting's name
TOKEN_FILE: Final = "INFUSION_LISTEN_TOKEN_FILE"  # noqa: S105 - the setting's name
PROXY_HEADER: Final = "INFUSION_LISTEN_PROXY_HEADER"
PROXIES: Final = "INFUSION_LISTEN_PROXIES"
ACK_MODE: Final = "INFUSION_LISTEN_ACK_MODE"
MOST_BYTES: Final = "INFUSION_LISTEN_MAX_MESSAGE_BYTES"
FACILITY: Final = "INFUSION_LISTEN_FACILITY"

MLLP_DEFAULT: Final = Bind("127.0.0.1", 2575)
HTTP_DEFAULT: Final = Bind("127.0.0.1", 8088)
METRICS_DEFAULT: Final = Bind("127.0.0.1", 6068)

_TOKEN_AT_LEAST: Final = 16
_LARGEST_BYTES: Final = 11 << 20
"""What the raw topics take, with room for key and headers."""
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


class ListenSettings(NamedTuple):
    """One front door."""

    mllp: Bind | None = MLLP_DEFAULT
    http: Bind | None = HTTP_DEFAULT
    metrics: Bind | None = METRICS_DEFAULT
    allow: Networks = Networks()
    guard: Guard = Guard()
    mllp_tls: ssl.SSLContext | None = None
    http_tls: ssl.SSLContext | None = None
    limits: Limits = Limits()
    wait_s: float = 10.0
    """How long a sender waits for Kafka before it is told to come again."""
    buffer_bytes: int = 64 << 20
    """Bytes of messages on their way into Kafka; beyond them nothing more is read."""
    most_open: int = 1_000
    facility: bytes = b"unnamed"
    """The key of messages that name no facility, those of FHIR among them."""
    facilities: Mapping[bytes, bytes] = {}
    """What a sender calls itself to the facility whose messages are joined with its own."""


def listen_settings(environment: Mapping[str, str] = os.environ) -> ListenSettings:
    """
    Return the settings this environment asks for; reads the files it names.

    Raises:
        SettingError: a variable has a wrong value, or a door would stand open.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    default = ListenSettings()
    server, with_clients = _tls(given)
    settings = ListenSettings(
        mllp=_bind(given, MLLP, MLLP_DEFAULT),
        http=_bind(given, HTTP, HTTP_DEFAULT),
        metrics=_bind(given, BIND, METRICS_DEFAULT),
        allow=_networks(given, ALLOW),
        guard=_guard(given),
        mllp_tls=with_clients or server,
        http_tls=server,
        limits=Limits(
            most_bytes=round(_number(given, MOST_BYTES, default.limits.most_bytes, 1024, _LARGEST_BYTES)),
            idle_s=_number(given, "INFUSION_LISTEN_IDLE_SECONDS", default.limits.idle_s, 0, 1e7),
            ack_mode=_ack_mode(given),
        ),
        wait_s=_number(given, "INFUSION_LISTEN_ACK_SECONDS", default.wait_s, 0.1, 300),
        buffer_bytes=round(
            _number(given, "INFUSION_LISTEN_BUFFER_BYTES", default.buffer_bytes, 1 << 20, 1e11)
        ),
        most_open=round(_number(given, "INFUSION_LISTEN_CONNECTIONS", default.most_open, 1, 1e5)),
        facility=given.get(FACILITY, default.facility.decode()).encode()[:200],
        facilities=_facilities(given),
    )
    _refuse_open_doors(settings, clients=CLIENTS in given)
    return settings


def _facilities(given: Mapping[str, str]) -> dict[bytes, bytes]:
    try:
        site = site_from(given)
    except FeedSettingError as error:
        raise SettingError(str(error)) from None
    return {name.encode(): facility.encode()[:200] for name, facility in site.facilities.items()}


def _refuse_open_doors(settings: ListenSettings, *, clients: bool) -> None:
    if settings.mllp is None and settings.http is None:
        message = f"{MLLP} and {HTTP} are both off; there is nothing to listen on"
        raise SettingError(message)
    for name, bind, closed, remedy in (
        (MLLP, settings.mllp, clients or bool(settings.allow.named),
         f"say who may come in: {ALLOW} names networks, {CLIENTS} the authority of clients' certificates"),
        (HTTP, settings.http, settings.guard.asks,
         f"say who may send: {TOKEN_FILE} names a file with a token, {PROXY_HEADER} the header of a proxy that vouches"),
    ):  # fmt: skip
        if bind is not None and not is_loopback(bind.host) and not closed:
            message = f"{name}: {bind.named()} can be reached from other machines, and anybody would be let in; {remedy}"
            raise SettingError(message)


def _bind(given: Mapping[str, str], name: str, default: Bind) -> Bind | None:
    try:
        return bind_of(given.get(name, ""), default)
    except BindError as error:
        raise SettingError(str(error).replace(BIND, name)) from None


def _networks(given: Mapping[str, str], name: str) -> Networks:
    try:
        return networks_of(given.get(name, ""))
    except ValueError:
        message = f"{name}: not a list of networks; write each as ADDRESS/BITS, with commas between"
        raise SettingError(message) from None


def _number(given: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    try:
        number = float(given.get(name, default))
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        message = (
            f"{name}: not a number from {least:g} to {most:,.0f}; write for example {name}={default:.15g}"
        )
        raise SettingError(message)
    return number


def _ack_mode(given: Mapping[str, str]) -> AckMode:
    mode: Any = given.get(ACK_MODE, "commit")
    if mode not in get_args(AckMode):
        message = f"{ACK_MODE}: not one of the known words; write {', '.join(get_args(AckMode))}"
        raise SettingError(message)
    known: AckMode = mode
    return known


def _guard(given: Mapping[str, str]) -> Guard:
    if TOKEN in given and TOKEN_FILE in given:
        message = f"{TOKEN} and {TOKEN_FILE} are both set; leave one out"
        raise SettingError(message)
    token = given.get(TOKEN)
    if TOKEN_FILE in given:
        token = _text_of(TOKEN_FILE, given[TOKEN_FILE])
    if token is not None and (len(token) < _TOKEN_AT_LEAST or not token.isascii() or not token.isprintable()):
        name = TOKEN_FILE if TOKEN_FILE in given else TOKEN
        message = f"{name}: a token has at least {_TOKEN_AT_LEAST} plain characters; make one with openssl rand -hex 32"
        raise SettingError(message)
    header, proxies = given.get(PROXY_HEADER), _networks(given, PROXIES)
    if (header is None) == bool(proxies.named):
        message = f"{PROXY_HEADER} and {PROXIES} belong together: the header, and the networks of those who may set it"
        raise SettingError(message)
    if header is not None and not _HEADER.fullmatch(header):
        message = (
            f"{PROXY_HEADER}: not the name of a header; write for example {PROXY_HEADER}=X-Forwarded-User"
        )
        raise SettingError(message)
    return Guard(token, header, proxies)


def _text_of(name: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        says = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        message = f"{name}: the file cannot be read: {says}"
        raise SettingError(message) from None


def _tls(given: Mapping[str, str]) -> tuple[ssl.SSLContext | None, ssl.SSLContext | None]:
    """Return the TLS of a server, and that of one that asks clients for certificates; None for what is not set."""
    if CERTIFICATE not in given:
        for name in (KEY, CLIENTS):
            if name in given:
                message = f"{name} is set without {CERTIFICATE}; name the certificate of this door"
                raise SettingError(message)
        return None, None
    server = _server_tls(given)
    if CLIENTS not in given:
        return server, None
    asking = _server_tls(given)
    asking.verify_mode = ssl.CERT_REQUIRED
    _load(CLIENTS, "of authorities", lambda: asking.load_verify_locations(given[CLIENTS]))
    return server, asking


def _server_tls(given: Mapping[str, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # An empty password: OpenSSL would otherwise ask the terminal for that of a key that has one.
    _load(
        CERTIFICATE,
        f"with its key ({KEY})",
        lambda: context.load_cert_chain(given[CERTIFICATE], given.get(KEY), ""),
    )
    return context


def _load(name: str, what: str, load: Any) -> None:
    try:
        load()
    except ssl.SSLError:
        message = f"{name}: not a certificate {what} in PEM form that OpenSSL can read"
    except OSError as error:
        message = f"{name}: the file cannot be read: {error.strerror}"
    else:
        return
    raise SettingError(message) from None
