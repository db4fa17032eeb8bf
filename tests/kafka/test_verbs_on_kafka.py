"""The verbs on a real Apache Kafka, through its guarded door: topics, publishing, rejects, and a wrong password."""

import asyncio
from collections.abc import Callable
from os import environ
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from apache_kafka import ApacheKafka
from click.testing import Result
from confluent_kafka.admin import ConfigResource

from streams.kafka.connection import connection
from streams.kafka.publisher import largest_value
from streams.wire.reject_headers import reject_headers
from streams.wire.topics import CHARGES, EVENTS, REJECTS, TOPICS, topic

pytestmark = pytest.mark.broker

Run = Callable[..., Result]


def settings_of(kafka: ApacheKafka, name: str) -> dict[str, str]:
    """Return a topic's settings as the broker has them."""
    asked = ConfigResource(ConfigResource.Type.TOPIC, name)
    admin = kafka.admin()  # held until it has answered
    return {one.name: one.value for one in admin.describe_configs([asked])[asked].result(30).values()}


async def reject(line: bytes) -> None:
    """Put a line on the rejects topic, through the door the environment describes."""
    given = connection(environ).for_aiokafka()
    async with AIOKafkaProducer(**given, max_request_size=topic(REJECTS).max_message_bytes) as sender:
        headers = reject_headers((("ce_id", b"1"),), "line: why", EVENTS, 0, 0)
        await sender.send_and_wait(REJECTS, line, key=b"E1", headers=[*headers])


def test_topics_are_created_with_their_settings_and_their_counts_never_change(
    own_kafka: Callable[..., ApacheKafka], infusion: Run
) -> None:
    """Created once, checked ever after; what was set otherwise meanwhile is told, and a count is for good."""
    kafka = own_kafka(settings={"auto.create.topics.enable": "true"})
    assert infusion(kafka.bootstrap, "topics").stdout.count("missing") == len(TOPICS)
    assert infusion(kafka.bootstrap, "publish", given=b"{}").exit_code == 2
    assert infusion(kafka.bootstrap, "topics").stdout.count("missing") == len(TOPICS)

    made = infusion(kafka.bootstrap, "topics", "--create", "--partitions", "3", "--min-insync-replicas", "1")
    assert (made.exit_code, made.stderr) == (0, "")
    assert [CHARGES, "3", "3", "compact", "ok"] in [line.split() for line in made.stdout.splitlines()]
    for one in TOPICS:
        assert topic(one.name).settings().items() <= settings_of(kafka, one.name).items()
    assert settings_of(kafka, CHARGES)["min.insync.replicas"] == "1"

    again = infusion(kafka.bootstrap, "topics", "--create")
    assert (again.exit_code, again.stdout) == (0, made.stdout)
    more = infusion(kafka.bootstrap, "topics", "--create", "--partitions", "6")
    assert more.exit_code == 1
    assert "infusion.events.v1 has 3 partitions, not 6. Counts must match and can never change" in more.stderr

    kafka.set_topic(EVENTS, {"cleanup.policy": "compact", "max.message.bytes": "1000"})
    told = infusion(kafka.bootstrap, "topics")
    assert told.exit_code == 1
    assert told.stderr.splitlines() == [
        "infusion.events.v1 has cleanup.policy=compact; set cleanup.policy=delete.",
        (
            "infusion.events.v1 has max.message.bytes=1000; set max.message.bytes=12582912: the largest message would"
            " be refused, and stop who sends it."
        ),
    ]
    large = infusion(kafka.bootstrap, "publish", given=b'{"encounter_id": "E1", "x": "%s"}' % (b"x" * 2000))
    assert large.exit_code == 2
    assert "takes no message this large; infusion topics says what to set" in large.stderr


def test_a_refused_creation_is_told_in_the_brokers_words(
    own_kafka: Callable[..., ApacheKafka], infusion: Run
) -> None:
    """Three copies on one broker are asked for too much."""
    result = infusion(own_kafka().bootstrap, "topics", "--create", "--replication-factor", "3")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: infusion.raw.hl7v2.v1 was not created: ")
    assert result.stderr.count("\n") == 1


def test_everything_goes_through_the_guarded_door(
    own_kafka: Callable[..., ApacheKafka], infusion: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS and a password from the environment; a wrong password is one line that says so and does not tell it."""
    door: Any = own_kafka(secure=True).security
    for name, value in {
        "SECURITY_PROTOCOL": "SASL_SSL",
        "SASL_MECHANISM": "SCRAM-SHA-512",
        "SASL_USERNAME": door.user,
        "SASL_PASSWORD": door.password,
        "SSL_CAFILE": str(door.authority),
    }.items():
        monkeypatch.setenv(f"KAFKA_{name}", value)
    assert infusion(door.bootstrap, "topics", "--create", "--partitions", "2").exit_code == 0
    line = b'{"encounter_id": "E1"}'.ljust(largest_value(EVENTS))
    assert infusion(door.bootstrap, "publish", given=line).stderr == "events      published 1\n"

    asyncio.run(reject(line))
    late = infusion(door.bootstrap, "rejects", "--since", "2999-01-01T00:00:00Z")
    assert (late.exit_code, late.stderr) == (0, "rejects     0\n")
    listed = infusion(door.bootstrap, "rejects", "--since", "2026-01-01T00:00:00Z", "--format", "jsonl")
    assert f'"bytes":{len(line)}' in listed.stdout
    back = infusion(door.bootstrap, "rejects", "--replay", "--all")
    assert (back.exit_code, back.stderr) == (0, "rejects     replayed 1\n")

    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "Wilhelmina-4711")
    wrong = infusion(door.bootstrap, "topics")
    assert wrong.exit_code == 2
    assert wrong.stderr.count("\n") == 1
    assert "invalid credentials" in wrong.stderr
    assert wrong.stderr.endswith("; check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and the password\n")
    assert "Wilhelmina" not in wrong.stderr
