"""Settings of the connection: what is asked for is used, what would be ignored is refused, no secret is told."""

import ssl
import subprocess
from pathlib import Path
from shutil import which

import pytest
from faust.auth import SASLCredentials, SSLCredentials

from streams.kafka.connection import Connection, ConnectionSettingError, connection
from streams.worker.faust_connection import faust_connection

KAFKA = {"KAFKA_BOOTSTRAP_SERVERS": "kafka-1:9092,kafka-2:9093"}
CANARY = "Wilhelmina-4711"
SASL = {
    **KAFKA,
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "coder",
    "KAFKA_SASL_PASSWORD": CANARY,
}


def refused(given: dict[str, str]) -> str:
    """Return why settings are refused."""
    with pytest.raises(ConnectionSettingError) as error:
        connection(given)
    assert CANARY not in str(error.value)
    return str(error.value)


def test_servers_are_enough() -> None:
    """The rest has Kafka's own defaults."""
    found = connection(KAFKA)
    assert found == Connection(("kafka-1:9092", "kafka-2:9093"))
    assert faust_connection(found) == (["kafka://kafka-1:9092", "kafka://kafka-2:9093"], None)
    assert found.for_aiokafka()["bootstrap_servers"] == ["kafka-1:9092", "kafka-2:9093"]
    assert found.for_aiokafka()["security_protocol"] == "PLAINTEXT"


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ("kafka", ("kafka:9092",)),
        (" kafka:1 , , kafka:65535 ", ("kafka:1", "kafka:65535")),
        ("[::1]:9092", ("[::1]:9092",)),
        ("[::1]", ("[::1]:9092",)),
    ],
)
def test_a_server_without_a_port_gets_kafkas(listed: str, found: tuple[str, ...]) -> None:
    """Blanks and empty entries do no harm."""
    assert connection({"KAFKA_BOOTSTRAP_SERVERS": listed}).servers == found


@pytest.mark.parametrize("listed", ["kafka://kafka:9092", "kafka:0", "kafka:65536", "kafka:x", ":9092"])
def test_what_is_no_server_is_refused(listed: str) -> None:
    """The message shows how to write it."""
    assert refused({"KAFKA_BOOTSTRAP_SERVERS": listed}) == (
        "KAFKA_BOOTSTRAP_SERVERS: not a list of host:port; write for example kafka-1:9092,kafka-2:9092"
    )


@pytest.mark.parametrize("given", [{}, {"KAFKA_BOOTSTRAP_SERVERS": " "}])
def test_nothing_works_without_servers(given: dict[str, str]) -> None:
    """There is no default: localhost would be somebody else's Kafka."""
    assert refused(given) == (
        "KAFKA_BOOTSTRAP_SERVERS is not set; say where Kafka is, for example KAFKA_BOOTSTRAP_SERVERS=localhost:9092"
    )


