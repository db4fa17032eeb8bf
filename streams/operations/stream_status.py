"""Whether the stream works, seen from outside: brokers, workers, lag, stays, money held, rejects, sources."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from orjson import JSONDecodeError, loads

from streams.charging.bill_hold import BillHold
from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.kafka.group_lag import GroupLag, PartitionLag
from streams.kafka.group_members import Cluster, cluster_of
from streams.kafka.partition_asker import PartitionAsker
from streams.lifecycle.account_notice import is_directory
from streams.lifecycle.state import UnknownFormatError, deadline_of, last_source_of, phase_of
from streams.lifecycle.stay_journal import entry_of, summary_of
from streams.operations.departures import Departures
from streams.operations.log_check import LogCheck
from streams.operations.topic_view import TopicView
from streams.operations.unlinked_pumps import UnlinkedPumps
from streams.wire import topics
from streams.wire.reject_marks import mark_of
from streams.wire.topic_check import check_topics

Verdict = Literal[
    "working", "behind", "no worker", "rebalancing", "topics wrong", "logs wrong", "not started"
]

BEHIND_S: Final = 60
"""Seconds of lag from which a stream is called behind."""
_PATIENCE_S: Final = 15.0
"""Seconds a cluster that never had a group may take to make its topic of offsets."""
_RECENT: Final = 500
"""Newest events of each partition that are asked for their source."""


@dataclass(slots=True)
class StreamStatus:
    """One look at the stream; instants in epoch milliseconds, deadlines in epoch seconds."""

    at_ms: int
    cluster: Cluster
    topics_wrong: tuple[str, ...] = ()
    log_faults: tuple[str, ...] = ()
    """What is wrong with a log the workers read or keep states in, a sentence a topic; they stop for it."""
    lags: tuple[PartitionLag, ...] = ()
    phases: Counter[str] = field(default_factory=Counter)
    next_due_s: int | None = None
    """The nearest deadline of a stay that is not final yet."""
    overdue: int = 0
    """Stays whose deadline has passed by more than a minute."""
    statuses: Counter[str] = field(default_factory=Counter)
    held_cents: int = 0
    next_hold_end_s: int | None = None
    """When the first bill hold of a held stay ends, or ended; None where nothing is held."""
    past_hold: int = 0
    """Held stays whose bill hold has ended."""
    asking: int = 0
    oldest_question_ms: int | None = None
    unlinked: int = 0
    """Infusions of pumps whose stay is not known."""
    rejects: int = 0
    newest_reject_ms: int | None = None
    last_event_ms: dict[str, int] = field(default_factory=dict)
    """When the newest event of each source was stored; among the newest of each partition."""
    unheard: tuple[str, ...] = ()
    """Sources that are expected and neither among those events nor the last word of any stay."""

    @property
    def lag_seconds(self) -> float:
        """The largest lag of any partition."""
        return max((lag.seconds(self.at_ms) for lag in self.lags), default=0.0)

    @property
    def lag_records(self) -> int:
        """Records that no worker has read, over all partitions."""
        return sum(lag.records for lag in self.lags)

    @property
    def deleted_unread(self) -> int:
        """Records that retention took before a worker had read them."""
        return sum(lag.deleted_unread for lag in self.lags)

    @property
    def verdict(self) -> Verdict:
        """What is the matter, the worst first; ``working`` when nothing is."""
        if self.log_faults:
            return "logs wrong"
        if self.topics_wrong:
            return "topics wrong"
        if not self.cluster.group.members:
            return "no worker" if any(lag.committed is not None for lag in self.lags) else "not started"
        if self.cluster.group.state != "Stable":
            return "rebalancing"
        return "behind" if self.lag_seconds > BEHIND_S or self.deleted_unread else "working"


class Held(NamedTuple):
    """A held set: what chooses its policy, and when it was published, in epoch seconds."""

    setting: str
    payer: str | None
    facility: str | None
    published_s: int


class StatusReader:
    """Looks at the stream; each look after the first reads only what is new."""

    def __init__(
        self, connection: Connection, bill_hold: BillHold, expected_sources: tuple[str, ...] = ()
    ) -> None:
        self._connection, self._bill_hold = connection, bill_hold
        self._expected_sources = expected_sources
        self._last_words: set[str] = set()
        self._asker = PartitionAsker(connection, _PATIENCE_S)
        self._lag = GroupLag(self._asker, topics.APPLICATION)
        self._logs = LogCheck(self._asker, topics.APPLICATION, topics.KEPT)
        self._stays: dict[bytes, tuple[str, int | None]] = {}
        self._charges: dict[bytes, tuple[str, int]] = {}
        self._departures = Departures()
        self._held: dict[bytes, Held] = {}
        self._questions: dict[bytes, int] = {}
        self._unlinked = UnlinkedPumps()
        self._rejects = 0
        self._newest_reject_ms: int | None = None
        self._last_event_ms: dict[str, int] = {}
        self._views: Final = (
            TopicView(topics.ENCOUNTERS_CHANGELOG, self._take_stay),
            TopicView(topics.CHARGES, self._take_charge_set),
            TopicView(topics.REVIEW, self._take_question),
            TopicView(topics.REJECTS, self._take_reject),
            TopicView(topics.ASSOCIATIONS_CHANGELOG, self._unlinked.take),
            TopicView(topics.EVENTS, self._take_event, tail=_RECENT),
        )

    async def look(self, now_ms: int) -> StreamStatus:
        """
        Return how the stream is at an instant, in epoch milliseconds.

        Raises:
            aiokafka.errors.KafkaError: Kafka cannot be reached or stopped answering.
        """
        cluster = await cluster_of(self._asker.groups, topics.APPLICATION)
        on_broker = await broker_topics(self._connection)
        checks = check_topics(on_broker, None)
        status = StreamStatus(now_ms, cluster, tuple(one.topic.name for one in checks if one.state != "ok"))
        there = {name: on_broker[name].partitions for name in topics.READ if name in on_broker}
        status.lags = tuple(await self._lag.look(there))
        await self._logs.check(status.lags)
        status.log_faults = tuple(str(fault) for _, fault in sorted(self._logs.faults.items()))
        for view in self._views:
            if view.topic in on_broker:
                await view.update(self._connection)
        self._fill(status)
        return status

    async def close(self) -> None:
        """Close the connections."""
        await self._asker.close()

    def _fill(self, status: StreamStatus) -> None:
        status.phases.update(phase for phase, _ in self._stays.values())
        # A final stay is only waiting to be forgotten.
        deadlines = [
            due for phase, due in self._stays.values() if due is not None and phase in {"open", "closed"}
        ]
        status.next_due_s = min(deadlines, default=None)
        status.overdue = sum(due < status.at_ms // 1000 - 60 for due in deadlines)
        status.statuses.update(said for said, _ in self._charges.values())
        ends = [self._hold_end(key, held) for key, held in self._held.items()]
        status.next_hold_end_s = min(ends, default=None)
        status.past_hold = sum(end <= status.at_ms // 1000 for end in ends)
        status.held_cents = sum(cents for said, cents in self._charges.values() if said == "held")
        status.asking = len(self._questions)
        status.oldest_question_ms = min(self._questions.values(), default=None)
        status.unlinked = self._unlinked.count
        status.rejects, status.newest_reject_ms = self._rejects, self._newest_reject_ms
        status.last_event_ms = dict(sorted(self._last_event_ms.items()))
        heard = self._last_words | self._last_event_ms.keys()
        status.unheard = tuple(source for source in self._expected_sources if source not in heard)

    def _hold_end(self, key: bytes, held: Held) -> int:
        departed_at = self._departures.of(key.decode(errors="replace"))
        since = held.published_s if departed_at is None else departed_at
        return self._bill_hold.ends_at(since, held.setting, held.payer, held.facility)

    def _take_stay(self, record: Any) -> None:
        self._departures.take(record)
        if record.key is None or is_directory(record.key):
            return
        entry = entry_of(record.key)
        try:
            if entry is not None:
                if record.value:
                    self._stays[entry[0]] = summary_of(record.value)
            elif record.value:
                self._stays[record.key] = (phase_of(record.value), deadline_of(record.value))
            else:
                self._stays.pop(record.key, None)
        except UnknownFormatError:
            return
        if (
            entry is None
            and record.value
            and (source := last_source_of(record.value)) in self._expected_sources
        ):
            self._last_words.add(source)

    def _take_charge_set(self, record: Any) -> None:
        charge_set = _json(record.value)
        if charge_set is None:
            self._charges.pop(record.key, None)
            self._held.pop(record.key, None)
            return
        paid = [
            (line.get("expected_payment") or {}).get("cents") or 0 for line in charge_set.get("lines", ())
        ]
        self._charges[record.key] = (str(charge_set.get("status")), sum(paid))
        if charge_set.get("status") == "held":
            setting = charge_set.get("setting") or "facility"
            about = (setting, charge_set.get("payer"), charge_set.get("facility"))
            self._held[record.key] = Held(*about, record.timestamp // 1000)
        else:
            self._held.pop(record.key, None)

    def _take_question(self, record: Any) -> None:
        if record.value is None:
            self._questions.pop(record.key, None)
        else:
            self._questions.setdefault(record.key, record.timestamp)

    def _take_reject(self, record: Any) -> None:
        if mark_of(record.headers) is not None:  # says of another reject that it was sent back or dismissed
            return
        self._rejects += 1
        self._newest_reject_ms = max(self._newest_reject_ms or 0, record.timestamp)

    def _take_event(self, record: Any) -> None:
        event = _json(record.value)
        source = event.get("source") if event is not None else None
        name = source if isinstance(source, str) and source else "unnamed"
        self._last_event_ms[name] = max(self._last_event_ms.get(name, 0), record.timestamp)


def _json(value: bytes | None) -> dict[str, Any] | None:
    """Return an object of JSON; None for a tombstone and for what is none."""
    try:
        read = loads(value) if value else None
    except JSONDecodeError:
        return None
    return read if isinstance(read, dict) else None
