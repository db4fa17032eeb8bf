"""How Faust is told where Kafka is: its own form of a connection."""

from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from streams.kafka.connection import Connection


def faust_connection(connection: Connection) -> tuple[list[str], CredentialsT | None]:
    """Return Faust's ``broker`` and ``broker_credentials``; None where neither SASL nor TLS is asked for."""
    urls = [f"kafka://{server}" for server in connection.servers]
    if connection.mechanism is not None:
        return urls, SASLCredentials(
            username=connection.username,
            password=connection.password,
            ssl_context=connection.tls,
            mechanism=connection.mechanism,
        )
    return urls, SSLCredentials(connection.tls) if connection.tls is not None else None
