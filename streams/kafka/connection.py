"""
Where Kafka is and how to get in: settings from the environment, checked before anything connects.

A setting that would be ignored is refused, not ignored: a password that is given and not used most often means
a connection in the clear that nobody wanted.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

SERVERS: Final = "KAFKA_BOOTSTRAP_SERVERS"
PROTOCOL: Final = "KAFKA_SECURITY_PROTOCOL"
MECHANISM: Final = "KAFKA_SASL_MECHANISM"
USERNAME: Final = "KAFKA_SASL_USERNAME"
PASSWORD: Final = "KAFKA_SASL_PASSWORD"  # noqa: S105 -- the setting's name
PASSWORD_FILE: Final = "KAFKA_SASL_PASSWORD_FILE"  # noqa: S105 -- the setting's name
CA_FILE: Final = "KAFKA_SSL_CAFILE"
CERTIFICATE_FILE: Final = "KAFKA_SSL_CERTFILE"
KEY_FILE: Final = "KAFKA_SSL_KEYFILE"
KEY_PASSWORD_FILE: Final = "KAFKA_SSL_KEY_PASSWORD_FILE"  # noqa: S105 -- the setting's name

SASL_SETTINGS: Final = (MECHANISM, USERNAME, PASSWORD, PASSWORD_FILE)
SSL_SETTINGS: Final = (CA_FILE, CERTIFICATE_FILE, KEY_FILE, KEY_PASSWORD_FILE)

_PORTS: Final = range(1, 1 << 16)
_DEFAULT_PORT: Final = 9092


class ConnectionSettingError(ValueError):
    """A setting is missing, wrong or of no use; the message names it, and says what to do. No secret is in it."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach Kafka. Secrets are left out of its text."""

    servers: tuple[str, ...]
    """Host and port of each broker to ask first."""
    protocol: Protocol = "PLAINTEXT"
    mechanism: Mechanism | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)
    """Always checks the broker's certificate and that it was made for the broker's name."""

    def named(self) -> str:
        """Return the servers as messages to people name them, separated by commas."""
        return ",".join(self.servers)

    def for_aiokafka(self) -> dict[str, Any]:
        """Return the keyword arguments that every client of aiokafka takes."""
        return {
            "bootstrap_servers": [*self.servers],
            "security_protocol": self.protocol,
            "ssl_context": self.tls,
            "sasl_mechanism": self.mechanism or "PLAIN",
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }


def connection(environment: Mapping[str, str]) -> Connection:
    """
    Return the connection the environment describes; reads the files it names.

    Raises:
        ConnectionSettingError: a setting is missing, wrong, unreadable, or would be ignored.
    """
    settings = {name: value.strip() for name, value in environment.items() if value.strip()}
    protocol = _known_word(PROTOCOL, settings.get(PROTOCOL, "PLAINTEXT"), get_args(Protocol))
    sasl, encrypted = protocol.startswith("SASL_"), protocol.endswith("SSL")
    _refuse_unused(settings, SASL_SETTINGS, "SASL_SSL", used=sasl)
    _refuse_unused(settings, SSL_SETTINGS, "SASL_SSL" if sasl else "SSL", used=encrypted)
    return Connection(
        _servers(settings),
        protocol,
        _known_word(MECHANISM, _required(settings, MECHANISM), get_args(Mechanism)) if sasl else None,
        _required(settings, USERNAME) if sasl else None,
        _password(settings, environment) if sasl else None,
        _tls(settings) if encrypted else None,
    )


def _servers(settings: Mapping[str, str]) -> tuple[str, ...]:
    listed = settings.get(SERVERS)
    if listed is None:
        message = f"{SERVERS} is not set; say where Kafka is, for example {SERVERS}=localhost:9092"
        raise ConnectionSettingError(message)
    return tuple(_server(server.strip()) for server in listed.split(",") if server.strip())


def _server(server: str) -> str:
    host, colon, port = server.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = server, str(_DEFAULT_PORT)
    if "/" in server or not host or not port.isdecimal() or int(port) not in _PORTS:
        message = f"{SERVERS}: not a list of host:port; write for example kafka-1:9092,kafka-2:9092"
        raise ConnectionSettingError(message)
    return f"{host}:{port}"


def _known_word(name: str, value: str, known: tuple[Any, ...]) -> Any:
    if value not in known:
        message = f"{name}: not one of the known words; write {', '.join(known)}"
        raise ConnectionSettingError(message)
    return value


def _required(settings: Mapping[str, str], name: str) -> str:
    if name not in settings:
        message = f"{name} is not set, but {PROTOCOL}={settings[PROTOCOL]} needs it"
        raise ConnectionSettingError(message)
    return settings[name]


def _refuse_unused(settings: Mapping[str, str], names: tuple[str, ...], needs: str, *, used: bool) -> None:
    for name in names:
        if name in settings and not used:
            message = (
                f"{name} is set, but {PROTOCOL} is {settings.get(PROTOCOL, 'PLAINTEXT')} and would ignore it; "
                f"set {PROTOCOL}={needs}, or leave {name} out"
            )
            raise ConnectionSettingError(message)


def _password(settings: Mapping[str, str], as_it_is: Mapping[str, str]) -> str:
    if PASSWORD in settings and PASSWORD_FILE in settings:
        message = f"{PASSWORD} and {PASSWORD_FILE} are both set; leave one out"
        raise ConnectionSettingError(message)
    if PASSWORD_FILE in settings:
        return _secret(PASSWORD_FILE, settings[PASSWORD_FILE])
    if PASSWORD not in settings:
        message = (
            f"neither {PASSWORD_FILE} nor {PASSWORD} is set, but {PROTOCOL}={settings[PROTOCOL]} needs one"
        )
        raise ConnectionSettingError(message)
    return as_it_is[PASSWORD]  # a password may begin or end with a blank


def _secret(name: str, file: str) -> str:
    try:
        text = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        says = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        message = f"{name}: the file cannot be read: {says}"
        raise ConnectionSettingError(message) from None
    if not text:
        message = f"{name}: the file is empty; write the password into it"
        raise ConnectionSettingError(message)
    return text


def _tls(settings: Mapping[str, str]) -> ssl.SSLContext:
    for name in (KEY_FILE, KEY_PASSWORD_FILE):
        if name in settings and CERTIFICATE_FILE not in settings:
            message = f"{name} is set without {CERTIFICATE_FILE}; name the certificate the key belongs to"
            raise ConnectionSettingError(message)
    # Checks certificates and host names, refuses what is older than TLS 1.2.
    context = ssl.create_default_context()
    if CA_FILE in settings:
        context = _read(CA_FILE, lambda: ssl.create_default_context(cafile=settings[CA_FILE]))
    if CERTIFICATE_FILE in settings:
        # An empty answer, where no password is given: OpenSSL would otherwise ask the terminal.
        secret = (
            _secret(KEY_PASSWORD_FILE, settings[KEY_PASSWORD_FILE]) if KEY_PASSWORD_FILE in settings else ""
        )
        _read(
            CERTIFICATE_FILE,
            lambda: context.load_cert_chain(settings[CERTIFICATE_FILE], settings.get(KEY_FILE), secret),
        )
    return context


def _read(name: str, load: Any) -> Any:
    try:
        return load()
    except ssl.SSLError:
        say = "with its key (and the key's password)" if name == CERTIFICATE_FILE else "of authorities"
        message = f"{name}: not a certificate {say} in PEM form that OpenSSL can read"
    except OSError as error:
        message = f"{name}: the file, or the one of its key, cannot be read: {error.strerror}"
    raise ConnectionSettingError(message) from None
