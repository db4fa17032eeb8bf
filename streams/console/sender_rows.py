"""Who sends and what waits for its stay, as rows: senders by their own words (MSH-3, MSH-4), and pumps that nothing links."""

from typing import Any, Final

from streams.listener.door_figures import sender_of
from streams.listener.hl7_header import read_header
from streams.operations.unlinked_pumps import waiting_infusions
from streams.wire import topics

FHIR: Final = "fhir"
"""What the door calls whoever sends resources: none of them says who it is, and nobody is made up."""
_MINUTE_MS: Final = 60_000


class SenderRows:
    """What one batch says of senders and of pumps."""

    def __init__(self) -> None:
        self._spoke: dict[tuple[str, int], list[int]] = {}
        self._pumps: dict[bytes, tuple[str, int]] = {}

    def take(self, record: Any) -> bool:
        """Take a record in; False where it is of another topic."""
        if record.topic == topics.ASSOCIATIONS_CHANGELOG:
            self._wait(record.key or b"", record.value)
        elif record.topic == topics.RAW_HL7V2:
            self._hear(raw_sender(record.value or b""), record.timestamp)
        elif record.topic == topics.RAW_FHIR:
            self._hear(FHIR, record.timestamp)
        else:
            return False
        return True

    def _hear(self, sender: str, at_ms: int) -> None:
        minute = self._spoke.setdefault((sender, at_ms // _MINUTE_MS), [0, 0])
        minute[0] += 1
        minute[1] = max(minute[1], at_ms)

    def _wait(self, key: bytes, value: bytes | None) -> None:
        waiting = waiting_infusions(key, value)
        if waiting is not None:
            self._pumps[key] = (key.partition(b"\0")[0].decode(errors="replace"), waiting)

    def write(self, connection: Any) -> None:
        """Write all of it inside the transaction of a connection."""
        connection.executemany(
            "INSERT INTO spoke (source, minute, messages, newest_ms) VALUES (?,?,?,?) ON CONFLICT (source, minute) DO UPDATE SET"
            " messages=messages+excluded.messages, newest_ms=max(newest_ms, excluded.newest_ms)",
            [(*about, *counts) for about, counts in self._spoke.items()],
        )
        gone = [(key,) for key, (_, waiting) in self._pumps.items() if not waiting]
        connection.executemany("DELETE FROM waiting_pumps WHERE entry = ?", gone)
        connection.executemany(
            "INSERT OR REPLACE INTO waiting_pumps VALUES (?,?,?)",
            [(key, *about) for key, about in self._pumps.items() if about[1]],
        )


def raw_sender(message: bytes) -> str:
    """Return who sent an HL7 v2 message, as the door's figures name it: application at facility, cut to plain signs."""
    return sender_of(read_header(message)[0])
