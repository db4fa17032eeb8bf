"""What a batch of records came to, as counts for whoever watches: nothing in here names a stay or an event. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from models.event import Event
from streams.wire.message import Record

UNNAMED: Final = "unnamed"
"""The source of an event that names none."""


def source_of(event: Event) -> str:
    """Return the name of an event's source."""
    return event.source or UNNAMED


@dataclass
class EventCounts:
    """Counts of one batch, by source, and of what it refused, by topic and kind."""

    taken: Counter[str] = field(default_factory=Counter)
    """Events that were not known yet."""
    duplicates: Counter[str] = field(default_factory=Counter)
    """Events that were; one that is read again after a crash is none."""
    late: Counter[str] = field(default_factory=Counter)
    """Events of stays that were coded already."""
    chart_delays: dict[str, list[float]] = field(default_factory=dict)
    """Seconds from when each event happened to when its source stored it."""
    newest: dict[str, Record] = field(default_factory=dict)
    """The last record of each source."""
    rejects: Counter[tuple[str, str]] = field(default_factory=Counter)
    headers_dropped: int = 0
    """Of events that were forwarded, beyond what a command has room for."""

    def take(self, event: Event, record: Record, *, late: bool) -> None:
        """Count an event that was added to its stay; a refusal left in the place of one is counted as a reject."""
        if event.type == "event_refused":
            return
        source = event.source or UNNAMED
        self.taken[source] += 1
        self.newest[source] = record
        if late:
            self.late[source] += 1
        if event.recorded_at is not None:
            delay = (event.recorded_at - event.occurred_at).total_seconds()
            self.chart_delays.setdefault(source, []).append(delay)

    def repeat(self, event: Event, record: Record) -> None:
        """Count an event that was known already."""
        if event.type != "event_refused":
            source = source_of(event)
            self.duplicates[source] += 1
            self.newest[source] = record
