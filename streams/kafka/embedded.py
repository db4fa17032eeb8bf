"""
A broker inside the process: librdkafka's mock cluster, from the library that confluent-kafka's wheel brings.

It speaks Kafka's protocol over TCP on this machine, to any client and any process, so that a demonstration and
the tests need no Java and no container. ``LIMITS`` lists what it lacks, and is shown wherever it is used.
"""

import ctypes
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from socket import create_connection
from types import TracebackType
from typing import Any, Final, Self

from streams.kafka.librdkafka import ERROR_TEXT, loaded

LIMITS: Final = (
    "The broker lives in this process: nothing is on disk, and all of it is gone when the process ends.",
    "A partition keeps its newest 5 MiB and drops what is older, or a single larger message, without a word.",
    "Nothing is compacted and nothing expires by time.",
    "Topics cannot be created, described or deleted through Kafka's own administration.",
    "Transactions are shape only: what was aborted is read like everything else.",
)
"""The limits of the embedded broker, a sentence each; whoever starts one shows them on screen."""

PRODUCE: Final = 0
FETCH: Final = 1
METADATA: Final = 3
OFFSET_COMMIT: Final = 8
"""Kafka's numbers of the requests that tests let fail, for ``push_errors``."""

_REBALANCE_DELAY_MS: Final = 200
_PRODUCER: Final = 0
_WAKE_AFTER_S: Final = 0.02


class EmbeddedBrokerError(RuntimeError):
    """The embedded broker could not be started, or refused what it was asked."""


class EmbeddedBroker:
    """
    One or more brokers of a mock cluster, from construction until ``close``.

    Clients connect to ``bootstrap_servers``; their work is done by threads of the library.
    """

    def __init__(self, brokers: int = 1, rebalance_delay_ms: int = _REBALANCE_DELAY_MS) -> None:
        self._library: Final = loaded()
        self._calls: Final = ThreadPoolExecutor(1, "embedded-broker")
        error_text = ctypes.create_string_buffer(ERROR_TEXT)
        settings = self._library.rd_kafka_conf_new()
        # Errors pushed by a test and a closed connection are told on stderr otherwise.
        self._library.rd_kafka_conf_set(settings, b"log_level", b"0", error_text, ERROR_TEXT)
        self._client = self._library.rd_kafka_new(_PRODUCER, settings, error_text, ERROR_TEXT)
        if not self._client:
            message = f"the embedded broker did not start: {error_text.value.decode(errors='replace')}"
            raise EmbeddedBrokerError(message)
        self._cluster: int | None = self._library.rd_kafka_mock_cluster_new(self._client, brokers)
        if not self._cluster:
            self._library.rd_kafka_destroy(self._client)
            message = "the embedded broker did not start: no free port on this machine's loopback"
            raise EmbeddedBrokerError(message)
        # Without a controller, clients' administration would wait for one for ever.
        self._library.rd_kafka_mock_set_controller_id(self._cluster, 1)
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, rebalance_delay_ms)
        self.bootstrap_servers: Final[str] = self._library.rd_kafka_mock_cluster_bootstraps(
            self._cluster
        ).decode()
        """Host and port of each broker, as KAFKA_BOOTSTRAP_SERVERS takes them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the brokers and forget everything; a second time does nothing."""
        if self._cluster:
            cluster, self._cluster = self._cluster, None
            self._calls.shutdown()
            self._library.rd_kafka_mock_cluster_destroy(cluster)
            self._library.rd_kafka_destroy(self._client)

    def create_topic(self, name: str, partitions: int, replication_factor: int = 1) -> None:
        """
        Create a topic.

        Raises:
            EmbeddedBrokerError: it is there already, or has more replicas than there are brokers.
        """
        action = f"create the topic {name} with {partitions} partitions"
        self._ask(action, "topic_create", name.encode(), partitions, replication_factor)

    def create_topics(self, partitions: Mapping[str, int] | Iterable[str], of_each: int = 4) -> None:
        """Create topics: each with the partitions it is mapped to, or all with ``of_each``."""
        wanted = partitions if isinstance(partitions, Mapping) else dict.fromkeys(partitions, of_each)
        for name, count in wanted.items():
            self.create_topic(name, count)

    def set_down(self, broker: int = 1) -> None:
        """Close a broker's connections and take no new ones; what it holds is kept."""
        self._ask("go down", "broker_set_down", broker)

    def set_up(self, broker: int = 1) -> None:
        """Take connections again."""
        self._ask("come up", "broker_set_up", broker)

    def set_round_trip(self, milliseconds: int, broker: int = -1) -> None:
        """Answer no sooner than after so many milliseconds; all brokers, or one."""
        self._ask("answer later", "broker_set_rtt", broker, milliseconds)

    def push_errors(self, request: int, *codes: int) -> None:
        """Answer the next requests of a kind with Kafka's error codes, one each, in this order."""
        listed = (ctypes.c_int * len(codes))(*codes)
        self._library.rd_kafka_mock_push_request_errors_array(self._running, request, len(codes), listed)

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Drop every record of a partition before an offset, as retention would."""
        action = f"drop records of {topic} {partition}"
        self._ask(action, "partition_delete_records", topic.encode(), partition, before)

    @property
    def _running(self) -> int:
        if self._cluster is None:
            message = "the embedded broker was closed before; start another"
            raise EmbeddedBrokerError(message)
        return self._cluster

    def _ask(self, action: str, function: str, *arguments: Any) -> None:
        """
        Call a function of the mock cluster, whose own thread answers.

        That thread now and then sleeps through a call for a second; a connection wakes it.
        """
        call = getattr(self._library, f"rd_kafka_mock_{function}")
        pending = self._calls.submit(call, self._running, *arguments)
        while not wait((pending,), _WAKE_AFTER_S).done:
            host, _, port = self.bootstrap_servers.partition(",")[0].rpartition(":")
            with suppress(OSError), create_connection((host, int(port)), _WAKE_AFTER_S):
                pass
        if answer := pending.result():
            says = self._library.rd_kafka_err2str(answer).decode(errors="replace")
            message = f"the embedded broker did not {action}: {says}"
            raise EmbeddedBrokerError(message)
