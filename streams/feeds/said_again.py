"""
What a raw record came to, kept until its position is committed, so that a crash in between has it said again. Pure.

A linker knows what it has sent and sends it once. Its state is written before what it sent: a worker that dies between
the two would find the state, and send nothing. So what followed from a record is written in front of that state.
"""

from collections.abc import Sequence
from typing import Any

from orjson import dumps, loads

from streams.wire import topics
from streams.wire.message import OutboundMessage, Record


def kept(messages: Sequence[OutboundMessage]) -> bytes:
    """Return the messages that followed from a record as bytes; of its reject the headers alone."""
    return dumps(
        [
            [
                message.topic,
                None if message.topic == topics.REJECTS else (message.value or b"").decode(),
                None if message.topic == topics.REJECTS else (message.key or b"").decode(),
                [[name, value.decode("latin-1")] for name, value in message.headers],
            ]
            for message in messages
        ]
    )


def said_before(written: bytes, record: Record) -> list[OutboundMessage]:
    """Return the messages that were kept of a record."""
    rows: list[Any] = loads(
        bytes(written)
    )  # a table in memory may hold a kind of bytes that orjson does not take
    return [
        OutboundMessage(
            topic,
            record.key if key is None else key.encode(),
            record.value if value is None else value.encode(),
            tuple((name, text.encode("latin-1")) for name, text in headers),
        )
        for topic, value, key, headers in rows
    ]
