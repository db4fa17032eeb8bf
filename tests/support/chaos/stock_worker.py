"""
The worker's work on Faust as it is: the same pure functions, the same topics, tables for states, a timer.

For comparison only: its losses are Faust's, and ``benchmarks/chaos.py --engine stock`` counts them. It is set up as
Faust's documentation has it, each event an event of its own; the settings of group, stores and sessions are ours.
"""

import os
from collections.abc import Iterable
from time import time
from types import SimpleNamespace
from typing import Any, Final

import faust

from models.encounter import Encounter
from rules.emission import Emission, emission_of
from streams.charging.closed_encounter_processor import code_records
from streams.charging.release_state import from_bytes as released_from_bytes
from streams.charging.release_state import to_bytes as released_to_bytes
from streams.kafka.connection import connection
from streams.lifecycle.commands import Command, to_bytes
from streams.lifecycle.event_processor import EncounterProcessor
from streams.lifecycle.state import deadline_of, from_bytes
from streams.wire import topics
from streams.wire.message import OutboundMessage
from streams.worker.agents import home_of
from streams.worker.faust_connection import faust_connection
from streams.worker.settings import settings_from

PARTITIONS: Final = 4
OUT: Final = (
    topics.CLOSED, topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW, topics.REJECTS, topics.COMMANDS,
)  # fmt: skip

SETTINGS = settings_from(os.environ)
URLS, CREDENTIALS = faust_connection(connection(os.environ))

app = faust.App(
    topics.APPLICATION,
    broker=URLS,
    broker_credentials=CREDENTIALS,
    store="memory://" if SETTINGS.in_memory else "rocksdb://",
    datadir=str(SETTINGS.data_dir.absolute()),
    processing_guarantee="at_least_once",
    value_serializer="raw",
    topic_partitions=PARTITIONS,
    topic_allow_declare=False,
    topic_disable_leader=True,
    table_standby_replicas=0,
    producer_max_request_size=16 << 20,
    consumer_max_fetch_size=4 << 20,
    consumer_auto_offset_reset="earliest",
    consumer_group_instance_id=SETTINGS.worker_id,
    broker_session_timeout=SETTINGS.session_timeout_s,
    broker_heartbeat_interval=SETTINGS.session_timeout_s / 6,
    web_enabled=False,
)
_RAW: Final[dict[str, Any]] = {
    "key_type": bytes, "value_type": bytes, "value_serializer": "raw", "key_serializer": "raw",
    "partitions": PARTITIONS,
}  # fmt: skip
_TABLE: Final[dict[str, Any]] = {"key_type": bytes, "value_type": bytes, "partitions": PARTITIONS}
stays = app.Table("encounters", **_TABLE)
releases = app.Table("releases", **_TABLE)
out = {name: app.topic(name, **_RAW) for name in OUT}


def _emission(encounter: Encounter) -> Emission:
    return emission_of(encounter, SETTINGS.profile)


def _load_stay(name: str) -> Any:
    written = stays.get(name.encode())
    return None if written is None else from_bytes(written)


def _load_release(key: bytes) -> Any:
    written = releases.get(key)
    return None if written is None else released_from_bytes(written)


async def _send(messages: Iterable[OutboundMessage], partition: int) -> None:
    for topic, key, value, headers, _ in messages:
        await out[topic].send(key=key, value=value, headers=dict(headers), partition=partition)


def _record(event: Any) -> Any:
    message = event.message
    return SimpleNamespace(
        offset=message.offset, key=message.key, value=message.value, headers=list(message.headers or ())
    )


async def _fold(event: Any, take_in: Any) -> None:
    topic, partition = event.message.topic, event.message.partition
    under_way = EncounterProcessor(
        topic, partition, int(time()), _load_stay, lambda name: home_of(name, PARTITIONS) == partition
    )
    take_in(under_way, [_record(event)])
    made = under_way.finish(SETTINGS.timeouts, _emission)
    for kept in made.states:
        stays[kept.encounter_id.encode()] = kept.to_bytes()
    await _send(made.messages, partition)
    for command in made.commands:
        home = home_of(command.encounter_id, PARTITIONS)
        await out[topics.COMMANDS].send(
            key=command.encounter_id.encode(), value=command.value, partition=home
        )


@app.agent(app.topic(topics.EVENTS, **_RAW), name="follow")
async def follow(stream: Any) -> None:
    """Fold events into the stays they are about."""
    async for event in stream.events():
        await _fold(event, EncounterProcessor.process_events)


@app.agent(out[topics.COMMANDS], name="close")
async def close(stream: Any) -> None:
    """Look at stays that are due."""
    async for event in stream.events():
        await _fold(event, EncounterProcessor.process_commands)


@app.agent(out[topics.CLOSED], name="code")
async def code(stream: Any) -> None:
    """Code closed encounters."""
    async for event in stream.events():
        partition = event.message.partition
        coded = code_records([_record(event)], partition, 0, _load_release, SETTINGS.profile)
        for key, released in coded.states.items():
            releases[key] = released_to_bytes(released)
        await _send(coded.messages, partition)


@app.timer(SETTINGS.look_every_s * 5)
async def look() -> None:
    """Ask the owning partition to look at every stay whose deadline has passed."""
    at = int(time())
    for key, written in list(stays.items()):
        due_at = deadline_of(written)
        if due_at is not None and due_at <= at:
            command = to_bytes(Command("due", key.decode()))
            await out[topics.COMMANDS].send(
                key=key, value=command, partition=home_of(key.decode(), PARTITIONS)
            )


if __name__ == "__main__":
    faust.Worker(app, loglevel="INFO").execute_from_commandline()
