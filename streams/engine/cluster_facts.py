"""What a cluster says of itself and of some topics. Plain values."""

from collections.abc import Mapping
from typing import NamedTuple


class TopicFacts(NamedTuple):
    """What a cluster says of one topic."""

    topic_id: str | None
    """Kafka's id, as its tools write it, another for each topic ever made; None where the broker is too old to have one."""
    partitions: int
    """0 while a broker does not know."""


class ClusterFacts(NamedTuple):
    """A cluster and the topics that were asked about; those it does not have are left out."""

    cluster_id: str | None
    topics: Mapping[str, TopicFacts]

    def with_more(self, other: "ClusterFacts") -> "ClusterFacts":
        """Return these facts, and those of another telling that are not among them."""
        topics = {name: facts for name, facts in self.topics.items() if facts.partitions}
        return ClusterFacts(self.cluster_id or other.cluster_id, {**other.topics, **topics})
