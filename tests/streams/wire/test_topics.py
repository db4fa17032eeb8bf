"""The topics as values: what the broker is asked for, and what must be alike."""

import pytest

from streams.wire import topics
from streams.wire.asyncapi import channels
from streams.wire.topics import TOPICS, Topic

DAY = 24 * 60 * 60 * 1000


def test_every_topic_of_the_contract_is_there_by_its_name() -> None:
    """A name in the contract is a promise to other systems."""
    assert [one.name for one in TOPICS if not one.own] == [
        "infusion.raw.hl7v2.v1",
        "infusion.raw.fhir.v1",
        "infusion.events.v1",
        "infusion.encounters.closed.v1",
        "infusion.charges.v1",
        "infusion.charge-lines.v1",
        "infusion.review.v1",
        "infusion.rejects.v1",
        "infusion.deliveries.v1",
        "infusion.nudges.v1",
    ]


def test_the_published_document_has_the_same_names() -> None:
    """What is created and what is published cannot drift apart."""
    assert [one.address for one in channels()] == [one.name for one in TOPICS if not one.own]


def test_the_workers_own_topics_carry_its_name_where_faust_expects_it() -> None:
    """Faust looks for a changelog under the application's and the table's name; that of deliveries is named alike."""
    assert [one.name for one in TOPICS if one.own] == [
        "infusion.commands.v1",
        "infusion-charges-encounters-changelog",
        "infusion-charges-releases-changelog",
        "infusion-charges-associations-changelog",
        "infusion-charges-parked-changelog",
    ]


@pytest.mark.parametrize("one", TOPICS, ids=lambda one: one.name)
def test_a_message_of_ten_megabytes_fits(one: Topic) -> None:
    """Kafka's own limit of one megabyte would refuse it, and stop who sends it."""
    assert int(one.settings()["max.message.bytes"]) >= 12_000_000


def test_a_reject_of_the_largest_event_fits_with_its_headers() -> None:
    """The original bytes and headers, and a reason besides."""
    room = topics.topic(topics.REJECTS).max_message_bytes - topics.topic(topics.EVENTS).max_message_bytes
    assert room >= 64 * 1024


@pytest.mark.parametrize("one", TOPICS, ids=lambda one: one.name)
def test_a_topic_is_either_kept_for_a_time_or_by_key(one: Topic) -> None:
    """Nothing is kept by accident for the broker's week."""
    asked = one.settings()
    if one.cleanup == "delete":
        assert int(asked["retention.ms"]) >= 7 * DAY
    else:
        assert "retention.ms" not in asked
        assert asked["cleanup.policy"] == "compact"
        assert "min.compaction.lag.ms" in asked


def test_the_record_to_replay_outlives_the_time_to_file() -> None:
    """A claim may be filed for a year; what it stands on is kept longer."""
    assert int(topics.topic(topics.EVENTS).settings()["retention.ms"]) > 366 * DAY


def test_a_tombstone_of_a_changelog_outlives_a_weekend() -> None:
    """A worker with state on disk that was down must still see what was forgotten meanwhile."""
    asked = topics.topic(topics.ENCOUNTERS_CHANGELOG).settings()
    assert int(asked["delete.retention.ms"]) == 7 * DAY
    assert asked["min.compaction.lag.ms"] == "0"


def test_a_name_that_is_not_ours_is_refused() -> None:
    """A slip in a name is no new topic."""
    with pytest.raises(KeyError):
        topics.topic("infusion.event.v1")
