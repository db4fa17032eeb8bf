"""
A real Apache Kafka on this machine, without Docker: one KRaft node on free loopback ports.

    with ApacheKafka(folder) as kafka:
        kafka.create_topic("infusion.events.v1", 4)
        ...                                # clients: kafka.bootstrap
        kafka.kill(); kafka.start()        # the same ports, the same data

``python tests/support/kafka_broker/apache_kafka.py [FOLDER]`` keeps one running until Ctrl-C.
"""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)
from kafka_archive import archive
from kafka_jars import LOGGING, NoKafkaError, jars, java
from kafka_layout import keep, laid_out
from kafka_process import Process
from kafka_security import Security, security
from kafka_settings import FOR_TESTS, Seat, cluster_id, free_ports, properties, seats

UP_WITHIN: Final = 90
"""Seconds after which a broker that does not answer has failed; on an idle machine it takes three."""


class KafkaEndedError(Exception):
    """A broker ended, or did not answer in time; the text has the last lines it wrote."""


class ApacheKafka:
    """
    One node, broker and controller in one, with its data in a folder of its own.

    ``settings`` are server properties on top of those in ``kafka_settings``. ``secure`` opens a second listener,
    see ``security``. ``beside`` makes it a further broker of that node's cluster, with no vote in it: killing it
    leaves the partitions only it holds without a leader while the cluster goes on answering. ``seat`` makes it one of
    several that vote, see ``kafka_cluster``. ``options`` are Java's: ``FOR_TESTS`` or ``FOR_BENCHMARKS``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        secure: bool = False,
        beside: "ApacheKafka | None" = None,
        seat: Seat | None = None,
        options: Sequence[str] = FOR_TESTS,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port, guarded = free_ports(2)
        self.bootstrap = f"127.0.0.1:{port}"
        self.seat: Seat = seat or (beside.seat.beside() if beside else seats(1)[0])
        self.security: Security | None = security(folder, guarded) if secure else None
        self.log = folder / "broker.log"
        self.undisturbed = True
        """Whether it was never ended or paused, so that it goes on as a new one would."""
        self._port = port
        self._options = options
        self._process = Process(self.log)
        self._data = folder / "data"
        self._properties = folder / "server.properties"
        text = properties(self.seat, port, self._data, security=self.security, extra=settings or {})
        self._properties.write_text(text, encoding="utf-8")

    @property
    def node(self) -> int:
        """Its number in its cluster."""
        return self.seat.node

    @property
    def cluster(self) -> str:
        """The name of its cluster."""
        return self.seat.cluster

    @property
    def running(self) -> bool:
        """Whether the process is there; it may be paused."""
        return self._process.running

    def start(self) -> Self:
        """
        Start, on the data there is, and return when clients can produce and consume.

        Raises:
            NoKafkaError: no Java, or no jars and no way to fetch them.
            KafkaEndedError: it ended, or did not answer in time.
        """
        self.begin()
        until = time.monotonic() + UP_WITHIN
        while not self._answers():
            if not self.running or time.monotonic() > until:
                self.kill()
                message = f"Apache Kafka at {self.bootstrap} is not up; the end of its log:\n{self._process.last_words()}"
                raise KafkaEndedError(message)
            time.sleep(0.05)
        return self

    def begin(self) -> None:
        """Start and wait for nothing: nodes that vote answer only once most of them are there."""
        if not self.running:
            if not self._data.exists():
                self._format()
            self._process.start(self._command("kafka.Kafka", str(self._properties)))

    def stop(self) -> None:
        """End it as an operator would; with SIGKILL where it does not follow."""
        self.undisturbed = False
        self._process.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.undisturbed = False
        self._process.end(signal.SIGKILL)

    def restart(self) -> Self:
        """Stop and start again: the same ports, the same data."""
        self.stop()
        return self.start()

    def pause(self) -> None:
        """Stop its clock: connections stay open, nothing is answered."""
        self.undisturbed = False
        self._process.pause()

    def resume(self) -> None:
        """Let it go on where it stood."""
        self._process.resume()

    def close(self) -> None:
        """End it at once and remove its data; its log stays, for whoever reads about a failed test."""
        self.kill()
        shutil.rmtree(self._data, ignore_errors=True)

    def create_topic(
        self,
        name: str,
        partitions: int = 1,
        *,
        settings: Mapping[str, str] | None = None,
        on: Sequence["ApacheKafka"] = (),
        copies: int = 1,
    ) -> None:
        """
        Create a topic and return when it can be used; ``on`` says which nodes hold each of its partitions.

        Raises:
            KafkaException: there is one of that name, or a setting is not known.
        """
        placed = {"replica_assignment": [[node.node for node in on]] * partitions}
        where = placed if on else {"replication_factor": copies}
        new = NewTopic(name, num_partitions=partitions, config=dict(settings or {}), **where)
        admin = self.admin()
        admin.create_topics([new])[name].result(UP_WITHIN)
        while not (found := admin.list_topics(name, timeout=10).topics[name]).partitions or found.error:
            time.sleep(0.02)

    def folder_of(self, topic: str, partition: int) -> Path:
        """Return the folder in which a partition's files lie; there is none on a node that does not hold it."""
        return self._data / f"{topic}-{partition}"

    def set_topic(self, name: str, settings: Mapping[str, str]) -> None:
        """
        Change settings of a topic; ``{"max.message.bytes": "1"}`` makes it refuse whatever is produced.

        Returns once the node tells them itself: the controller has them a moment before.

        Raises:
            KafkaException: there is no such topic, or a setting is not known.
        """
        change = AlterConfigOpType.SET
        wanted = [ConfigEntry(key, value, incremental_operation=change) for key, value in settings.items()]
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=wanted)
        admin = self.admin()  # a name of its own: the answer comes to nobody once the client is gone
        admin.incremental_alter_configs([resource])[resource].result(UP_WITHIN)
        asked = ConfigResource(ResourceType.TOPIC, name)
        until = time.monotonic() + UP_WITHIN
        while time.monotonic() < until:
            told = admin.describe_configs([asked])[asked].result(UP_WITHIN)
            if all(told[key].value == value for key, value in settings.items()):
                return
            time.sleep(0.02)
        message = f"{self.bootstrap} does not tell the settings of {name} that it was given"
        raise KafkaEndedError(message)

    def segment(self, topic: str, partition: int = 0) -> Path:
        """Return the first file in which a stopped broker keeps a partition's records, to do something to it."""
        return min((self._data / f"{topic}-{partition}").glob("*.log"))

    def admin(self) -> AdminClient:
        """Return a client for whatever else is to be asked or changed."""
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0, "socket.timeout.ms": 10_000})

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _command(self, *rest: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={LOGGING}"
        kept = archive(_learn) if self._options is FOR_TESTS else None
        quicker = [f"-XX:SharedArchiveFile={kept}"] if kept else []
        java_line = [java(), *self._options, *quicker, logging, "-XX:-UsePerfData", "-cp", f"{jars()}/*"]
        return [*java_line, *rest]

    def _format(self) -> None:
        if not self.security and laid_out(self._data, self.node, self.cluster, cluster_id()):
            return
        users = self.security.formatting() if self.security else []
        wanted = ["format", "--cluster-id", self.cluster, "--config", str(self._properties), *users]
        made = subprocess.run(
            self._command("kafka.tools.StorageTool", *wanted), capture_output=True, text=True, check=False
        )
        if made.returncode:
            message = f"Apache Kafka cannot lay out its data:\n{made.stdout}{made.stderr}"
            raise KafkaEndedError(message)
        if not self.security and self.seat.votes:
            keep(self._data)

    def _answers(self) -> bool:
        """Tell whether the cluster knows this node, and every partition that only it holds is led."""
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            seen = self.admin().list_topics(timeout=5)
        except (OSError, KafkaException):
            return False
        every = (one for topic in seen.topics.values() for one in topic.partitions.values())
        return self.node in seen.brokers and all(
            one.leader == self.node for one in every if one.replicas == [self.node]
        )


def _learn(archived: Path) -> None:
    """Have a broker started, used and stopped, and Java write down which classes that took."""
    with tempfile.TemporaryDirectory(prefix="infusion-kafka-") as folder:
        options = (*FOR_TESTS, f"-XX:ArchiveClassesAtExit={archived}")
        kafka = ApacheKafka(Path(folder), options=options)
        try:
            kafka.start().create_topic("learned")
        finally:
            kafka.stop()


HOW_TO_USE: Final = """\
An Apache Kafka of one broker, until Ctrl-C. In another window, in this folder:

  export KAFKA_BOOTSTRAP_SERVERS={} PATH="$PWD/.venv/bin:$PATH"
  infusion topics --create --partitions 4 --replication-factor 1
  infusion worker                         # stays in the window; the rest in a third one
  infusion publish seeds/day.jsonl
  infusion status
  infusion charges --follow               # the first charges come a minute after the last event of a stay
"""


def main() -> None:
    """Keep a broker until Ctrl-C; in a folder that was named its data stays, for the next time."""
    given = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else None
    folder = given or Path(tempfile.mkdtemp(prefix="infusion-kafka-"))
    kafka = ApacheKafka(folder)
    try:
        kafka.start()
        print(HOW_TO_USE.format(kafka.bootstrap), flush=True)  # noqa: T201 -- what a person came for
        signal.pause()
    except NoKafkaError as error:
        sys.exit(f"no Kafka here: {error}")
    except KeyboardInterrupt:
        pass
    finally:
        kafka.stop()
        if not given:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
