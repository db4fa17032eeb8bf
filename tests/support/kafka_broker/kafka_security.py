"""A listener with TLS and SASL for a test's broker: its certificate, its user, and what the broker must be told."""

import secrets
import subprocess
from pathlib import Path
from typing import NamedTuple

from kafka_jars import keytool

LISTENER = "SECURE"
USER = "infusion"
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")
MECHANISMS = (*SCRAM, "PLAIN")

_LOGIN = "org.apache.kafka.common.security"


class Security(NamedTuple):
    """What a client needs to come in by the guarded door: ``SASL_SSL``, by any of ``MECHANISMS``."""

    port: int
    authority: Path
    """The certificate to trust, PEM."""
    keystore: Path
    user: str
    password: str

    @property
    def bootstrap(self) -> str:
        """Where the guarded listener is."""
        return f"127.0.0.1:{self.port}"

    def settings(self) -> dict[str, str]:
        """Return the broker's properties of this listener."""
        own = f"listener.name.{LISTENER.lower()}"
        scram = {
            f"{own}.{name.lower()}.sasl.jaas.config": f"{_LOGIN}.scram.ScramLoginModule required;"
            for name in SCRAM
        }
        plain = f'{_LOGIN}.plain.PlainLoginModule required user_{self.user}="{self.password}";'
        return scram | {
            f"{own}.plain.sasl.jaas.config": plain,
            f"{own}.sasl.enabled.mechanisms": ",".join(MECHANISMS),
            f"{own}.ssl.keystore.type": "PKCS12",
            f"{own}.ssl.keystore.location": str(self.keystore),
            f"{own}.ssl.keystore.password": self.password,
            f"{own}.ssl.key.password": self.password,
        }

    def formatting(self) -> list[str]:
        """Return what the storage tool must write down: users of SCRAM live in the cluster's own log."""
        user = f"[name={self.user},password={self.password}]"
        return [part for name in SCRAM for part in ("--add-scram", f"{name}={user}")]


def security(folder: Path, port: int) -> Security:
    """
    Return a listener on a port, with a new certificate for ``localhost`` and 127.0.0.1 and a random password.

    Raises:
        NoKafkaError: the machine has no ``keytool``.
    """
    made = Security(
        port=port,
        authority=folder / "authority.pem",
        keystore=folder / "broker.p12",
        user=USER,
        password=secrets.token_hex(16),
    )
    made.keystore.unlink(missing_ok=True)
    store = ["-keystore", str(made.keystore), "-storetype", "PKCS12", "-storepass", made.password]
    new = ["-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=localhost"]
    names = ["-ext", "SAN=dns:localhost,ip:127.0.0.1", "-ext", "BC=ca:true", "-validity", "30"]
    for command in ([*new, *names], ["-exportcert", "-rfc", "-file", str(made.authority)]):
        subprocess.run(
            [keytool(), *command, *store, "-alias", "broker"], check=True, capture_output=True, timeout=60
        )
    return made
