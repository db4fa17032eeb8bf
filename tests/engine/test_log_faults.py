"""What is said of a log that is not what it was, and what is noted to know it later."""

import pytest

from streams.engine.cluster_facts import ClusterFacts, TopicFacts
from streams.engine.log_faults import (
    Cut,
    ForeignClusterError,
    LogFaultError,
    PartitionsChangedError,
    TopicReplacedError,
    changelog_cut,
    fault_of,
    gone,
    source_cut,
)
from streams.engine.position_note import PositionNote, note_in

KNOWN = ClusterFacts("C1", {"in": TopicFacts("T1", 4), "other": TopicFacts("T2", 4)})


def found(cluster_id: str | None = "C1", topic_id: str | None = "T1", partitions: int = 4) -> ClusterFacts:
    """Return the cluster with one thing changed."""
    return ClusterFacts(cluster_id, {"in": TopicFacts(topic_id, partitions), "other": TopicFacts("T2", 4)})


@pytest.mark.parametrize(
    ("now", "kind", "words"),
    [
        (found(cluster_id="C2"), ForeignClusterError, "this is Kafka cluster C2, and what is kept here is of cluster C1"),
        (found(topic_id="T9"), TopicReplacedError, "topic in was deleted and made anew: it was T1 and is T9"),
        (found(partitions=6), PartitionsChangedError, "topic in had 4 partitions and has 6"),
        (found(partitions=2), PartitionsChangedError, "topic in had 4 partitions and has 2"),
        (found("C2", "T9", 6), ForeignClusterError, "cluster C2"),
    ],
    ids=["another cluster", "made anew", "grown", "made smaller", "the gravest first"],
)  # fmt: skip
def test_what_differs_is_named_with_both_values(
    now: ClusterFacts, kind: type[LogFaultError], words: str
) -> None:
    """And says what to do."""
    fault = fault_of(KNOWN, now)
    assert type(fault) is kind
    assert words in str(fault)


@pytest.mark.parametrize(
    "now",
    [KNOWN, found(cluster_id=None), found(topic_id=None), found(partitions=0), ClusterFacts("C1", {})],
    ids=["the same", "no cluster id", "no topic id", "in doubt", "not asked about"],
)
def test_what_is_not_told_is_not_compared(now: ClusterFacts) -> None:
    """Brokers older than topic ids, and one that just came up."""
    assert fault_of(KNOWN, now) is None


def test_a_topic_that_is_new_is_taken_up_and_one_that_is_known_stays() -> None:
    """A release may read another topic than the one before."""
    more = ClusterFacts("C1", {"in": TopicFacts("T9", 9), "new": TopicFacts("T3", 4)})
    known = KNOWN.with_more(more)
    assert known.topics == {**KNOWN.topics, "new": TopicFacts("T3", 4)}


def test_a_cut_names_partition_offsets_and_the_command() -> None:
    """Every partition that was cut at once, or one is mended a start."""
    said = str(source_cut("group", Cut("in", 2, 130, 115), Cut("in", 3, 9, 8)))
    assert "in, partition 2: its log was cut short: it was read up to offset 130 and was cut at 115" in said
    assert "Records 115 to 129 are gone" in said
    assert "--group group --topic in:2 --reset-offsets --to-offset 115" in said
    assert "so was in, partition 3: read up to 9, cut at 8" in said
    assert "written up to offset 50 and ends at 40" in str(changelog_cut("log", 1, 50, 40))
    assert "topic in was deleted" in str(gone("in"))


def test_a_note_is_read_as_it_was_written() -> None:
    """It stays far below the 4096 characters a broker takes."""
    names = [f"infusion.some.topic.of.ours.{number}.v1" for number in range(6)]
    topics = {name: TopicFacts("A" * 22, 10_000) for name in names}
    note = PositionNote(7, topics, {"a-changelog": 10**12, "another-changelog": 0})
    assert note_in(note.text()) == note
    assert note_in(PositionNote(None, {"in": TopicFacts(None, 1)}, {}).text()) is not None
    assert len(note.text()) < 1_000


@pytest.mark.parametrize(
    "text",
    [
        None, "", "by hand", "[]", "7", "{}", '{"v":2,"epoch":1,"topics":{},"changelogs":{}}',
        '{"v":1,"epoch":"x","topics":{},"changelogs":{}}', '{"v":1,"epoch":1,"topics":{"a":3},"changelogs":{}}',
        '{"v":1,"epoch":1,"topics":[],"changelogs":{}}',
    ],
)  # fmt: skip
def test_metadata_of_others_is_no_note(text: str | None) -> None:
    """A position set by hand, by a tool, or by a release to come."""
    assert note_in(text) is None
