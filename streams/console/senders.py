"""Who sends, and who is silent: each source of events with its last message, its rhythm, and what of it was late or refused."""

from typing import Any, Final, Literal, NamedTuple

from streams.console.read_model import ReadModel
from streams.console.silence import Rhythm, rhythm

_REMEMBERED_MINUTES: Final = 8 * 7 * 24 * 60
"""Weeks of minutes from which a rhythm is made."""
_DAY_MINUTES: Final = 24 * 60


Heard = Literal["heard", "spoke"]
"""The table that says who was heard in which minute."""


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


def senders(model: ReadModel, now: float, heard: Heard = "heard") -> list[Sender]:
    """
    Return every sender, those that are silent too long first, then by name.

    ``heard`` are sources of events, ``spoke`` senders of messages, by what they call themselves.
    """
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
        "SELECT source, max(newest_ms) AS newest_ms, sum(messages) AS total, sum(CASE WHEN minute > ?1 THEN messages ELSE 0 END) AS day,"  # noqa: S608 - a table of ours
        f" sum(CASE WHEN minute > ?1 THEN late ELSE 0 END) AS late FROM {heard} GROUP BY source",
        minute - _DAY_MINUTES,
    ):
        limit, own = _rhythm(model, heard, row["source"], minute).limit(minute)
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


def _rhythm(model: ReadModel, heard: Heard, source: str, minute: int) -> Rhythm:
    statement = f"SELECT minute FROM {heard} WHERE source = ? AND minute > ? ORDER BY minute"  # noqa: S608 - a table of ours
    return rhythm([row[0] for row in model.rows(statement, source, minute - _REMEMBERED_MINUTES)])


def unlinked(model: ReadModel) -> list[Any]:
    """Return how many infusions of pumps wait for their stay, by the facility whose messages they came with, the most first."""
    return model.rows(
        "SELECT facility, sum(infusions) AS infusions, count(*) AS programs FROM waiting_pumps GROUP BY facility ORDER BY 2 DESC, 1"
    )
