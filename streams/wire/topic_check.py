"""
The topics as a broker has them, held against what they should be. Pure.

A count of partitions that differs can not be mended: state is kept by partition number, so changing a count
would part stays from their state. Everything else can be set right on the broker.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from streams.wire.topics import DEFAULT_PARTITIONS, EVENTS, TOPICS, Topic

State = Literal["ok", "missing", "differs"]

_CLEANUP: Final = "cleanup.policy"
_LARGEST: Final = "max.message.bytes"


class Found(NamedTuple):
    """One topic as the broker has it."""

    partitions: int
    settings: Mapping[str, str] | None = None
    """Kafka's settings of the topic; None where the broker does not tell them."""


class Checked(NamedTuple):
    """One topic, what was expected of it and what was found."""

    topic: Topic
    expected: int
    """Partitions it should have."""
    partitions: int | None = None
    """Partitions it has; None for a missing topic."""
    cleanup: str | None = None
    """How it is cleaned up; None where nobody tells."""
    faults: tuple[str, ...] = ()
    """What differs and what to do about it, a sentence each."""

    @property
    def state(self) -> State:
        """Return whether the topic is as it should be."""
        if self.partitions is None:
            return "missing"
        return "differs" if self.faults else "ok"

    @property
    def miscounted(self) -> bool:
        """Tell whether it has another count of partitions than the others: the fault that no setting mends."""
        return self.partitions is not None and self.topic.aligned and self.partitions != self.expected


def expected_partitions(found: Mapping[str, Found], wanted: int | None) -> int:
    """Return how many partitions aligned topics should have: as wanted, or as the events, or as any has already."""
    if wanted is not None:
        return wanted
    counts = [found[one.name].partitions for one in TOPICS if one.aligned and one.name in found]
    if EVENTS in found:
        return found[EVENTS].partitions
    return counts[0] if counts else DEFAULT_PARTITIONS


def checked(found: Mapping[str, Found], wanted: int | None = None) -> tuple[Checked, ...]:
    """Return every topic of ours with what is missing or different, in their order."""
    expected = expected_partitions(found, wanted)
    return tuple(_checked(one, found.get(one.name), expected) for one in TOPICS)


def _checked(topic: Topic, found: Found | None, expected: int) -> Checked:
    if found is None:
        return Checked(topic, expected)
    settings = found.settings or {}
    if not topic.aligned:
        expected = found.partitions
    return Checked(
        topic,
        expected,
        found.partitions,
        settings.get(_CLEANUP),
        tuple(_faults(topic, found, settings, expected)),
    )


def _faults(topic: Topic, found: Found, settings: Mapping[str, str], expected: int) -> list[str]:
    faults = []
    if found.partitions != expected:
        faults.append(
            f"{topic.name} has {found.partitions} partitions, not {expected}. Counts must match and can never "
            f"change, because state is kept by partition number: begin with new topics, or with another count"
        )
    policy = settings.get(_CLEANUP)
    if policy is not None and policy != topic.cleanup:
        faults.append(f"{topic.name} has {_CLEANUP}={policy}; set {_CLEANUP}={topic.cleanup}")
    largest = settings.get(_LARGEST)
    if largest is not None and int(largest) < topic.max_message_bytes:
        faults.append(f"{topic.name} has {_LARGEST}={largest}; set {_LARGEST}={topic.max_message_bytes}")
    return faults
