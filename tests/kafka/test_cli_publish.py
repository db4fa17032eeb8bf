"""``infusion publish`` against the embedded broker: every line arrives as it stands, and is counted."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from click.testing import Result
from orjson import dumps

from streams.kafka.embedded import PRODUCE, EmbeddedBroker
from streams.kafka.publisher import largest_value
from streams.wire.topics import EVENTS

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]


def event(encounter: str, number: int, at: str = "08:00") -> bytes:
    """Return an event as a line."""
    return dumps(
        {
            "type": "infusion_stopped",
            "event_id": f"m{number}",
            "encounter_id": encounter,
            "occurred_at": f"2026-03-02T{at}:00-05:00",
            "administration_id": "A1",
        }
    )


def lying_on(broker: EmbeddedBroker, topic: str = EVENTS, partitions: int = 4) -> list[Any]:
    """Return what lies on a topic, partition by partition."""

    async def read() -> list[Any]:
        places = [TopicPartition(topic, one) for one in range(partitions)]
        async with AIOKafkaConsumer(
            bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest"
        ) as reader:
            reader.assign(places)
            missing = sum((await reader.end_offsets(places)).values())
            missing -= sum((await reader.beginning_offsets(places)).values())
            found: list[Any] = []
            while len(found) < missing:
                found += [one for batch in (await reader.getmany(timeout_ms=100)).values() for one in batch]
        return sorted(found, key=lambda one: (one.partition, one.offset))

    return asyncio.run(read())


def test_every_line_arrives_as_it_stands_under_its_encounter(
    embedded: EmbeddedBroker, infusion: Run, tmp_path: Path
) -> None:
    """Bytes, key, headers; all of an encounter in one partition, in the order of the file."""
    lines = [event(f"E{number % 7}", number) for number in range(100)]
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n\n")
    result = infusion(embedded.bootstrap_servers, "publish", str(file))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "events      published 100\n")
    found = lying_on(embedded)
    assert sorted(one.value for one in found) == sorted(lines)
    for encounter in range(7):
        key = f"E{encounter}".encode()
        own = [one for one in found if one.key == key]
        assert len({one.partition for one in own}) == 1
        assert [one.value for one in own] == [event(f"E{encounter}", n) for n in range(encounter, 100, 7)]
    assert dict(found[0].headers)["ce_type"] == b"org.infusion-charges.infusion_stopped.v1"


def test_what_is_no_event_is_sent_and_counted(embedded: EmbeddedBroker, infusion: Run) -> None:
    """Nothing is dropped on the way: the worker rejects it where rejects are kept."""
    lines = [event("E1", 1), b"no event", b'{"type": "push_given"}']
    result = infusion(embedded.bootstrap_servers, "publish", given=b"\n".join(lines))
    assert result.exit_code == 1
    assert (
        result.stderr
        == "events      published 3, of them 2 without an encounter_id, which the worker rejects\n"
    )
    assert sorted((one.value, one.key) for one in lying_on(embedded)) == sorted(
        zip(lines, (b"E1", None, None), strict=True)
    )


def test_too_long_a_line_is_said_and_the_rest_is_sent(embedded: EmbeddedBroker, infusion: Run) -> None:
    """The broker would refuse it, and with it what stands beside it."""
    lines = [event("E1", 1), b"x" * 300, event("E1", 2)]
    words = ("publish", "--max-line-bytes", "256")
    result = infusion(embedded.bootstrap_servers, *words, given=b"\n".join(lines))
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        (
            "stdin:2: line: longer than 256 bytes, so it was skipped; "
            "send one event a line; if this is one, raise --max-line-bytes"
        ),
        "events      published 2; not sent 1",
    ]
    quiet = infusion(embedded.bootstrap_servers, *words, "--quiet", given=lines[1])
    assert quiet.stderr == "events      published 0; not sent 1\n"


def test_what_is_not_text_is_refused_as_a_whole(embedded: EmbeddedBroker, infusion: Run) -> None:
    """A packed file is no events."""
    result = infusion(embedded.bootstrap_servers, "publish", given=b"\x1f\x8b....")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "stdin:1: file: this is a gzip file, not text; unpack it first: gunzip -c\n"
    )


def test_an_event_of_ten_megabytes_is_sent(embedded: EmbeddedBroker, infusion: Run) -> None:
    """The embedded broker drops it after it has acknowledged it; that it takes it is what is asked here."""
    line = event("E1", 1) + b" " * 10_000_000
    assert len(line) < largest_value(EVENTS)
    result = infusion(embedded.bootstrap_servers, "publish", given=line)
    assert (result.exit_code, result.stderr) == (0, "events      published 1\n")


def test_a_passing_refusal_neither_loses_nor_doubles(embedded: EmbeddedBroker, infusion: Run) -> None:
    """The first requests meet a broker that leads no longer; the client asks again."""
    embedded.push_errors(PRODUCE, *[6] * 5)
    lines = [event("E1", number) for number in range(50)]
    result = infusion(embedded.bootstrap_servers, "publish", given=b"\n".join(lines))
    assert result.exit_code == 0
    assert [one.value for one in lying_on(embedded)] == lines


def test_a_refusal_for_good_is_one_line_and_says_what_arrived(
    embedded: EmbeddedBroker, infusion: Run
) -> None:
    """Nothing is taken for sent that is not; publishing again is the way out."""
    embedded.push_errors(PRODUCE, 29)
    result = infusion(embedded.bootstrap_servers, "publish", given=event("E1", 1))
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "events      published 0",
        "broken off before the end; publish the same again: what came twice changes nothing",
        (
            f"Error: Kafka at {embedded.bootstrap_servers} refuses this user: TopicAuthorizationFailedError; "
            "check KAFKA_SASL_* and the user's rights"
        ),
    ]


@pytest.mark.parametrize("words", [("--rate", "1000"), ("--speed", "3600000")])
def test_a_pace_sends_everything(embedded: EmbeddedBroker, infusion: Run, words: Sequence[str]) -> None:
    """When events come is the pace's own test; that all come is this one."""
    lines = [event("E1", number, f"{number:02}:30") for number in range(20)]
    result = infusion(embedded.bootstrap_servers, "publish", *words, given=b"\n".join(lines))
    assert result.exit_code == 0
    assert [one.value for one in lying_on(embedded)] == lines


