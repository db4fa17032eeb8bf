"""Topics as found, held against what they should be: what is missing, what differs, and what can be mended."""

import pytest

from streams.wire.topic_check import BrokerTopic, TopicCheck, check_topics, expected_partitions
from streams.wire.topics import (
    CHARGES,
    COMMANDS,
    DEFAULT_PARTITIONS,
    ENCOUNTERS_CHANGELOG,
    EVENTS,
    RAW_FHIR,
    REJECTS,
    TOPICS,
)

ALL = {one.name: BrokerTopic(4, one.settings()) for one in TOPICS}


def of(name: str, found: tuple[TopicCheck, ...]) -> TopicCheck:
    """Return what was found out about one topic."""
    return next(one for one in found if one.topic.name == name)


def test_topics_as_they_should_be_are_ok() -> None:
    """Created by us, they pass our own check."""
    assert {one.state for one in check_topics(ALL)} == {"ok"}


def test_an_empty_broker_lacks_everything() -> None:
    """The default count is what would be created."""
    found = check_topics({})
    assert {(one.state, one.expected) for one in found} == {("missing", DEFAULT_PARTITIONS)}


def test_what_is_there_decides_how_many_partitions_the_rest_gets() -> None:
    """The events' count first, any other's where there are no events yet, and a wanted one before both."""
    assert expected_partitions({CHARGES: BrokerTopic(3)}, None) == 3
    assert expected_partitions({CHARGES: BrokerTopic(3), EVENTS: BrokerTopic(6)}, None) == 6
    assert expected_partitions({RAW_FHIR: BrokerTopic(3)}, None) == 3
    assert expected_partitions({}, None) == DEFAULT_PARTITIONS
    assert expected_partitions({EVENTS: BrokerTopic(6)}, 12) == 12


def test_another_count_is_a_fault_that_nothing_mends() -> None:
    """The sentence says why."""
    found = of(CHARGES, check_topics({**ALL, CHARGES: BrokerTopic(3, ALL[CHARGES].settings)}))
    assert (found.state, found.wrong_partition_count, found.expected) == ("differs", True, 4)
    assert found.faults == (
        (
            "infusion.charges.v1 has 3 partitions, not 4. Counts must match and can never change, because state is "
            "kept by partition number: begin with new topics, or with another count"
        ),
    )


def test_raw_messages_have_the_count_of_the_others() -> None:
    """What is remembered of their facilities hangs on where they lie."""
    found = of(RAW_FHIR, check_topics({**ALL, RAW_FHIR: BrokerTopic(1, ALL[RAW_FHIR].settings)}, 4))
    assert (found.state, found.wrong_partition_count, found.expected) == ("differs", True, 4)


def test_a_wrong_cleanup_is_told_with_the_right_one() -> None:
    """A compacted record of events would lose all but the last of each stay."""
    settings = {**TOPICS[2].settings(), "cleanup.policy": "compact"}
    found = of(EVENTS, check_topics({**ALL, EVENTS: BrokerTopic(4, settings)}))
    assert (found.state, found.wrong_partition_count, found.cleanup) == ("differs", False, "compact")
    assert found.faults == ("infusion.events.v1 has cleanup.policy=compact; set cleanup.policy=delete",)


def test_too_small_a_message_is_told_and_a_larger_one_is_not() -> None:
    """A broker that takes more than is needed is fine."""
    asked = ALL[REJECTS].settings or {}
    small = of(
        REJECTS, check_topics({**ALL, REJECTS: BrokerTopic(4, {**asked, "max.message.bytes": "1048588"})})
    )
    assert small.faults == (
        (
            "infusion.rejects.v1 has max.message.bytes=1048588; set max.message.bytes=13631488: "
            "the largest message would be refused, and stop who sends it"
        ),
    )
    large = of(
        REJECTS, check_topics({**ALL, REJECTS: BrokerTopic(4, {**asked, "max.message.bytes": "99999999"})})
    )
    assert large.state == "ok"


def test_settings_nobody_tells_are_not_held_against_a_topic() -> None:
    """The embedded broker tells none."""
    found = of(EVENTS, check_topics({**ALL, EVENTS: BrokerTopic(4, None)}))
    assert (found.state, found.cleanup) == ("ok", None)


@pytest.mark.parametrize(
    ("name", "setting", "bad", "good"),
    [
        (EVENTS, "retention.ms", ("604800000", "0", ""), ("-1", "34560000000", "99999999999")),
        (EVENTS, "retention.bytes", ("1073741824", "0"), ("-1",)),
        (EVENTS, "message.timestamp.type", ("CreateTime",), ("LogAppendTime",)),
        (EVENTS, "compression.type", ("zstd", "gzip", "lz4", "snappy", "uncompressed"), ("producer",)),
        (CHARGES, "delete.retention.ms", ("86400000",), ("604800000", "9604800000")),
        (CHARGES, "min.compaction.lag.ms", ("0",), ("604800000",)),
        (COMMANDS, "max.message.bytes", ("1048588", "-1"), ("99999999",)),
        (ENCOUNTERS_CHANGELOG, "cleanup.policy", ("delete", "compact,delete"), ("compact",)),
        (ENCOUNTERS_CHANGELOG, "delete.retention.ms", ("0",), ("604800000",)),
    ],
)
def test_every_setting_that_matters_is_compared_with_what_is_needed(
    name: str, setting: str, bad: tuple[str, ...], good: tuple[str, ...]
) -> None:
    """Names and counts alone say nothing of what is deleted too early; more than is needed is fine."""
    asked = ALL[name].settings or {}
    for value in bad:
        found = of(name, check_topics({**ALL, name: BrokerTopic(4, {**asked, setting: value})}))
        assert found.state == "differs", value
        (fault,) = found.faults
        assert fault.startswith(f"{name} has {setting}={value}; set {setting}={asked[setting]}")
        assert found.loses == (setting != "compression.type")
    for value in good:
        found = of(name, check_topics({**ALL, name: BrokerTopic(4, {**asked, setting: value})}))
        assert found.state == "ok", value
