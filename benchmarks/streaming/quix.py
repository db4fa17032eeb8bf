"""
Quix Streams, with its own state: RocksDB and changelog topics, at least once.

Its checkpoint writes each touched key once, flushes what was produced, then commits. Once a second here, as often as
ours; five seconds is its default.
"""

from typing import Any

import same_work
from quixstreams import Application, message_context
from same_work import Live, Read
from terms import Terms

from streams.charging.release_state import from_bytes as released_from_bytes
from streams.charging.release_state import to_bytes as released_to_bytes
from streams.lifecycle.state import from_bytes as kept_from_bytes
from streams.wire import topics
from streams.wire.message import OutboundMessage

_live_stays, _live_releases = Live(kept_from_bytes), Live(released_from_bytes)


def _read(value: bytes) -> tuple[Any, Read]:
    about = message_context()
    return about, Read(about.offset, None, value)


def follow(value: bytes, key: bytes, _timestamp: int, _headers: Any, state: Any) -> list[OutboundMessage]:
    """Fold one event, or obey one command."""
    about, one = _read(value)
    made = same_work.follow(
        about.topic, about.partition, [one], lambda _: _live_stays.of(key, state.get_bytes("stay"))
    )
    for kept in made.states:
        written = kept.to_bytes()
        state.set_bytes("stay", written)
        _live_stays.keep(key, written, kept)
    asked = [
        OutboundMessage(topics.COMMANDS, one.encounter_id.encode(), one.value, ()) for one in made.commands
    ]
    return [*made.messages, *asked]


def code(value: bytes, key: bytes, _timestamp: int, _headers: Any, state: Any) -> list[OutboundMessage]:
    """Code one closed encounter."""
    about, one = _read(value)
    made = same_work.code(
        about.partition, [one], lambda _: _live_releases.of(key, state.get_bytes("release"))
    )
    for released in made.states.values():
        written = released_to_bytes(released)
        state.set_bytes("release", written)
        _live_releases.keep(key, written, released)
    return made.messages


def run(terms: Terms) -> None:
    """Run until ended."""
    app = Application(
        broker_address=terms.servers,
        consumer_group=topics.APPLICATION,
        auto_offset_reset="earliest",
        commit_interval=1.0,
        state_dir=terms.folder / "worker",
        producer_extra_config={"acks": "all", "partitioner": "murmur2_random", "linger.ms": 20},
        loglevel="INFO",
    )
    raw = {
        "key_serializer": "bytes", "value_serializer": "bytes",
        "key_deserializer": "bytes", "value_deserializer": "bytes",
    }  # fmt: skip
    named = {
        name: app.topic(name, **raw)
        for name in (
            topics.EVENTS, topics.COMMANDS, topics.CLOSED,
            topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW, topics.REJECTS,
        )
    }  # fmt: skip
    heard = app.dataframe(named[topics.EVENTS]).concat(app.dataframe(named[topics.COMMANDS]))
    closed = app.dataframe(named[topics.CLOSED])
    for frame, work in ((heard, follow), (closed, code)):
        out = frame.apply(work, stateful=True, metadata=True, expand=True)
        out = out.set_headers(lambda one, *_: list(one.headers))
        # The topic is chosen before the value is taken out of the message; a stay's tombstone stays None.
        for name, topic in named.items():
            chosen = out.filter(lambda one, name=name: one.topic == name)
            chosen.apply(lambda one: one.value).to_topic(topic)
    app.run()
