"""Nudges as rows of the read model: each question once, open until a later record of its stay leaves it out."""

from datetime import datetime
from typing import Any, Final

from orjson import dumps
from pydantic import ValidationError

from models.nudge import NUDGE_SET, NudgeSet
from streams.wire import topics
from streams.wire.nudge_headers import Done, done_of

_CLOSE: Final = (
    "UPDATE nudges SET closed_at_ms = max(?, asked_at * 1000), state = ? WHERE encounter_id = ? AND state = 'open'"
    " AND nudge_id NOT IN (SELECT value FROM json_each(?))"
)
_ASK: Final = (
    "INSERT INTO nudges VALUES (?,?,?,?,?,?,?,?,?,?,'open',NULL) ON CONFLICT (encounter_id, nudge_id) DO UPDATE SET"
    " asks=excluded.asks, facility=excluded.facility, department=excluded.department, since=excluded.since,"
    " asked_at=excluded.asked_at, state='open', closed_at_ms=NULL"
)
"""Said again in the same bytes it stays as it is; asked again after its answer was taken back it is open again."""


class NudgeRows:
    """What one batch says of questions, in its order: what is asked of a stay now stands for all before it."""

    def __init__(self) -> None:
        self._said: list[tuple[str, int, NudgeSet | None, Done]] = []

    def take(self, record: Any) -> bool:
        """Take a record in; False where it is of another topic."""
        if record.topic != topics.NUDGES:
            return False
        name = (record.key or b"").decode(errors="replace")
        asked = None
        if record.value:
            try:
                asked = NUDGE_SET.validate_json(record.value)
            except ValidationError:  # somebody else's, or a newer release's
                return True
        # A question that only goes missing among others was answered; a tombstone says which of both it was.
        done: Done = "answered" if asked is not None else done_of(record.headers)
        self._said.append((name, record.timestamp, asked, done))
        return True

    def write(self, connection: Any) -> None:
        """Write all of it inside the transaction of a connection."""
        for name, at_ms, asked, done in self._said:
            nudges = () if asked is None else asked.nudges
            connection.execute(_CLOSE, (at_ms, done, name, dumps([one.nudge_id for one in nudges]).decode()))
            for one in nudges:
                connection.execute(
                    _ASK,
                    (
                        name, one.nudge_id, one.kind, " ".join(one.administration_ids), one.asks, one.answered_by,
                        asked.facility or "" if asked else "", asked.department or "" if asked else "", _epoch(one.since), one.asked_epoch,
                    ),
                )  # fmt: skip


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
