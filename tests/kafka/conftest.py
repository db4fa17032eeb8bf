"""A broker in the process, and verbs run against it as a person would."""

import logging
import socket
from collections.abc import Callable, Iterator

import pytest
from chaos_worker import Worker
from click.testing import CliRunner, Result

from streams.cli import main
from streams.kafka.embedded import EmbeddedBroker
from streams.wire.topics import TOPICS

Run = Callable[..., Result]


@pytest.fixture
def embedded() -> Iterator[EmbeddedBroker]:
    """Return an embedded broker with every topic, four partitions each."""
    with EmbeddedBroker() as broker:
        broker.create_topics((one.name for one in TOPICS), 4)
        yield broker


@pytest.fixture
def workers() -> Iterator[list[Worker]]:
    """Give a list for workers, which end with the test."""
    begun: list[Worker] = []
    yield begun
    for worker in begun:
        worker.kill()


@pytest.fixture
def nowhere() -> str:
    """Return an address of this machine where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def infusion(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Run:
    """Return what runs a verb against a broker's address, having looked for tracebacks and for the client's log."""
    for name in ("SECURITY_PROTOCOL", "SASL_MECHANISM", "SASL_USERNAME", "SASL_PASSWORD", "SSL_CAFILE"):
        monkeypatch.delenv(f"KAFKA_{name}", raising=False)
    caplog.set_level(logging.WARNING)

    def run(servers: str | None, *words: str, given: bytes | None = None) -> Result:
        if servers is None:
            monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
        else:
            monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", servers)
        result = CliRunner().invoke(main, [*words], input=given)
        assert "Traceback" not in result.stderr
        assert not [one for one in caplog.records if one.name.startswith("aiokafka")]
        return result

    return run
