"""Events and rejects as rows of the read model: who was heard when, what a person said, what could not be used."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from msgspec import UNSET
from orjson import JSONDecodeError, dumps, loads

from streams.console.said import EVENT, EventSaid
from streams.console.sender_rows import FHIR, raw_sender
from streams.operations.reject_ledger import RejectLedger
from streams.wire import topics
from streams.wire.cloud_events import CE_SOURCE
from streams.wire.refused_event import legible_encounter_id, legible_source
from streams.wire.reject_headers import origin
from streams.wire.reject_marks import Place

MANUAL: Final = "manual"
"""The source of what a person says here or at a terminal."""
LATE_S: Final = 4 * 3600
"""From when on an event is called late: it came after a stay that ended with it was coded first."""
_MERGE: Final = "encounter_merged"
_UNNAMED: Final = "unnamed"
_MINUTE_MS: Final = 60_000
_TEXTS: Final = ("encounter_id", "event_id", "type", "occurred_at", "source")


class EventRows:
    """What one batch says of events."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.merges: set[tuple[str, str]] = set()
        self.heard: dict[tuple[str, int], list[int]] = {}

    def take(self, record: Any) -> bool:
        """Take a record in; False where it is of another topic."""
        if record.topic != topics.EVENTS:
            return False
        value = record.value or b""
        said = _said(value)
        if said is None:
            return True
        source = said.source or _UNNAMED
        by_hand = source == MANUAL or said.decided_by is not UNSET
        self.events.append(
            (
                record.partition, record.offset, said.encounter_id, said.event_id, said.type, said.occurred_at,
                record.timestamp, source, int(by_hand), value,
            )
        )  # fmt: skip
        self._hear(source, record.timestamp, _epoch(said.occurred_at))
        if said.type == _MERGE:
            others = [
                one
                for key, one in loads(value).items()
                if key.endswith("encounter_id") and isinstance(one, str)
            ]
            self.merges |= {(one, other) for one in others for other in others if one != other}
        return True

    def _hear(self, source: str, at_ms: int, occurred_at: float | None) -> None:
        late = occurred_at is not None and at_ms / 1000 - occurred_at > LATE_S
        minute = self.heard.setdefault((source, at_ms // _MINUTE_MS), [0, 0, 0])
        minute[0] += 1
        minute[1] += late
        minute[2] = max(minute[2], at_ms)

    def write(self, connection: Any) -> None:
        """Write all of it inside the transaction of a connection."""
        connection.executemany("INSERT OR REPLACE INTO events VALUES (?,?,?,?,?,?,?,?,?,?)", self.events)
        connection.executemany("INSERT OR IGNORE INTO merges VALUES (?,?)", self.merges)
        connection.executemany(
            "INSERT INTO heard VALUES (?,?,?,?,?) ON CONFLICT (source, minute) DO UPDATE SET"
            " messages=messages+excluded.messages, late=late+excluded.late, newest_ms=max(newest_ms, excluded.newest_ms)",
            [(*about, *counts) for about, counts in self.heard.items()],
        )


class RejectRows:
    """Every reject there is, without its content, and what became of each; filled from the file at a start."""

    def __init__(self, park_after: int) -> None:
        self._ledger = RejectLedger(park_after)
        self._waiting: dict[Place, tuple[Any, ...]] = {}
        self._known: dict[Place, tuple[str, str]] = {}
        self._touched = False

    def restore(self, rows: Iterable[Any]) -> None:
        """Take in what the file has, in the order of offsets."""
        for row in rows:
            place = (row["partition"], row["position"])
            headers = tuple((name, value.encode("latin-1")) for name, value in loads(row["headers"]))
            if self._ledger.add(*place, row["at_ms"], (row["digest"], None), headers):
                self._known[place] = (row["state"], row["told"])

    def take(self, record: Any) -> bool:
        """Take a record in; False where it is of another topic."""
        if record.topic != topics.REJECTS:
            return False
        headers, value = tuple(record.headers), record.value or b""
        place, came = (record.partition, record.offset), origin(headers)
        digest = sha256(b"\0".join((record.key or b"", value))).digest()
        is_reject = self._ledger.add(*place, record.timestamp, (digest, None), headers)
        source = _source(came.topic if came else "", value, headers)
        self._touched = True
        self._waiting[place] = (
            *place, record.timestamp, "open" if is_reject else "mark", came.reason if came else "put here by somebody else",
            came.topic if came else "", source, legible_encounter_id(value) or "",
            digest, dumps([(name, text.decode("latin-1")) for name, text in headers if text is not None]),
        )  # fmt: skip
        if is_reject:
            self._known[place] = ("open", "")
        return True

    def read_up_to(self, positions: dict[tuple[str, int], int]) -> None:
        """Take in what workers have committed: what was sent back and read since, and not refused again, is mended."""
        if positions != self._ledger.read_up_to:
            self._ledger.read_up_to = positions
            self._touched = any(state == "replayed" for state, _ in self._known.values()) or self._touched

    def write(self, connection: Any) -> None:
        """Write what came, and the state of every reject that has another one since."""
        connection.executemany(
            "INSERT OR REPLACE INTO rejects (partition, position, at_ms, state, reason, topic, source, encounter_id, digest, headers)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            self._waiting.values(),
        )
        self._waiting = {}
        if not self._touched:
            return
        self._touched, moved = False, []
        for place, known in self._known.items():
            standing = self._ledger.standing(place) or known
            if standing != known:
                self._known[place] = standing
                moved.append((*standing, *place))
        connection.executemany("UPDATE rejects SET state=?, told=? WHERE partition=? AND position=?", moved)


def _source(topic: str, value: bytes, headers: Iterable[tuple[str, Any]]) -> str:
    """Return whose word was refused: a message's sender, else the source of an event; empty where it tells neither."""
    if topic == topics.RAW_HL7V2:
        return raw_sender(value)
    named = next((text for name, text in headers if name == CE_SOURCE), None) or b""
    return (
        legible_source(value) or named.decode(errors="replace") or (FHIR if topic == topics.RAW_FHIR else "")
    )


def _said(value: bytes) -> EventSaid | None:
    """Return what an event says, texts that are none left empty; None for what is no event of an encounter."""
    try:
        if value.isascii() or value.decode():
            return EVENT.decode(value)
    except (ValueError, RecursionError):
        pass
    try:
        said = loads(value)
    except JSONDecodeError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("encounter_id"), str):
        return None
    texts = {key: one for key in _TEXTS if isinstance(one := said.get(key), str)}
    return EventSaid(**texts, decided_by=said.get("decided_by", UNSET))


def _epoch(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
