"""What the agents' batches come to, put into the figures and, once in a while, into the log. Names no stay."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Final

from streams.charging.charge_counts import Standing
from streams.charging.coding_counts import CodingCounts
from streams.feeds.raw_processor import RawCounts
from streams.lifecycle.event_counts import EventCounts
from streams.metrics.figures import Figures
from streams.wire import topics
from streams.wire.reject_kinds import SKIPPED, kind_of
from streams.wire.rejects import Reject
from streams.worker.release_count import ReleaseCount

_log = logging.getLogger(__name__)

_REJECTED: Final = "rejected"

MOST_SOURCES: Final = 100
"""Sources whose last word is kept: more than the page tells apart, and a bound for feeds that number theirs."""

NOTE_EVERY_S: Final = 10.0
"""Seconds between two lines about the same kind of thing, however much of it there is."""


class AgentFigures:
    """Takes in the counts of one worker's batches; ``clock`` returns epoch seconds."""

    def __init__(self, figures: Figures, releases: ReleaseCount, clock: Callable[[], float]) -> None:
        self._figures, self._releases, self._clock = figures, releases, clock
        self.skipped = 0
        """Damaged records that were moved past."""
        self._noted: dict[str, tuple[float, Counter[str]]] = {}
        self.arrived: dict[str, float] = {}
        """When the newest event of each source came to Kafka, in epoch seconds."""

    def followed(self, counts: EventCounts) -> None:
        """Take in a batch of events or commands."""
        add = self._figures.add
        for source, count in counts.taken.items():
            add("infusion_events_total", count, source)
        for source, count in counts.duplicates.items():
            add("infusion_duplicates_total", count, source)
        for source, count in counts.late.items():
            add("infusion_late_events_total", count, source)
        for source, delays in counts.chart_delays.items():
            self._figures.observe("infusion_chart_delay_seconds", delays, source)
        for source, record in counts.newest.items():
            came_at = getattr(record, "timestamp", 0) / 1000
            if source in self.arrived or len(self.arrived) < MOST_SOURCES:
                self.arrived[source] = max(came_at, self.arrived.get(source, 0.0))
        for (topic, kind), count in counts.rejects.items():
            self._rejected(topic, kind, count)
        if counts.headers_dropped:
            self.headers_dropped(counts.headers_dropped)

    def coded(self, partition: int, counts: CodingCounts) -> None:
        """Take in a batch of closed encounters."""
        figures, now = self._figures, self._clock()
        for status, count in counts.revisions.items():
            figures.add("infusion_charge_set_revisions_total", count, status)
        for change, count in counts.lines.items():
            figures.add("infusion_charge_lines_total", count, change)
        figures.observe("infusion_bedside_to_charge_seconds", (now - end for end in counts.bedside_ends))
        figures.observe("infusion_departure_to_charge_seconds", (now - at for at in counts.departures))
        for kind, count in counts.rejects.items():
            self._rejected(topics.CLOSED, kind, count)
        for key, before, after, since in counts.changes:
            self._releases.change(partition, key, before, after, since)
            if after is not None and after.status == "held" and (before is None or before.status != "held"):
                blocking = [flag for flag, severity in after.flags if severity == "block"]
                self._note("held for a person", " and ".join(blocking), 1)

    def converted(self, topic: str, counts: RawCounts) -> None:
        """Take in a batch of a raw topic."""
        add = self._figures.add
        for became, count in counts.became.items():
            add("infusion_raw_messages_total", count, topic, became)
        add("infusion_raw_events_total", counts.events, topic)
        for kind, count in counts.ignored.items():
            add("infusion_raw_ignored_total", count, kind)
        for kind, count in counts.rejects.items():
            self._rejected(topic, kind, count)

    def headers_dropped(self, count: int) -> None:
        """Take in headers a message had beyond what we send on."""
        self._figures.add("infusion_headers_dropped_total", count)

    def refused(self, topic: str, reasons: Iterable[Reject]) -> None:
        """Take in what was refused of a topic before anybody looked into it."""
        for kind, count in Counter(map(kind_of, reasons)).items():
            self._rejected(topic, kind, count)

    def _rejected(self, topic: str, kind: str, count: int) -> None:
        self._figures.add("infusion_rejects_total", count, topic, kind)
        if kind == SKIPPED:
            self.skipped += count
            self._figures.add("infusion_skipped_records_total", count, topic)
        self._note(_REJECTED, f"{kind} on {topic}", count)

    def purged(self, partition: int, key: bytes, before: Standing | None) -> None:
        """Take out a stay of which nothing is left."""
        self._releases.change(partition, key, before, None, 0)

    def _note(self, what: str, why: str, count: int) -> None:
        noted_at, waiting = self._noted.get(what, (-NOTE_EVERY_S, Counter()))
        waiting[why] += count
        self._noted[what] = noted_at, waiting
        self.say()

    def say(self) -> None:
        """Log what came together, if it is time."""
        now = monotonic()
        for what, (noted_at, waiting) in self._noted.items():
            if waiting and now - noted_at >= NOTE_EVERY_S:
                said = ", ".join(f"{count} {why}" for why, count in waiting.most_common(5))
                more = "" if len(waiting) <= 5 else f" and {len(waiting) - 5} kinds more"  # noqa: PLR2004 - as above
                level = logging.WARNING if what == _REJECTED else logging.INFO
                _log.log(level, "%s: %s%s", what, said, more)
                self._noted[what] = now, Counter()
