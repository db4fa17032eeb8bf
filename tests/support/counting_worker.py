"""
A worker that keeps, under each key, the events it saw, and sends each on: ours, or a stock Faust doing the same.

``counting.py`` forks it as a process, with its settings as JSON: ``kind``, ``servers``, ``id``, ``data``, ``store``; ``await_s`` to wait
over each event, ``raise_at`` a value to stumble over, ``stop_within`` seconds to stop in. Both are idempotent: an
event seen before is kept once, and sent again.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterable
from typing import Any, Final

import faust

from streams.engine.app import CheckpointApp
from streams.engine.batches import PartitionBatch
from streams.engine.kept_states import Written
from streams.engine.records import Record

GROUP: Final = "count"
SOURCE, OUT, CHANGELOG = "in", "out", f"{GROUP}-kept-changelog"
PARTITIONS: Final = 4
SESSION_S: Final = 2.5
"""After which the group gives a silent worker's partitions away."""


def settings(given: dict[str, Any]) -> dict[str, Any]:
    """Return what both kinds of app are made with."""
    return {
        "broker": f"kafka://{given['servers']}",
        "store": given.get("store", "memory://"),
        "datadir": given["data"],
        "value_serializer": "raw",
        "topic_partitions": PARTITIONS,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "table_standby_replicas": 0,
        "producer_linger": 0.02,
        "producer_max_batch_size": 1 << 20,
        "broker_session_timeout": SESSION_S,
        "broker_heartbeat_interval": 0.4,
        "broker_commit_interval": 0.5,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": given["id"],
        "web_enabled": False,
    }


def kept(before: bytes | None, value: bytes) -> bytes:
    """Return the events kept under a key, with this one among them."""
    return b",".join(sorted({*(before or b"").split(b","), value} - {b""}))


def stumble(given: dict[str, Any], value: bytes) -> None:
    """
    Raise at the value that was asked for.

    Raises:
        ValueError: this is the one.
    """
    if value == given.get("raise_at", "").encode():
        message = "an agent that did not expect this"
        raise ValueError(message)


def ours(given: dict[str, Any]) -> Any:
    """Return our app: batches in, checkpoints out."""
    app = CheckpointApp(
        GROUP, stop_within=given.get("stop_within", 25.0), stream_buffer_maxsize=8, broker_max_poll_records=200, **settings(given)
    )  # fmt: skip
    table = app.Table("kept", key_type=bytes, value_type=bytes, partitions=PARTITIONS)
    fresh: dict[tuple[int, bytes], bytes] = {}
    app.when_revoked(fresh.clear)

    async def count(stream: AsyncIterable[PartitionBatch]) -> None:
        async for batch in stream:
            partition = batch.tp.partition
            for record in batch.records:
                stumble(given, record.value)
                await asyncio.sleep(given.get("await_s", 0))
                place = (partition, record.key)
                fresh[place] = kept(fresh.get(place) or table.read(partition, record.key), record.value)
                app.put(table, partition, record.key, Written(fresh[place]))
                app.send_at_checkpoint(OUT, partition, Record(record.key, record.value))
            batch.finish()
            app.wake()

    app.agent(app.batches_of(SOURCE, PARTITIONS), name="count")(count)
    return app


def stock(given: dict[str, Any]) -> Any:
    """Return a Faust app as its documents show one, deduplicating as it should."""
    app = faust.App(GROUP, **settings(given))
    table = app.Table("kept", key_type=bytes, value_type=bytes, partitions=PARTITIONS)
    out = app.topic(OUT, value_type=bytes)

    async def count(stream: Any) -> None:
        async for event in stream.events():
            stumble(given, event.value)
            await asyncio.sleep(given.get("await_s", 0))
            table[event.key] = kept(table.get(event.key), event.value)
            await out.send(key=event.key, value=event.value, partition=event.message.partition)

    app.agent(app.topic(SOURCE, key_type=bytes, value_type=bytes), name="count")(count)
    return app


def main() -> None:
    """Be a worker, as the first word on the command line says."""
    asked = json.loads(sys.argv[1])
    made = ours(asked) if asked["kind"] == "ours" else stock(asked)
    faust.Worker(made, loglevel="INFO").execute_from_commandline()
