"""
Whether the logs still are what the group's positions were taken from, seen from outside: no worker has to live.

Workers note beside each position which topics there were and which leader had written the last record before it
(``streams.engine.position_note``). What Kafka says now is compared with that.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from streams.engine.cluster_facts import ClusterFacts
from streams.engine.cluster_requests import ask_cluster, epoch_ends
from streams.engine.log_faults import Cut, LogFaultError, changelog_cut, fault_of, gone, source_cut
from streams.engine.position_note import PositionNote, note_in
from streams.kafka.group_lag import PartitionLag
from streams.kafka.partition_asker import PartitionAsker, Spot

CHECK_EVERY_S: Final = 3.0


class LogCheck:
    """Checks the logs of one group again and again; what it says is of its last check that Kafka answered."""

    def __init__(self, asker: PartitionAsker, group: str, topics: Iterable[str]) -> None:
        """Check these topics, those the group reads and its changelogs."""
        self._asker, self._group, self._topics = asker, group, tuple(topics)
        self._known: ClusterFacts | None = None
        self.truncated: dict[Spot, int] = {}
        """Records that were read, or written and acknowledged, and are gone, by partition; 0 where none is."""
        self.faults: dict[str, LogFaultError] = {}
        """What is wrong, by topic."""

    async def check(self, lags: Sequence[PartitionLag]) -> None:
        """
        Compare what is noted beside the group's positions with what Kafka says now.

        Raises:
            aiokafka.errors.KafkaError: Kafka cannot be reached or answers with an error.
            TimeoutError: it takes longer than the asker waits.
        """
        noted = [(lag, note) for lag in lags if (note := note_in(lag.metadata)) is not None]
        now = await self._asker.through_client(lambda client: ask_cluster(client, self._topics))
        cut = await self._sources_cut(lags, noted)
        written = await self._changelogs_cut(noted, now)
        faults: dict[str, LogFaultError] = {
            spot[0]: source_cut(self._group, one) for spot, one in cut.items()
        }
        faults |= {topic: changelog_cut(*one) for (topic, _), one in written.items() if one.read > one.end}
        for known in self._all_known(now, noted):
            for name, facts in known.topics.items():
                alone = ClusterFacts(known.cluster_id, {name: facts})
                if (
                    fault := fault_of(alone, now) or (None if name in now.topics else gone(name))
                ) is not None:
                    faults[name] = fault
        places = {(lag.topic, lag.partition): 0 for lag in lags} | dict.fromkeys(written, 0)
        self.truncated = places | {spot: max(0, one.read - one.end) for spot, one in (cut | written).items()}
        self.faults = faults

    def _all_known(
        self, now: ClusterFacts, noted: Sequence[tuple[PartitionLag, PositionNote]]
    ) -> list[ClusterFacts]:
        """Return what is noted beside positions; where nothing is, the cluster as it was first found."""
        known = list({tuple(sorted(note.topics.items())): note.cluster for _, note in noted}.values())
        if known or self._known is None:
            # What workers go on with is what holds, also after they began anew.
            self._known = now
        return known or [self._known]

    async def _sources_cut(
        self, lags: Sequence[PartitionLag], noted: Sequence[tuple[PartitionLag, PositionNote]]
    ) -> dict[Spot, Cut]:
        epochs: dict[Spot, int] = {
            (lag.topic, lag.partition): note.epoch for lag, note in noted if note.epoch is not None
        }
        ends = await self._asker.through_client(lambda client: epoch_ends(client, epochs)) if epochs else {}
        cut: dict[Spot, Cut] = {}
        for lag in lags:
            spot, read = (lag.topic, lag.partition), lag.committed or 0
            end = min(lag.end, found) if (found := ends.get(spot, lag.end)) >= 0 else lag.end
            if end < read:
                cut[spot] = Cut(*spot, read, end)
        return cut

    async def _changelogs_cut(
        self, noted: Sequence[tuple[PartitionLag, PositionNote]], now: ClusterFacts
    ) -> dict[Spot, Cut]:
        written: dict[Spot, int] = {}
        for lag, note in noted:
            for topic, end in note.changelogs.items():
                if topic in now.topics and lag.partition < now.topics[topic].partitions:
                    spot = (topic, lag.partition)
                    written[spot] = max(end, written.get(spot, 0))
        ends: Mapping[Spot, int] = await self._asker.ends(written) if written else {}
        return {spot: Cut(*spot, written[spot], end) for spot, end in ends.items()}
