"""
Three nodes of a real Apache Kafka on loopback, each broker and controller; every topic lies on all three.

    with KafkaCluster(folder) as kafka:
        kafka.create_topic("infusion.events.v1", 4)
        ...                                # clients: kafka.bootstrap
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from apache_kafka import ApacheKafka
from confluent_kafka.admin import AdminClient
from kafka_settings import FOR_COPIES, THREE_COPIES, seats

COPIES: Final = 3


class KafkaCluster:
    """What is acknowledged with ``acks=all`` lies on two of the three at least."""

    def __init__(self, folder: Path) -> None:
        self.nodes = [
            ApacheKafka(folder / str(seat.node), seat=seat, settings=THREE_COPIES, options=FOR_COPIES)
            for seat in seats(COPIES)
        ]
        self.bootstrap = ",".join(node.bootstrap for node in self.nodes)
        self._running = ExitStack()

    def create_topic(
        self, name: str, partitions: int = 1, *, settings: Mapping[str, str] | None = None
    ) -> None:
        """
        Create a topic of three copies and return when every node can tell where its partitions lie.

        Raises:
            KafkaException: there is one of that name, or a setting is not known.
        """
        self.nodes[0].create_topic(name, partitions, settings=settings, copies=COPIES)
        for node in self.nodes[1:]:
            admin = node.admin()
            while not (found := admin.list_topics(name, timeout=10).topics[name]).partitions or found.error:
                time.sleep(0.02)

    def admin(self) -> AdminClient:
        """Return a client for whatever else is to be asked or changed."""
        return self.nodes[0].admin()

    def __enter__(self) -> Self:
        with ExitStack() as begun:
            for node in self.nodes:
                begun.callback(node.close)
                node.begin()
            for node in self.nodes:
                node.start()
            self._running = begun.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()
