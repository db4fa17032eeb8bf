"""
Lag from outside: what becomes of the workers' group, told by a process that is none of it.

Figures inside a worker die with the worker. This asks Kafka each second for positions, ends, the timestamp of the first
unread record, and the members, without a group of its own: it works when no worker lives, and leaves no trace.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import monotonic, time
from typing import Final

from aiokafka.errors import KafkaError

from streams.kafka.admin import broker_topics
from streams.kafka.connection import Connection
from streams.kafka.group_lag import GroupLag, PartitionLag
from streams.kafka.group_members import cluster_of
from streams.kafka.partition_asker import PartitionAsker
from streams.kafka.retention import asked_retention_ms, retention_ms
from streams.metrics.build_info import tell_build
from streams.metrics.figures import Figures, Sample
from streams.metrics.lag import Place, lag_of
from streams.metrics.lag_lines import LagLines
from streams.metrics.page import page_of
from streams.metrics.probes import Answers, Verdict
from streams.metrics.table import LOG_FAULTS, READY_STATES
from streams.operations.log_check import CHECK_EVERY_S, LogCheck
from streams.operations.rejects_watch import RejectsWatch
from streams.wire import topics

_log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0

SILENT_S: Final = 10.0
"""Seconds without an answer after which what was said last is not said any more."""

STALE_S: Final = 30.0
"""Seconds without a look at every partition after which the same holds: timestamps of many take some."""

DEAD_S: Final = 60.0
"""Seconds without a turn of the loop after which the process is better started anew."""

_SEEN_FROM_OUTSIDE: Final = tuple(fault for fault in LOG_FAULTS if fault != "foreign_cluster")
"""Of which cluster a data folder is only its worker knows."""

_TOPICS_EVERY_S: Final = 300.0


class GroupWatch:
    """Watches the workers' group on one Kafka; ``clock`` returns epoch seconds."""

    def __init__(self, connection: Connection, clock: Callable[[], float] = time) -> None:
        self._connection, self._clock = connection, clock
        self._asker = PartitionAsker(connection)
        self._group = GroupLag(self._asker, topics.APPLICATION)
        self._logs = LogCheck(self._asker, topics.APPLICATION, topics.KEPT)
        self._checked_at = -CHECK_EVERY_S
        self._lags: list[PartitionLag] = []
        self._members: int | None = None
        self._partitions: dict[str, int] = {}
        self._reject_partitions = 0
        self._reject_ends: dict[int, int] = {}
        self._retention_ms = asked_retention_ms()
        self._topics_at = -_TOPICS_EVERY_S
        self._turned_at = self._looked_at = monotonic()
        self._why = ""
        self.figures: Final = Figures("watch")
        tell_build(self.figures)
        self.figures.provide(self.samples)
        self.figures.provide_lines(self.lines)
        self._lines = LagLines("infusion_group_")
        self._rejects = RejectsWatch(connection, partial(self.figures.add, "infusion_group_rejects_total", 1))

    def answers(self) -> Answers:
        """Return what the probes have to say."""
        return Answers(page_of(self.figures), self.verdict, self.dead)

    async def run(self) -> None:
        """Look until cancelled; a Kafka that does not answer is asked again."""
        before = ""
        counting = asyncio.ensure_future(self._rejects.run())
        try:
            while True:
                self._turned_at = monotonic()
                try:
                    await self._look()
                    self._why = ""
                except Exception as error:  # noqa: BLE001 - whatever it is, the silence grows, and /readyz says its kind
                    self._why = type(error).__name__
                verdict = self.verdict()
                if verdict.state != before:
                    level = logging.INFO if verdict.state in {"ready", "starting"} else logging.WARNING
                    _log.log(level, "%s: %s", verdict.state, verdict.why)
                    before = verdict.state
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            counting.cancel()
            await asyncio.wait((counting,), timeout=LOOK_EVERY_S)
            await self._asker.close()

    async def _look(self) -> None:
        if monotonic() - self._topics_at > _TOPICS_EVERY_S or self.missing():
            on_broker = await broker_topics(self._connection)
            self._topics_at = monotonic()
            self._partitions = {name: on_broker[name].partitions for name in topics.READ if name in on_broker}
            self._reject_partitions = (
                on_broker[topics.REJECTS].partitions if topics.REJECTS in on_broker else 0
            )
            self._retention_ms |= retention_ms(on_broker)
        lags = self._lags
        try:
            lags = await self._group.look(self._partitions)
            self._looked_at = monotonic()
        finally:  # a topic that is gone makes the look fail, and is what this tells
            await self._check_logs(lags)
            self._lags = lags
        await self._look_at_rejects()
        try:
            self._members = len((await cluster_of(self._asker.groups, topics.APPLICATION)).group.members)
        except (
            KafkaError,
            TimeoutError,
        ) as error:  # a broker that does not say who is in a group: lag is told all the same
            _log.debug("members are not told: %s", type(error).__name__)
            self._members = None

    async def _look_at_rejects(self) -> None:
        spots = [(topics.REJECTS, number) for number in range(self._reject_partitions)]
        try:
            ends = await self._asker.ends(spots) if spots else {}
        except (KafkaError, TimeoutError) as error:  # lag is told all the same
            _log.debug("rejects are not told: %s", type(error).__name__)
            ends = {}
        self._reject_ends = {number: end for (_, number), end in ends.items()}

    async def _check_logs(self, lags: Sequence[PartitionLag]) -> None:
        if monotonic() - self._checked_at < CHECK_EVERY_S:
            return
        try:
            await self._logs.check(lags)
        except (KafkaError, TimeoutError) as error:  # lag is told all the same, and what was found stays
            _log.debug("logs are not checked: %s", type(error).__name__)
        self._checked_at = monotonic()

    def missing(self) -> list[str]:
        """Return those topics of the workers that Kafka did not have when it was last asked."""
        return [name for name in topics.READ if name not in self._partitions]

    def verdict(self) -> Verdict:
        """Return whether what this process says is fresh, and of everything."""
        return next(self._verdicts())

    def _verdicts(self) -> Iterator[Verdict]:
        """Yield everything that is to be said, what explains the rest first."""
        broker, group = self._silences()
        because = f" ({self._why})" if self._why else ""
        if broker > SILENT_S:
            yield Verdict("broker_silent", f"Kafka has not answered for {broker:.0f} s{because}")
        if self._topics_at < 0:
            yield Verdict("starting", f"Kafka has not answered yet{because}")
        if (fault := next(iter(self._logs.faults.values()), None)) is not None:
            yield Verdict(fault.fault, str(fault))
        if missing := self.missing():
            yield Verdict("starting", f"Kafka has no {', '.join(missing)}; make them with infusion topics")
        if group > SILENT_S:
            told = f"no broker has told the group's positions for {group:.0f} s{because}"
            yield Verdict("coordinator_silent", told)
        if (stale := monotonic() - self._looked_at) > STALE_S:
            yield Verdict("not_polling", f"no look at all partitions was whole for {stale:.0f} s{because}")
        if not self._lags:
            yield Verdict("starting", f"Kafka has not answered yet{because}")
        yield Verdict("ready", f"watching {len(self._lags)} partitions")

    def _silences(self) -> tuple[float, float]:
        """Return the seconds since any broker answered, and since the one that answers for the group did."""
        now = monotonic()
        return now - max(self._group.broker_at, self._topics_at), now - self._group.group_at

    def dead(self) -> str | None:
        """Return what is dead about this process; None while its loop turns."""
        silent = monotonic() - self._turned_at
        return f"the loop has not turned for {silent:.0f} s" if silent > DEAD_S else None

    def samples(self) -> Iterator[Sample]:
        """Yield the figures; of partitions nobody has told about for a while only that their state is unknown."""
        verdict = self.verdict()
        broker, group = self._silences()
        yield "infusion_ready", (), float(verdict.ready)
        for state in READY_STATES:
            yield "infusion_ready_state", (state,), float(state == verdict.state)
        yield "infusion_broker_silence_seconds", (), broker
        yield "infusion_loop_silence_seconds", (), monotonic() - self._turned_at
        yield "infusion_group_silence_seconds", (), group
        fresh = self._fresh()
        if fresh and self._members is not None:
            yield "infusion_group_members", (), float(self._members)
        for lag in self._lags if fresh else ():
            place = (lag.topic, str(lag.partition))
            yield "infusion_group_deleted_unread_records", place, float(lag.deleted_unread)
        for number, end in self._reject_ends.items() if fresh else ():
            yield "infusion_group_rejects_stored_total", (str(number),), float(end)
        yield from self._log_samples()

    def lines(self) -> dict[str, list[str]]:
        """Return the lines of the page about every partition, by metric."""
        fresh, now_ms = self._fresh(), self._clock() * 1000
        places = [((lag.topic, lag.partition), _place(lag, fresh=fresh)) for lag in self._lags]
        told = ((spot, place, lag_of(place, now_ms)) for spot, place in places)
        return self._lines.lines(told, self._retention_ms)

    def _fresh(self) -> bool:
        return max(self._silences()) <= SILENT_S and monotonic() - self._looked_at <= STALE_S

    def _log_samples(self) -> Iterator[Sample]:
        """Yield what the last check of the logs came to: a fault stays until it is mended, whoever is silent."""
        for (topic, number), records in self._logs.truncated.items():
            yield "infusion_group_truncated_records", (topic, str(number)), float(records)
        if self._logs.truncated or self._logs.faults:
            for topic in topics.KEPT:
                found = self._logs.faults.get(topic)
                for fault in _SEEN_FROM_OUTSIDE:
                    said = float(found is not None and found.fault == fault)
                    yield "infusion_group_log_fault", (topic, fault), said


def _place(lag: PartitionLag, *, fresh: bool) -> Place:
    if not fresh:
        return Place(None, 0, None)
    return Place(lag.committed, max(lag.start, lag.nothing_before), lag.end, lag.unread_since_ms)
