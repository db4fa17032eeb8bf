"""
What a test asks for to run on a real Apache Kafka, and what becomes of it where there is none.

``tests/conftest.py`` takes these in. Whoever uses ``kafka`` or ``own_kafka`` is marked ``broker`` without saying so.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest

NOT_RUN = "not run on a real Apache Kafka"
FIXTURES = {"kafka", "own_kafka"}

REQUIRED = "INFUSION_REQUIRE_KAFKA"
"""Set to 1, a test that cannot have its broker fails."""

GIVEN = "KAFKA_BOOTSTRAP_SERVERS"
"""Names a broker to use in place of the shared one."""


@cache
def _reason() -> str | None:
    """Return why Apache Kafka cannot be had here; None where it can."""
    try:
        # confluent_kafka, which administers the broker, comes with the package; a bare pytest may lack it.
        from kafka_jars import NoKafkaError, jars  # noqa: PLC0415 -- only when a test needs a broker
    except ImportError as error:
        return f"{error}; run make test"
    try:
        jars()
    except NoKafkaError as error:
        return str(error)
    return None


def have_kafka() -> None:
    """Go on where there is an Apache Kafka; else end the test as skipped, or as failed where it is required."""
    if reason := _reason():
        _without(f"{NOT_RUN}: {reason}")


def _without(reason: str) -> NoReturn:
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{reason} ({REQUIRED}=1 asks for it)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """
    Give the bootstrap string of a broker that the whole test run shares; topics must be the test's own.

    The names of the product's topics are fixed, so whoever runs the product needs ``own_kafka``.
    """
    if given := os.environ.get(GIVEN):
        yield given
        return
    have_kafka()
    from shared_kafka import joined  # noqa: PLC0415 -- only when a test needs a broker

    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with joined(run / "kafka") as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def kafka_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give the brokers that tests leave as they were, for ``own_kafka``."""
    have_kafka()
    from apache_kafka import ApacheKafka  # noqa: PLC0415 -- only when a test needs a broker
    from kafka_pool import KafkaPool  # noqa: PLC0415 -- as above

    pool = KafkaPool(lambda: ApacheKafka(tmp_path_factory.mktemp("kafka")).start())
    yield pool
    pool.close()


@pytest.fixture
def own_kafka(tmp_path: Path, kafka_pool: Any) -> Iterator[Callable[..., Any]]:
    """
    Give a maker of brokers that are the test's own, to fill with the product's topics, to kill and to restart.

    ``own_kafka()`` returns a running ``ApacheKafka`` with nothing on it; it takes that class's arguments, less the
    folder. About four seconds each, nothing where an earlier test left one as it was.
    """
    from apache_kafka import ApacheKafka  # noqa: PLC0415 -- only when a test needs a broker

    with ExitStack() as running:
        count = iter(range(1, 100))

        def make(**wanted: Any) -> ApacheKafka:
            if wanted:
                return running.enter_context(ApacheKafka(tmp_path / f"kafka-{next(count)}", **wanted))
            kafka: ApacheKafka = kafka_pool.take()
            running.callback(kafka_pool.give_back, kafka)
            return kafka

        yield make


@pytest.fixture
def unique() -> str:
    """Give the first part of names for topics and groups on the shared broker: no other test has it."""
    return f"t{uuid4().hex[:12]}-"


def mark_brokers(items: list[pytest.Item]) -> None:
    """Mark what asks for a broker, so that ``-m "not broker"`` leaves out every such test."""
    for item in items:
        if FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("broker")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which tests a run did not make for want of a broker, by file, and why."""
    left = [one for one in terminalreporter.stats.get("skipped", ()) if NOT_RUN in str(one.longrepr)]
    if not left:
        return
    terminalreporter.section(f"{len(left)} tests {NOT_RUN}", sep="-")
    for file, count in sorted(Counter(one.nodeid.split("::")[0] for one in left).items()):
        terminalreporter.line(f"{file}: {count}")
    for reason in sorted({str(one.longrepr[2]).partition(f"{NOT_RUN}: ")[2] for one in left}):
        terminalreporter.line(f"why: {reason}")
    terminalreporter.line(f"{REQUIRED}=1 makes them fail instead.")
