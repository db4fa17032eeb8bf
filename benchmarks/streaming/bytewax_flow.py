"""
Bytewax, with its own state and recovery: snapshots of every touched key once a second, in SQLite on this disk.

At least once. Its state is on no other machine, so this guards against a crash, not against a lost disk: less than
a changelog gives.
"""

from datetime import timedelta
from typing import Any

import bytewax.operators as op
import same_work
from bytewax._bytewax import cli_main  # the entry that its command line calls
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.recovery import RecoveryConfig, init_db_dir
from terms import Terms

from streams.charging.release_state import ReleaseState
from streams.charging.release_state import from_bytes as released_from_bytes
from streams.charging.release_state import to_bytes as released_to_bytes
from streams.lifecycle.state import EncounterState
from streams.lifecycle.state import from_bytes as kept_from_bytes
from streams.wire import topics


class Follow(StatefulBatchLogic[Any, Any, bytes]):
    """One stay: events and commands in, messages out."""

    def __init__(self, written: bytes | None) -> None:
        self._kept: EncounterState | None = None if written is None else kept_from_bytes(written)

    def on_batch(self, values: list[Any]) -> tuple[list[Any], bool]:
        """Take in what one epoch brought of this stay, topic by topic."""
        out: list[Any] = []
        for topic in (topics.EVENTS, topics.COMMANDS):
            if records := [one for one in values if one.topic == topic]:
                made = same_work.follow(topic, records[0].partition, records, lambda _: self._kept)
                for kept in made.states:
                    self._kept = kept
                out += map(_sent, made.messages)
                out += [
                    KafkaSinkMessage(one.encounter_id.encode(), one.value, topics.COMMANDS)
                    for one in made.commands
                ]
        return out, StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """Return the stay as bytes."""
        return b"" if self._kept is None else self._kept.to_bytes()


class Code(StatefulBatchLogic[Any, Any, bytes]):
    """What was said of one stay: closed encounters in, messages out."""

    def __init__(self, written: bytes | None) -> None:
        self._released: ReleaseState | None = released_from_bytes(written) if written else None

    def on_batch(self, values: list[Any]) -> tuple[list[Any], bool]:
        """Code the closed encounters of this stay that one epoch brought."""
        made = same_work.code(values[0].partition, values, lambda _: self._released)
        for released in made.states.values():
            self._released = released
        return [*map(_sent, made.messages)], StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """Return it as bytes."""
        return b"" if self._released is None else released_to_bytes(self._released)


def _sent(one: Any) -> KafkaSinkMessage[bytes, bytes]:
    return KafkaSinkMessage(one.key, one.value, one.topic, list(one.headers))


def _stay(record: Any) -> str:
    name: str = record.key.decode()
    return name


def run(terms: Terms) -> None:
    """Run until ended."""
    servers = [terms.servers]
    folder = terms.folder / "worker"
    folder.mkdir(parents=True)
    init_db_dir(folder, terms.partitions)
    sink = KafkaSink(servers, None, {"acks": "all", "partitioner": "murmur2_random", "linger.ms": "5"})
    flow = Dataflow("coder")
    heard = op.input("heard", flow, KafkaSource(servers, [topics.EVENTS, topics.COMMANDS]))
    followed = op.stateful_batch("follow", op.key_on("by stay", heard, _stay), Follow)
    op.output("closed", op.key_rm("closed stays", followed), sink)
    closed = op.input("closed in", flow, KafkaSource(servers, [topics.CLOSED]))
    coded = op.stateful_batch("code", op.key_on("by closed stay", closed, _stay), Code)
    op.output("charges", op.key_rm("said", coded), sink)
    cli_main(flow, epoch_interval=timedelta(seconds=1), recovery_config=RecoveryConfig(str(folder)))
