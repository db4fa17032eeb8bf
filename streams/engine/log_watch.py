"""
The watch over the logs a worker reads: whether they still are what they were, at every fetch and every few seconds.

aiokafka asks for a partition by its name and for records by their offset. It takes what comes for what was meant, and
where an offset is not there it goes to the oldest record there is, with a line in the log. So each answer to a fetch is
looked at before aiokafka has it, and what no fetch tells is asked for beside: which topics there are, how many
partitions they have, and how far the logs go of what this worker wrote itself.

All of it runs in the consumer's thread, on its connections. It holds nothing up but the fetch it has doubts about.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final

from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.structs import TopicPartition
from faust.types import TP

from streams.engine.cluster_facts import ClusterFacts
from streams.engine.cluster_requests import ask_cluster, epoch_ends
from streams.engine.epoch_trail import EpochTrail, RewrittenError, batches_in
from streams.engine.log_faults import (
    Cut,
    LogFaultError,
    LogTruncatedError,
    TopicReplacedError,
    changelog_cut,
    fault_of,
    gone,
    source_cut,
)
from streams.engine.position_note import PositionNote, note_in

LOOK_EVERY_S: Final = 2.0
"""Seconds from one look at the cluster to the next."""

_AGAIN_S: Final = 0.5
_PATIENCE_S: Final = 8.0
_SURE_S: Final = 1.5
"""Seconds for which a topic must be said to be another, or none: a broker that just came up may not know yet."""

_OUT_OF_RANGE: Final = OffsetOutOfRangeError.errno

_log = logging.getLogger(__name__)


class LogWatch:
    """Watches the logs of one consumer of aiokafka's, from its start until it is cancelled."""

    def __init__(
        self,
        consumer: Any,
        group: str,
        fatal: Callable[[BaseException], None],
        changelog_ends: Mapping[TP, int],
        known: ClusterFacts | None = None,
    ) -> None:
        """
        Watch what ``consumer`` reads for ``group``.

        ``changelog_ends`` has, of each changelog, the offset after what is known to lie there; another thread sets it, a
        value at a time. ``known`` is the cluster as it was before; without it, it is taken as found.
        """
        self._consumer, self._group, self._fatal = consumer, group, fatal
        self._changelog_ends, self._known = changelog_ends, known
        self._trails: dict[TP, EpochTrail] = {}
        self._ask = consumer._client.send  # noqa: SLF001 - aiokafka shows its answers to nobody
        consumer._client.send = self._send  # noqa: SLF001 - as above

    async def run(self) -> None:
        """Look until cancelled; a Kafka that does not answer is asked again."""
        said, since = "", monotonic()
        while True:
            fault: LogFaultError | None = None
            try:
                fault = await asyncio.wait_for(self._look(), _PATIENCE_S)
            except Exception as error:  # noqa: BLE001 - whatever it is, others tell of a Kafka that does not answer
                _log.debug("the cluster did not answer: %s", type(error).__name__)
            if str(fault or "") != said:
                said, since = str(fault or ""), monotonic()
            if fault is not None and (
                monotonic() - since >= _SURE_S or not isinstance(fault, TopicReplacedError)
            ):
                self._fatal(fault)
            await asyncio.sleep(_AGAIN_S if said else LOOK_EVERY_S)

    async def _look(self) -> LogFaultError | None:
        names = set(self._consumer.subscription())
        if not names:
            return None
        now = await ask_cluster(self._consumer._client, names)  # noqa: SLF001 - as above
        known = self._known = now if self._known is None else self._known.with_more(now)
        return (
            fault_of(known, now)
            or next(
                (gone(name) for name in sorted(known.topics) if name in names and name not in now.topics),
                None,
            )
            or await self._cut_changelog()
            or await self._cut_source(self._read())
        )

    async def _cut_changelog(self) -> LogTruncatedError | None:
        mine = self._consumer.assignment()
        written = {tp: end for tp, end in list(self._changelog_ends.items()) if TopicPartition(*tp) in mine}
        ends = await self._consumer.end_offsets([TopicPartition(*tp) for tp in written]) if written else {}
        for (topic, partition), end in ends.items():
            if end < written[TP(topic, partition)]:
                return changelog_cut(topic, partition, written[TP(topic, partition)], end)
        return None

    def _read(self) -> dict[TP, tuple[int, int]]:
        return {tp: last for tp, trail in self._trails.items() if (last := trail.last) is not None}

    async def _cut_source(self, read: Mapping[TP, tuple[int, int]]) -> LogTruncatedError | None:
        """Return what is wrong with partitions that were read up to an offset, of this epoch the last record before it."""
        ends = await epoch_ends(self._consumer._client, {tp: epoch for tp, (epoch, _) in read.items()})  # noqa: SLF001 - as above
        cuts = [
            Cut(*tp, upto, ends[tp])
            for tp, (_, upto) in sorted(read.items())
            if 0 <= ends.get(tp, upto) < upto
        ]
        return source_cut(self._group, *cuts) if cuts else None

    # Fetches

    async def _send(self, node: Any, request: Any, **how: Any) -> Any:
        answer = await self._ask(node, request, **how)
        if isinstance(request, FetchRequest):
            await self._check(request, answer)
        return answer

    async def _check(self, request: Any, answer: Any) -> None:
        told = [
            (TP(topic, number), code, fetched)
            for topic, rows in answer.topics
            for number, code, *_, fetched in rows
            if code or fetched
        ]
        if not told:  # most partitions have nothing new most of the time
            return
        asked_from = {(topic, number): offset for topic, rows in request.topics for number, offset, _ in rows}
        for tp, code, fetched in told:
            if code == _OUT_OF_RANGE:
                await self._out_of_range(tp, asked_from[tp])
            elif not code and fetched and tp not in self._changelog_ends:
                await self._follow(tp, asked_from[tp], fetched)

    async def _out_of_range(self, tp: TP, offset: int) -> None:
        """Stop for a log that ends below what was read; one whose beginning was deleted is told when records come."""
        place = TopicPartition(*tp)
        while place in self._consumer.assignment():
            try:
                start = (await self._consumer.beginning_offsets([place]))[place]
                end = (await self._consumer.end_offsets([place]))[place]
            except KafkaError:  # what the log is now must be known before anything of it is read
                await asyncio.sleep(_AGAIN_S)
                continue
            if start <= offset:
                self._fatal(
                    changelog_cut(*tp, offset, end)
                    if tp in self._changelog_ends
                    else source_cut(self._group, Cut(*tp, offset, await self._cut_at(tp, min(end, offset))))
                )
            return

    async def _follow(self, tp: TP, offset: int, fetched: bytes) -> None:
        trail = self._trails.get(tp)
        if trail is None:
            trail = self._trails[tp] = EpochTrail(offset)
        for batch in batches_in(fetched):
            try:
                doubtful = trail.begins_another(batch)
            except RewrittenError as error:
                cut = await self._cut_at(tp, error.args[0])
                self._fatal(source_cut(self._group, Cut(*tp, trail.upto, cut)))
                return
            if doubtful and trail.last is not None:
                cut = await self._cut_at(tp, trail.upto)
                if cut < trail.upto:
                    self._fatal(source_cut(self._group, Cut(*tp, trail.upto, cut)))
                    return
                trail = self._trails.get(tp, trail)  # the group may have dealt the partition anew meanwhile
            trail.take(batch)

    async def _cut_at(self, tp: TP, otherwise: int) -> int:
        """Return where the newest epoch read of a partition ends now; ``otherwise`` where no broker knows, or it ends later."""
        trail = self._trails.get(tp)
        while (
            trail is not None
            and trail.last is not None
            and TopicPartition(*tp) in self._consumer.assignment()
        ):
            try:
                ends = await epoch_ends(self._consumer._client, {tp: trail.last[0]})  # noqa: SLF001 - as above
            except KafkaError:
                ends = {}
            if tp in ends:
                return min(ends[tp], otherwise) if ends[tp] >= 0 else otherwise
            await asyncio.sleep(_AGAIN_S)
        return otherwise

    # Positions

    async def noted_changelogs(self) -> dict[TP, int]:
        """
        Return where changelogs ended at the least, by what is noted beside the positions of the group.

        Stops for topics that are others: the end of one is nothing to compare with.

        Raises:
            aiokafka.errors.KafkaError: there is no answer.
        """
        ends: dict[TP, int] = {}
        notes = await self._notes()
        if (fault := self._other_topics(notes)) is not None:
            self._fatal(fault)
        for tp, (_, note) in notes.items():
            for topic, end in note.changelogs.items():
                place = TP(topic, tp.partition)
                ends[place] = max(end, ends.get(place, 0))
        return ends

    async def begin(self) -> LogFaultError | None:
        """
        Follow what is read from the group's positions on, and return what is wrong with the logs; None where nothing is.

        The positions of all partitions are asked for: Kafka forgets those of a topic that is deleted, and what is noted
        beside others tells that there was another.

        Raises:
            aiokafka.errors.KafkaError: there is no answer.
        """
        notes = await self._notes()
        if (fault := self._other_topics(notes)) is not None:
            return fault
        mine = self._consumer.assignment()
        before, self._trails = self._trails, {}
        for tp, (offset, note) in notes.items():
            if TopicPartition(*tp) in mine:
                trail = self._trails[tp] = EpochTrail(offset, note.epoch)
                if (
                    fetched := before.get(tp)
                ) is not None:  # aiokafka fetches as soon as it is dealt a partition
                    trail.go_on_as(fetched)
        return await self._cut_source(
            {
                tp: (note.epoch, notes[tp][0])
                for tp in self._trails
                if (note := notes[tp][1]).epoch is not None
            }
        )

    def _other_topics(self, notes: Mapping[TP, tuple[int, PositionNote]]) -> LogFaultError | None:
        if self._known is None:
            return None
        faults = (fault_of(notes[tp][1].cluster, self._known) for tp in sorted(notes))
        return next((fault for fault in faults if fault is not None), None)

    async def _notes(self) -> dict[TP, tuple[int, PositionNote]]:
        """Return the group's positions, with what is noted beside them."""
        if self._known is None:
            await self._look()
        changelogs = {tp.topic for tp in self._changelog_ends}
        places = [
            TopicPartition(name, number)
            for name, facts in (self._known.topics if self._known is not None else {}).items()
            if name not in changelogs
            for number in range(facts.partitions)
        ]
        found = await self._consumer._coordinator.fetch_committed_offsets(places)  # noqa: SLF001 - aiokafka hands out the offset alone
        read = {TP(*place): (about.offset, note_in(about.metadata)) for place, about in found.items()}
        return {tp: (offset, note) for tp, (offset, note) in read.items() if note is not None}

    def note(self, tp: TP, offset: int) -> str:
        """Return what to commit beside a position."""
        trail = self._trails.get(tp)
        topics = self._known.topics if self._known is not None else {}
        changelogs = {
            topic: end
            for (topic, partition), end in list(self._changelog_ends.items())
            if partition == tp.partition
        }
        return PositionNote(trail.epoch_before(offset) if trail else None, topics, changelogs).text()
