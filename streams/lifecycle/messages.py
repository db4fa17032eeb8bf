"""The messages of a stay: its closed encounter, and its events in chunks for the stays it is merged with."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from models.nudge import NudgeSet
from streams.wire import topics
from streams.wire.charge_json import value_of
from streams.wire.closed_encounter_json import ClosedEncounter
from streams.wire.closed_encounter_json import to_bytes as closed_to_bytes
from streams.wire.cloud_events import event_id, headers
from streams.wire.message import OutboundMessage
from streams.wire.nudge_headers import done_header

_CHUNK_BYTES: Final = 4 << 20
"""Bytes of events in one command: as JSON within JSON they may take twice the room, and 12 MiB is what a topic takes."""


def closed_message(closed: ClosedEncounter, trace: bytes | None) -> OutboundMessage:
    """Return the message that carries a closed encounter; the same version has the same id."""
    name = event_id(topics.CLOSED, closed.encounter_id, str(closed.version))
    return OutboundMessage(
        topics.CLOSED,
        closed.encounter_id.encode(),
        closed_to_bytes(closed),
        headers("closed_encounter", name, closed.encounter_id, closed.closed_at, trace),
    )


def nudge_message(
    encounter_id: str, nudges: NudgeSet | None, changed_at: int, *, coded: bool = False
) -> OutboundMessage:
    """
    Return the message that says what is asked about a stay, or its tombstone; the same questions have the same id.

    ``changed_at`` dates the tombstone, in epoch seconds; what is asked is dated by the newest question. ``coded`` says of a
    tombstone that the stay was coded before an answer came.
    """
    kind, value, about, at = "nudges_done", None, str(changed_at), changed_at
    if nudges is not None:
        kind, value = "nudges", value_of(nudges)
        about = " ".join(one.nudge_id for one in nudges.nudges)
        at = max(one.asked_epoch for one in nudges.nudges)
    name = event_id(topics.NUDGES, encounter_id, about)
    told = headers(kind, name, encounter_id, at)
    if nudges is None:
        told = (*told, done_header(coded=coded))
    return OutboundMessage(topics.NUDGES, encounter_id.encode(), value, told)


def chunks(stays: Mapping[str, Iterable[bytes]]) -> Iterator[dict[str, tuple[bytes, ...]]]:
    """Yield the lines of stays, as many at a time as one command may carry."""
    chunk: dict[str, list[bytes]] = {}
    size = 0
    for name, lines in stays.items():
        for line in lines:
            if size and size + len(line) > _CHUNK_BYTES:
                yield {name: tuple(lines) for name, lines in chunk.items()}
                chunk, size = {}, 0
            chunk.setdefault(name, []).append(line)
            size += len(line)
    yield {name: tuple(lines) for name, lines in chunk.items()}
