"""What a test's broker is told: the properties of its server, the options of its Java, the ports it listens at."""

import random
import socket
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, Self

from kafka_security import LISTENER, Security

FOR_TESTS: Final = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Up soonest: a broker that lives for seconds gains nothing from the second compiler."""

FOR_BENCHMARKS: Final = ("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20")
"""As Kafka's own scripts have it."""

FOR_COPIES: Final = ("-Xms512m", "-Xmx512m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20")
"""One of several nodes on one machine."""

ONE_NODE: Final = {
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    # A topic nobody created is a fault of the test, as it is of a production that forbids them.
    "auto.create.topics.enable": "false",
    # Groups form at once, and a worker killed is missed after a second, not after six.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # The largest message the topics are made for, and a little for its batch.
    "message.max.bytes": str(13 << 20),
    # Set aside at each start, for compaction; the least there is.
    "log.cleaner.dedupe.buffer.size": str(2 << 20),
    # A broker that was killed is let in again after these, not after nine seconds.
    "broker.heartbeat.interval.ms": "300",
    "broker.session.timeout.ms": "1500",
    "controlled.shutdown.enable": "false",
}
"""What differs from the broker's defaults so that one node is enough and nothing waits."""

THREE_COPIES: Final = {
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
}
"""What is acknowledged lies on two nodes at least, whoever made its topic."""


class Seat(NamedTuple):
    """A node's place in its cluster; one that ``votes`` is among its controllers, which ``voters`` lists."""

    node: int
    cluster: str
    controller: str
    voters: str
    votes: bool = True

    def beside(self) -> Self:
        """Return the place of a further broker of the same cluster, with no vote in it."""
        return self._replace(node=self.node + 1, votes=False)


def seats(count: int) -> list[Seat]:
    """Return the places of a new cluster in which every node has a vote."""
    cluster, controllers = cluster_id(), [f"127.0.0.1:{port}" for port in free_ports(count)]
    numbered = list(enumerate(controllers, 1))
    voters = ",".join(f"{number}@{controller}" for number, controller in numbered)
    return [Seat(number, cluster, controller, voters) for number, controller in numbered]


def cluster_id() -> str:
    """Return a name for a cluster: 16 bytes as 22 characters, the first of them not a hyphen as of an option."""
    return f"K{urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]}"


PORTS: Final = range(10_000, 30_000)
"""
Below those the system hands out to clients: a client that keeps knocking at the port of a stopped broker would
otherwise be given that very port, and talk to itself.
"""


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens at, on loopback, out of reach of what the system hands out by itself."""
    draw = random.SystemRandom()
    found: set[int] = set()
    while len(found) < count:
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port := draw.choice(PORTS)))
            except OSError:
                continue
            found.add(port)
    return list(found)


def properties(
    seat: Seat, port: int, data: Path, *, security: Security | None, extra: Mapping[str, str]
) -> str:
    """Return the text of ``server.properties``."""
    doors = {"PLAINTEXT": (port, "PLAINTEXT")}
    if security:
        doors[LISTENER] = (security.port, "SASL_SSL")
    advertised = ",".join(f"{name}://127.0.0.1:{at}" for name, (at, _) in doors.items())
    protocols = [f"{name}:{protocol}" for name, (_, protocol) in doors.items()]
    every = {
        **ONE_NODE,
        "process.roles": "broker,controller" if seat.votes else "broker",
        "node.id": str(seat.node),
        "controller.quorum.voters": seat.voters,
        "controller.listener.names": "CONTROLLER",
        "listeners": f"{advertised},CONTROLLER://{seat.controller}" if seat.votes else advertised,
        "advertised.listeners": advertised,
        "listener.security.protocol.map": ",".join([*protocols, "CONTROLLER:PLAINTEXT"]),
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        **(security.settings() if security else {}),
        **extra,
    }
    return "".join(f"{key}={value}\n" for key, value in every.items())
