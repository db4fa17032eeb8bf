"""
What is written beside a committed position, so that a log that is not the same any more is told from it later. Pure.

The group keeps it with the position, for whichever worker has the partition next: a data folder that is gone, or
another worker's, takes nothing of it away. A position that somebody else set has none.
"""

from collections.abc import Mapping
from json import dumps, loads
from typing import Any, Final, NamedTuple

from streams.engine.cluster_facts import ClusterFacts, TopicFacts

_VERSION: Final = 1


class PositionNote(NamedTuple):
    """What was known when a position was committed."""

    epoch: int | None
    """Of the leader that took the last record before the position; None where nobody knows."""
    topics: Mapping[str, TopicFacts]
    changelogs: Mapping[str, int]
    """Of this partition's tables, by topic: the offset after what was written and acknowledged."""

    def text(self) -> str:
        """Return what is committed beside the position, some 500 of the 4096 characters a broker takes."""
        return dumps(
            {
                "v": _VERSION,
                "epoch": self.epoch,
                "topics": {name: [*facts] for name, facts in self.topics.items()},
                "changelogs": dict(self.changelogs),
            },
            separators=(",", ":"),
        )

    @property
    def cluster(self) -> ClusterFacts:
        """Return the topics as they were then."""
        return ClusterFacts(None, self.topics)


def note_in(text: str | None) -> PositionNote | None:
    """Return the note in a position's metadata; None where there is none that can be read."""
    try:
        said: Any = loads(text or "")
        if said["v"] != _VERSION:
            return None
        epoch = said["epoch"]
        topics = {
            str(name): TopicFacts(None if identity is None else str(identity), int(count))
            for name, (identity, count) in said["topics"].items()
        }
        changelogs = {str(name): int(end) for name, end in said["changelogs"].items()}
        return PositionNote(None if epoch is None else int(epoch), topics, changelogs)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
