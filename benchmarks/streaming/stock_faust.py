"""
Faust as it is, with a table per encounter and a Record for events.

Variants: ``default``; ``tuned`` has a produce linger, larger buffers, uvloop, less logging and states as bytes;
``raw`` is tuned and spares itself the Record. Its guarantees are its own, which is to say weaker: a failed produce is
committed over, and a crash at the wrong moment loses events.
"""

from collections.abc import Iterable
from typing import Any

import faust
import same_work
from same_work import Live, Read
from terms import Terms

from streams.charging.release_state import from_bytes as released_from_bytes
from streams.charging.release_state import to_bytes as released_to_bytes
from streams.lifecycle.state import from_bytes as kept_from_bytes
from streams.wire import topics
from streams.wire.message import OutboundMessage

TUNED: dict[str, Any] = {
    "producer_linger": 0.05,
    "stream_buffer_maxsize": 16384,
}


class Happened(faust.Record, serializer="json"):
    """What all events have in common; the rest goes along unnamed."""

    type: str
    event_id: str
    encounter_id: str
    occurred_at: str
    source: str


class Coder:
    """Three agents over two tables."""

    def __init__(self, terms: Terms, app: Any, *, records: bool) -> None:
        self._out: dict[str, Any] = {}
        self._app = app
        count = terms.partitions
        self._stays = app.Table("encounters", key_type=bytes, value_type=bytes, partitions=count)
        self._releases = app.Table("releases", key_type=bytes, value_type=bytes, partitions=count)
        self._live_stays, self._live_releases = Live(kept_from_bytes), Live(released_from_bytes)
        raw = {"key_type": bytes, "value_type": bytes, "value_serializer": "raw", "partitions": count}
        typed = {"key_type": bytes, "value_type": Happened, "partitions": count}
        for name in (
            topics.CLOSED, topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW, topics.REJECTS, topics.COMMANDS,
        ):  # fmt: skip
            self._out[name] = app.topic(name, **raw)
        app.agent(app.topic(topics.EVENTS, **(typed if records else raw)), name="follow")(self.follow)
        app.agent(self._out[topics.COMMANDS], name="close")(self.follow)
        app.agent(self._out[topics.CLOSED], name="code")(self.code)

    async def follow(self, stream: Any) -> None:
        """Fold one event, or obey one command."""
        async for event in stream.events():
            await self._fold(event.message)

    async def _fold(self, message: Any) -> None:
        def load(name: str) -> Any:
            return self._live_stays.of(name.encode(), self._stays.get(name.encode()))

        one = Read(message.offset, message.key, message.value)
        made = same_work.follow(message.topic, message.partition, [one], load)
        for kept in made.states:
            key, written = kept.encounter_id.encode(), kept.to_bytes()
            self._stays[key] = written
            self._live_stays.keep(key, written, kept)
        await self._send(made.messages)
        for command in made.commands:
            await self._out[topics.COMMANDS].send(key=command.encounter_id.encode(), value=command.value)

    async def code(self, stream: Any) -> None:
        """Code one closed encounter."""
        async for event in stream.events():
            message = event.message
            one = Read(message.offset, message.key, message.value)

            def load(key: bytes) -> Any:
                return self._live_releases.of(key, self._releases.get(key))

            made = same_work.code(message.partition, [one], load)
            for key, released in made.states.items():
                written = released_to_bytes(released)
                self._releases[key] = written
                self._live_releases.keep(key, written, released)
            await self._send(made.messages)

    async def _send(self, messages: Iterable[OutboundMessage]) -> None:
        for topic, key, value, headers, _ in messages:
            await self._out[topic].send(key=key, value=value, headers=dict(headers))


def run(terms: Terms) -> None:
    """Run until ended."""
    tuned = terms.variant != "default"
    if tuned:
        from mode import loop  # noqa: PLC0415 - before Faust makes its loop

        loop.use("uvloop")
    app = faust.App(
        topics.APPLICATION,
        broker=f"kafka://{terms.servers}",
        store="rocksdb://",
        datadir=str(terms.folder / "worker"),
        topic_partitions=terms.partitions,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        **(TUNED if tuned else {}),
    )
    Coder(terms, app, records=terms.variant != "raw")
    faust.Worker(app, loglevel="INFO" if tuned else "WARN").execute_from_commandline()
