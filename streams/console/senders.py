"""Who sends, and who is silent: each source of events with its last message, its rhythm, and what of it was late or refused."""

from typing import Final, NamedTuple

from streams.console.read_model import ReadModel
from streams.console.silence import Rhythm, rhythm

_REMEMBERED_MINUTES: Final = 8 * 7 * 24 * 60
"""Weeks of minutes from which a rhythm is made."""
_DAY_MINUTES: Final = 24 * 60


class Sender(NamedTuple):
    """One source of events."""

    name: str
    newest_ms: int
    messages: int
    """In the last day, as ``late`` and ``rejected``."""
    late: int
    rejected: int
    total: int
    limit_minutes: float
    """Of silence, now."""
    own_rhythm: bool
    """Whether the limit is from its own rhythm; else it is the fixed one."""

    def silent_s(self, now: float) -> float:
        """Return for how many seconds it has said nothing."""
        return max(0.0, now - self.newest_ms / 1000)

    def silent(self, now: float) -> bool:
        """Tell whether that is longer than it is wont to."""
        return self.silent_s(now) > self.limit_minutes * 60


def senders(model: ReadModel, now: float) -> list[Sender]:
    """Return every sender, those that are silent too long first, then by name."""
    minute = int(now // 60)
    rejected = {
        row[0]: row[1]
        for row in model.rows(
            "SELECT source, count(*) FROM rejects WHERE state != 'mark' AND at_ms > ? GROUP BY source",
            (now - 86_400) * 1000,
        )
    }
    found = []
    for row in model.rows(
        "SELECT source, max(newest_ms) AS newest_ms, sum(messages) AS total, sum(CASE WHEN minute > ?1 THEN messages ELSE 0 END) AS day,"
        " sum(CASE WHEN minute > ?1 THEN late ELSE 0 END) AS late FROM heard GROUP BY source",
        minute - _DAY_MINUTES,
    ):
        limit, own = _rhythm(model, row["source"], minute).limit(minute)
        found.append(
            Sender(
                row["source"],
                row["newest_ms"],
                row["day"],
                row["late"],
                rejected.get(row["source"], 0),
                row["total"],
                limit,
                own,
            )
        )
    return sorted(found, key=lambda one: (not one.silent(now), one.name))


def _rhythm(model: ReadModel, source: str, minute: int) -> Rhythm:
    statement = "SELECT minute FROM heard WHERE source = ? AND minute > ? ORDER BY minute"
    return rhythm([row[0] for row in model.rows(statement, source, minute - _REMEMBERED_MINUTES)])
