"""
What can be wrong with the logs a worker reads: each a reason to stop before anything more is decided, in words. Pure.

Kafka and its clients go on without a word in every one of these cases; what would be decided then is wrong.
"""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from streams.engine.cluster_facts import ClusterFacts

_ANEW = (
    "stop all workers, and begin anew from the topics that are read: make the changelogs anew, delete the data "
    "folders and the group's positions, and start"
)


class LogFaultError(Exception):
    """A log is not the one that was read before; the message says which, what is seen, and what to do."""

    fault: ClassVar[str] = "log_fault"
    """One word for figures and probes."""


class LogTruncatedError(LogFaultError):
    """Records that were read, or written and acknowledged, are not in the log any more."""

    fault = "log_truncated"


class TopicReplacedError(LogFaultError):
    """A topic was deleted and made anew under its name, or deleted."""

    fault = "topic_replaced"


class PartitionsChangedError(LogFaultError):
    """A topic has another count of partitions than states were kept by."""

    fault = "partitions_changed"


class ForeignClusterError(LogFaultError):
    """What is kept is of another cluster."""

    fault = "foreign_cluster"


class Cut(NamedTuple):
    """A partition that was read up to one offset, and whose log was cut at a lower one."""

    topic: str
    partition: int
    read: int
    end: int


def source_cut(group: str, cut: Cut, *more: Cut) -> LogTruncatedError:
    """Return what to say when partitions a group reads were cut."""
    topic, partition, read, end = cut
    others = "".join(
        f"; so was {one.topic}, partition {one.partition}: read up to {one.read}, cut at {one.end}"
        for one in more
    )
    return LogTruncatedError(
        f"{topic}, partition {partition}: its log was cut short: it was read up to offset {read} and was cut at {end}. "
        f"Records {end} to {read - 1} are gone from Kafka, and what was written since under these offsets was not read. "
        "Find out what the brokers lost (an unclean leader, a disk), send the lost records again from where they came "
        f"from, stop all workers, set the group's position to {end} and start; what was read already changes nothing: "
        f"kafka-consumer-groups --group {group} --topic {topic}:{partition} --reset-offsets --to-offset {end} --execute"
        f"{others}"
    )


def changelog_cut(topic: str, partition: int, written: int, end: int) -> LogTruncatedError:
    """Return what to say when the changelog of a table ends below what was written to it and acknowledged."""
    return LogTruncatedError(
        f"{topic}, partition {partition}: its log was cut short: it was written up to offset {written} and ends at {end}. "
        f"States {end} to {written - 1} are gone from Kafka, so what a table holds is older than what was decided. "
        f"Find out what the brokers lost; then {_ANEW}"
    )


def fault_of(known: ClusterFacts, now: ClusterFacts) -> LogFaultError | None:
    """
    Return what tells a cluster from the one that is known, the gravest first; None when it is the same.

    Ids that one of them does not tell are not compared, nor are topics that only one of them was asked about. Topics
    that are known and not there any more are told by ``gone``.
    """
    return next(_faults(known, now), None)


def _faults(known: ClusterFacts, now: ClusterFacts) -> Iterator[LogFaultError]:
    if None not in {known.cluster_id, now.cluster_id} and known.cluster_id != now.cluster_id:
        yield ForeignClusterError(
            f"this is Kafka cluster {now.cluster_id}, and what is kept here is of cluster {known.cluster_id}: positions "
            "and states of one mean other records in the other. Name the right cluster, or a data folder of its own; "
            "an empty folder is filled from the changelogs"
        )
    both = [
        (name, known.topics[name], now.topics[name]) for name in sorted(known.topics) if name in now.topics
    ]
    for name, was, found in both:
        if None not in {was.topic_id, found.topic_id} and was.topic_id != found.topic_id:
            yield TopicReplacedError(
                f"topic {name} was deleted and made anew: it was {was.topic_id} and is {found.topic_id}. Positions and "
                "states are of the one that is gone. Find out who did that; to go on with the new one, "
                f"{_ANEW}; then send the lost records again"
            )
    for name, was, found in both:
        if was.partitions and found.partitions and was.partitions != found.partitions:
            yield PartitionsChangedError(
                f"topic {name} had {was.partitions} partitions and has {found.partitions}: states are kept by partition "
                "number, so stays would be parted from their events. Partitions cannot be added to a topic in use, nor "
                "taken away again: make new topics with the count you want and publish the events again, as the README "
                "says under growing"
            )


def gone(name: str) -> TopicReplacedError:
    """Return what to say when a topic is not there any more."""
    return TopicReplacedError(
        f"topic {name} was deleted: Kafka does not have it any more. Nothing is read from it and nothing can be written. "
        f"Find out who did that; to go on, {_ANEW}; then send the lost records again"
    )