def test_two_paces_are_wrong_usage(infusion: Run) -> None:
    """One of them would be ignored."""
    result = infusion(None, "publish", "--rate", "1", "--speed", "1", given=b"")
    assert result.exit_code == 2
    assert "--rate and --speed say two things; leave one out" in result.stderr


def test_no_kafka_is_one_line(nowhere: str, infusion: Run) -> None:
    """Nothing is read from the input before."""
    result = infusion(nowhere, "publish", given=event("E1", 1))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: Kafka at {nowhere} cannot be reached (")
    assert result.stderr.count("\n") == 1


def test_a_missing_topic_is_not_created_by_publishing(infusion: Run) -> None:
    """A topic a producer creates has one partition and a week's retention, for good."""
    with EmbeddedBroker() as broker:
        for _ in range(2):
            result = infusion(broker.bootstrap_servers, "publish", given=event("E1", 1))
            assert result.exit_code == 2
            assert result.stderr == (
                f"Error: Kafka at {broker.bootstrap_servers} has no topic infusion.events.v1; "
                "create the topics first: infusion topics --create\n"
            )


def test_an_interruption_says_what_arrived_and_ends(embedded: EmbeddedBroker) -> None:
    """Ctrl-C while a pipe is silent: what came before it is with the broker, and nothing hangs."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from streams.cli import main; main()", "publish"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "KAFKA_BOOTSTRAP_SERVERS": embedded.bootstrap_servers, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin is not None
    assert process.stderr is not None
    with process, process.stdin, process.stderr:
        process.stdin.write(event("E1", 1) + b"\n")
        process.stdin.flush()
        while not lying_on(embedded):
            pass
        process.send_signal(signal.SIGINT)
        said = process.stderr.read().decode()
        assert process.wait() == 130
    assert said.splitlines() == [
        "events      published 1",
        "broken off before the end; publish the same again: what came twice changes nothing",
    ]