def test_a_password_gets_to_both_clients_and_nowhere_else() -> None:
    """Faust and aiokafka are told the same."""
    found = connection(SASL)
    told = found.for_aiokafka()
    assert (told["sasl_mechanism"], told["sasl_plain_username"], told["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "coder",
        CANARY,
    )
    urls, credentials = faust_connection(found)
    assert urls == ["kafka://kafka-1:9092", "kafka://kafka-2:9093"]
    assert isinstance(credentials, SASLCredentials)
    assert (credentials.protocol.value, credentials.mechanism.value) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (credentials.password, credentials.ssl_context) == (CANARY, found.tls)
    assert CANARY not in f"{found!r} {found} {credentials!r}"


def test_a_password_in_the_clear_is_possible_when_asked_for() -> None:
    """Some networks encrypt below Kafka."""
    plain = {**SASL, "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SASL_MECHANISM": "PLAIN"}
    found = connection(plain)
    assert found.tls is None
    _, credentials = faust_connection(found)
    assert isinstance(credentials, SASLCredentials)
    assert credentials.protocol.value == "SASL_PLAINTEXT"


def test_a_password_file_loses_its_line_feed(tmp_path: Path) -> None:
    """Editors and secret stores end a file with one; no password does."""
    file = tmp_path / "secret"
    file.write_text(f"{CANARY}\n", encoding="utf-8")
    given = {name: value for name, value in SASL.items() if name != "KAFKA_SASL_PASSWORD"}
    assert connection({**given, "KAFKA_SASL_PASSWORD_FILE": str(file)}).password == CANARY
    file.write_text("\n", encoding="utf-8")
    assert "the file is empty" in refused({**given, "KAFKA_SASL_PASSWORD_FILE": str(file)})
    file.write_bytes(b"\xff")
    assert "not UTF-8 text" in refused({**given, "KAFKA_SASL_PASSWORD_FILE": str(file)})
    assert refused({**given, "KAFKA_SASL_PASSWORD_FILE": str(tmp_path / "none")}) == (
        "KAFKA_SASL_PASSWORD_FILE: the file cannot be read: No such file or directory"
    )


def test_tls_checks_certificate_and_name() -> None:
    """There is no switch to turn that off."""
    found = connection({**KAFKA, "KAFKA_SECURITY_PROTOCOL": "SSL"})
    assert found.tls is not None
    assert (found.tls.check_hostname, found.tls.verify_mode) == (True, ssl.CERT_REQUIRED)
    _, credentials = faust_connection(found)
    assert isinstance(credentials, SSLCredentials)
    assert credentials.context is found.tls


@pytest.mark.skipif(which("openssl") is None, reason="makes its certificate with openssl, which is not here")
def test_a_clients_own_certificate_is_read_with_its_password(tmp_path: Path) -> None:
    """Mutual TLS: certificate, key and the key's password, each from its file; the certificate is its own authority."""
    key, certificate, secret = tmp_path / "key.pem", tmp_path / "cert.pem", tmp_path / "secret"
    secret.write_text(f"{CANARY}\n", encoding="utf-8")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *(
                "-keyout",
                str(key),
                "-out",
                str(certificate),
                "-passout",
                f"file:{secret}",
                "-subj",
                "/CN=coder",
            ),
        ],
        check=True,
        capture_output=True,
    )
    given = {
        **KAFKA,
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CAFILE": str(certificate),
        "KAFKA_SSL_CERTFILE": str(certificate),
        "KAFKA_SSL_KEYFILE": str(key),
    }
    assert connection({**given, "KAFKA_SSL_KEY_PASSWORD_FILE": str(secret)}).tls is not None
    assert refused(given) == (
        "KAFKA_SSL_CERTFILE: not a certificate with its key (and the key's password) in PEM form that OpenSSL can read"
    )
    assert refused({**given, "KAFKA_SSL_CAFILE": str(secret)}) == (
        "KAFKA_SSL_CAFILE: not a certificate of authorities in PEM form that OpenSSL can read"
    )
    assert "cannot be read: No such file" in refused({**given, "KAFKA_SSL_KEYFILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            {**KAFKA, "KAFKA_SECURITY_PROTOCOL": "TLS"},
            "KAFKA_SECURITY_PROTOCOL: not one of the known words; write PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL",
        ),
        (
            {**SASL, "KAFKA_SASL_MECHANISM": "OAUTHBEARER"},
            "KAFKA_SASL_MECHANISM: not one of the known words; write PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
        ),
        (
            {**SASL, "KAFKA_SASL_USERNAME": ""},
            "KAFKA_SASL_USERNAME is not set, but KAFKA_SECURITY_PROTOCOL=SASL_SSL needs it",
        ),
        (
            {**SASL, "KAFKA_SASL_PASSWORD": ""},
            (
                "neither KAFKA_SASL_PASSWORD_FILE nor KAFKA_SASL_PASSWORD is set,"
                " but KAFKA_SECURITY_PROTOCOL=SASL_SSL needs one"
            ),
        ),
        (
            {**SASL, "KAFKA_SASL_PASSWORD_FILE": "x"},
            "KAFKA_SASL_PASSWORD and KAFKA_SASL_PASSWORD_FILE are both set; leave one out",
        ),
        (
            {**KAFKA, "KAFKA_SASL_PASSWORD": CANARY},
            (
                "KAFKA_SASL_PASSWORD is set, but KAFKA_SECURITY_PROTOCOL is PLAINTEXT and would ignore it;"
                " set KAFKA_SECURITY_PROTOCOL=SASL_SSL, or leave KAFKA_SASL_PASSWORD out"
            ),
        ),
        (
            {**SASL, "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SSL_CAFILE": "x"},
            (
                "KAFKA_SSL_CAFILE is set, but KAFKA_SECURITY_PROTOCOL is SASL_PLAINTEXT and would ignore it;"
                " set KAFKA_SECURITY_PROTOCOL=SASL_SSL, or leave KAFKA_SSL_CAFILE out"
            ),
        ),
        (
            {**KAFKA, "KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_KEYFILE": "x"},
            "KAFKA_SSL_KEYFILE is set without KAFKA_SSL_CERTFILE; name the certificate the key belongs to",
        ),
    ],
)
def test_what_is_wrong_or_would_be_ignored_is_said(given: dict[str, str], says: str) -> None:
    """Every message names the setting and what to do."""
    assert refused(given) == says
