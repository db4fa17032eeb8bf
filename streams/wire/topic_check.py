"""
The topics on a broker compared with what they should be. Pure.

A count of partitions that differs can not be mended: state is kept by partition number, so changing a count
would part stays from their state. Everything else can be set right on the broker.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from streams.wire.topic_settings import setting_faults
from streams.wire.topics import DEFAULT_PARTITIONS, EVENTS, TOPICS, Topic

State = Literal["ok", "missing", "differs"]

_CLEANUP: Final = "cleanup.policy"


class BrokerTopic(NamedTuple):
    """One topic as the broker has it."""

    partitions: int
    settings: Mapping[str, str] | None = None
    """Kafka's settings of the topic; None where the broker does not tell them."""


class TopicCheck(NamedTuple):
    """One topic: what it should be, what the broker has, and what differs."""

    topic: Topic
    expected: int
    """Partitions it should have."""
    partitions: int | None = None
    """Partitions it has; None for a missing topic."""
    cleanup: str | None = None
    """How it is cleaned up; None where nobody tells."""
    faults: tuple[str, ...] = ()
    """What differs and what to do about it, a sentence each."""
    loses: bool = False
    """Whether something that differs may lose records, or refuse them."""

    @property
    def state(self) -> State:
        """Return whether the topic is as it should be."""
        if self.partitions is None:
            return "missing"
        return "differs" if self.faults else "ok"

    @property
    def wrong_partition_count(self) -> bool:
        """Tell whether its count of partitions differs from the others': the fault that no setting mends."""
        return self.partitions is not None and self.partitions != self.expected


def expected_partitions(on_broker: Mapping[str, BrokerTopic], wanted: int | None) -> int:
    """Return how many partitions our topics should have: as wanted, or as the events, or as any has already."""
    if wanted is not None:
        return wanted
    counts = [on_broker[topic.name].partitions for topic in TOPICS if topic.name in on_broker]
    if EVENTS in on_broker:
        return on_broker[EVENTS].partitions
    return counts[0] if counts else DEFAULT_PARTITIONS


def check_topics(on_broker: Mapping[str, BrokerTopic], wanted: int | None = None) -> tuple[TopicCheck, ...]:
    """Return every topic of ours with what is missing or different, in their order."""
    expected = expected_partitions(on_broker, wanted)
    return tuple(_check_topic(topic, on_broker.get(topic.name), expected) for topic in TOPICS)


def _check_topic(topic: Topic, on_broker: BrokerTopic | None, expected: int) -> TopicCheck:
    if on_broker is None:
        return TopicCheck(topic, expected)
    settings = on_broker.settings or {}
    return TopicCheck(
        topic,
        expected,
        on_broker.partitions,
        settings.get(_CLEANUP),
        tuple(_faults(topic, on_broker, settings, expected)),
        any(fault.loses for fault in setting_faults(topic, settings)),
    )


def _faults(topic: Topic, on_broker: BrokerTopic, settings: Mapping[str, str], expected: int) -> list[str]:
    faults = []
    if on_broker.partitions != expected:
        faults.append(
            f"{topic.name} has {on_broker.partitions} partitions, not {expected}. Counts must match and can never "
            f"change, because state is kept by partition number: begin with new topics, or with another count"
        )
    faults += [fault.says for fault in setting_faults(topic, settings)]
    return faults
