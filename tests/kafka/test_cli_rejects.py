"""``infusion rejects`` on the embedded broker: what is shown, what is not, and what goes back."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from click.testing import Result
from orjson import loads

from streams.kafka.embedded import EmbeddedBroker
from streams.wire.message import Headers
from streams.wire.reject_headers import reject_headers
from streams.wire.topics import (
    APPLICATION,
    CHARGE_LINES,
    CHARGES,
    CLOSED,
    COMMANDS,
    ENCOUNTERS_CHANGELOG,
    EVENTS,
    REJECTS,
    REVIEW,
)

Run = Callable[..., Result]

CANARY = b"Wilhelmina-4711"
OWN: Headers = (("ce_id", b"1"), ("traceparent", b"00-1"))
NO_OFFSET = "occurred_at: has no offset, so the instant is unknown; write RFC 3339"
NO_JSON = "line: not JSON; write one JSON object a line"
Message = tuple[int, bytes | None, bytes | None, Headers]

LYING: Sequence[Message] = (
    (0, b"E1", CANARY, reject_headers(OWN, NO_OFFSET, EVENTS, 0, 42, "26.11.0")),
    (0, None, b"\xff" + CANARY, reject_headers((), NO_JSON, EVENTS, 3, 7, "26.11.0")),
    (2, b"E2", b'{"a": 1}', reject_headers((), NO_OFFSET, EVENTS, 2, 8, "26.11.0")),
)


@pytest.fixture
def refused(embedded: EmbeddedBroker) -> EmbeddedBroker:
    """Return a broker with three rejects: two in partition 0, one in partition 2."""
    put(embedded, LYING)
    return embedded


def put(broker: EmbeddedBroker, messages: Sequence[Message]) -> None:
    """Put messages on the rejects topic."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as sender:
            for partition, key, value, headers in messages:
                await sender.send_and_wait(REJECTS, value, key, partition, headers=[*headers])

    asyncio.run(send())


def events(broker: EmbeddedBroker) -> list[Any]:
    """Return what lies on the events topic."""

    async def read() -> list[Any]:
        places = [TopicPartition(EVENTS, one) for one in range(4)]
        async with AIOKafkaConsumer(
            bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest"
        ) as reader:
            reader.assign(places)
            missing = sum((await reader.end_offsets(places)).values())
            found: list[Any] = []
            while len(found) < missing:
                found += [one for batch in (await reader.getmany(timeout_ms=100)).values() for one in batch]
        return found

    return asyncio.run(read())


def lying(broker: EmbeddedBroker, topic: str) -> int:
    """Return how many records lie in partition 0 and 3 of a topic; none where there is no such topic."""
    if topic == "payroll":
        return 0

    async def ask() -> int:
        async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers) as reader:
            places = [TopicPartition(topic, one) for one in ((3,) if topic == REJECTS else range(4))]
            reader.assign(places)
            return sum((await reader.end_offsets(places)).values())

    return asyncio.run(ask())


def test_rejects_are_listed_with_place_origin_and_reason_and_nothing_of_them(
    refused: EmbeddedBroker, infusion: Run
) -> None:
    """Neither value nor key is shown: both are patients' data."""
    result = infusion(refused.bootstrap_servers, "rejects")
    assert (result.exit_code, result.stderr) == (0, "rejects     3: open 3\n")
    head, *rows = result.stdout.splitlines()
    assert head.split() == ["AT", "WHEN", "FROM", "STATE", "SENT", "REASON"]
    assert [row.split()[0] for row in rows] == ["0:0", "0:1", "2:0"]
    assert rows[0].endswith(f"infusion.events.v1 0:42             open          0  {NO_OFFSET}")
    assert CANARY.decode() not in result.stdout
    assert "E1" not in result.stdout


def test_key_and_value_are_shown_when_asked_for(refused: EmbeddedBroker, infusion: Run) -> None:
    """What is not text, or would steer the terminal, is written as its escape."""
    put(refused, [(3, b"E3", b"\x1b[31m", reject_headers((), NO_JSON, EVENTS, 3, 9))])
    result = infusion(refused.bootstrap_servers, "rejects", "--show")
    assert "    value  \\xffWilhelmina-4711\n" in result.stdout
    assert "    key    E1\n    value  Wilhelmina-4711\n" in result.stdout
    assert "    value  \\x1b[31m\n" in result.stdout
    assert "\x1b" not in result.stdout


def test_machines_get_json_lines(refused: EmbeddedBroker, infusion: Run) -> None:
    """The same facts by name; bytes that are no text as base64, and only when they are to be shown."""
    result = infusion(refused.bootstrap_servers, "rejects", "--format", "jsonl")
    found = [loads(line) for line in result.stdout.splitlines()]
    assert found[0] | {"rejected_at": ""} == {
        "partition": 0,
        "offset": 0,
        "rejected_at": "",
        "topic": "infusion.events.v1",
        "original_partition": 0,
        "original_offset": 42,
        "reason": NO_OFFSET,
        "rulebook": "26.11.0",
        "bytes": 15,
        "state": "open",
        "by": None,
        "first_origin": "infusion.events.v1:0:42",
        "replays": 0,
    }
    shown = infusion(refused.bootstrap_servers, "rejects", "--format", "jsonl", "--show", "0:1", "2:0")
    first, second = (loads(line) for line in shown.stdout.splitlines())
    assert (first["key"], first["value_base64"]) == (None, "/1dpbGhlbG1pbmEtNDcxMQ==")
    assert (second["key"], second["value"]) == ("E2", '{"a": 1}')


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("2:0",), ["2:0"]),
        (("--reason", "NO OFFSET"), ["0:0", "2:0"]),
        (("0:0", "0:1", "--reason", "json"), ["0:1"]),
        (("--since", "2020-01-01T00:00:00Z"), ["0:0", "0:1", "2:0"]),
        (("--since", "2999-01-01T00:00:00Z"), []),
    ],
)
def test_a_selection_is_what_fits_everything(
    refused: EmbeddedBroker, infusion: Run, words: Sequence[str], found: list[str]
) -> None:
    """By place, by reason in capitals or not, by time."""
    result = infusion(refused.bootstrap_servers, "rejects", *words)
    assert [row.split()[0] for row in result.stdout.splitlines()[1:]] == found


def test_a_replay_sends_back_the_same_bytes_and_says_that_it_is_one(
    refused: EmbeddedBroker, infusion: Run
) -> None:
    """Value, key and headers as they were, to the topic they came from; our own words are left out."""
    result = infusion(refused.bootstrap_servers, "rejects", "--replay", "0:0")
    assert (result.exit_code, result.stderr) == (0, "rejects     replayed 1\n")
    (back,) = events(refused)
    assert (back.key, back.value) == (b"E1", CANARY)
    assert back.headers == (
        *OWN,
        ("infusion-replay", b"0:0"),
        ("infusion-replay-first", b"infusion.events.v1:0:42"),
        ("infusion-replay-count", b"1"),
    )


def test_all_go_back_once_and_none_the_next_time(refused: EmbeddedBroker, infusion: Run) -> None:
    """What was sent back is marked, and told apart from what is open; who wants it again says so."""
    result = infusion(refused.bootstrap_servers, "rejects", "--replay", "--all")
    assert (result.exit_code, result.stderr) == (0, "rejects     replayed 3\n")
    result = infusion(refused.bootstrap_servers, "rejects", "--replay", "--all")
    assert (result.exit_code, result.stderr) == (0, "rejects     replayed 0\nleft alone  replayed 3\n")
    assert len(events(refused)) == 3
    assert infusion(refused.bootstrap_servers, "rejects").stderr == "rejects     3: replayed 3\n"
    result = infusion(refused.bootstrap_servers, "rejects", "--replay", "0:0")
    assert result.exit_code == 1
    assert "0:0 was not replayed: it was sent back already, to infusion.events.v1:" in result.stderr
    result = infusion(refused.bootstrap_servers, "rejects", "--replay", "--again", "0:0")
    assert (result.exit_code, len(events(refused))) == (0, 4)


def refuse_again(broker: EmbeddedBroker) -> None:
    """Put on the rejects topic what the worker would: each event that was sent back, refused once more."""
    for one in events(broker):
        headers = reject_headers(one.headers, NO_OFFSET, EVENTS, one.partition, one.offset)
        put(broker, [(one.partition, one.key, one.value, headers)])


def test_a_replay_twice_leaves_one_open_with_its_first_origin_and_its_count(
    refused: EmbeddedBroker, infusion: Run
) -> None:
    """However often it comes back, one message is one reject; and after N times it is left alone."""
    for _ in (1, 2):
        infusion(refused.bootstrap_servers, "rejects", "--replay", "--again", "0:0")
    refuse_again(refused)
    listed = infusion(refused.bootstrap_servers, "rejects", "--format", "jsonl", "--state", "open").stdout
    (found,) = [one for one in map(loads, listed.splitlines()) if one["replays"]]
    assert (found["first_origin"], found["replays"], found["state"]) == ("infusion.events.v1:0:42", 1, "open")
    words = ("rejects", "--park-after", "1")
    assert infusion(refused.bootstrap_servers, *words).stderr == "rejects     3: open 2, parked 1\n"
    result = infusion(refused.bootstrap_servers, *words, "--replay", "--all")
    assert result.stderr == "rejects     replayed 2\nleft alone  parked 1\n"
    result = infusion(refused.bootstrap_servers, *words, "--replay", "--state", "parked")
    assert result.stderr == "rejects     replayed 1\n"


def test_what_was_sent_back_and_read_is_mended(refused: EmbeddedBroker, infusion: Run) -> None:
    """The workers' committed position is behind it, and nobody refused it again."""
    infusion(refused.bootstrap_servers, "rejects", "--replay", "--all")

    async def read() -> None:
        async with AIOKafkaConsumer(
            bootstrap_servers=refused.bootstrap_servers, group_id=APPLICATION, enable_auto_commit=False
        ) as member:
            places = [TopicPartition(EVENTS, one) for one in range(4)]
            member.assign(places)
            await member.commit({**(await member.end_offsets(places))})

    asyncio.run(read())
    assert infusion(refused.bootstrap_servers, "rejects").stderr == "rejects     3: mended 3\n"
    listed = infusion(refused.bootstrap_servers, "rejects", "--format", "jsonl", "--state", "mended").stdout
    assert all(loads(line)["by"].startswith("infusion.events.v1:") for line in listed.splitlines())


def test_a_dry_run_counts_by_reason_and_sends_nothing(refused: EmbeddedBroker, infusion: Run) -> None:
    """The most first; places in the words are no reason of their own."""
    put(refused, [(1, b"E7", b"{", reject_headers((), "line: not JSON (byte 17)", EVENTS, 1, 1))])
    put(refused, [(1, b"E8", b"{", reject_headers((), "line: not JSON (byte 4)", EVENTS, 1, 2))])
    result = infusion(refused.bootstrap_servers, "rejects", "--replay", "--all", "--dry-run")
    assert result.stderr == "rejects     would be replayed 5\n"
    assert result.stdout.splitlines() == [
        "       2  line: not JSON (byte N)",
        f"       2  {NO_OFFSET.replace('3339', 'N')}",
        f"       1  {NO_JSON}",
    ]
    assert events(refused) == []
    assert infusion(refused.bootstrap_servers, "rejects").stderr == "rejects     5: open 5\n"


def test_a_dismissed_reject_is_told_apart_with_why(refused: EmbeddedBroker, infusion: Run) -> None:
    """It is not sent back with the others."""
    result = infusion(refused.bootstrap_servers, "rejects", "--dismiss", "a test feed", "2:0")
    assert (result.exit_code, result.stderr) == (0, "rejects     dismissed 1\n")
    assert infusion(refused.bootstrap_servers, "rejects").stderr == "rejects     3: open 2, dismissed 1\n"
    result = infusion(refused.bootstrap_servers, "rejects", "--replay", "2:0")
    assert result.stderr.startswith("2:0 was not replayed: it was dismissed: a test feed\n")


def test_rejects_are_chosen_by_source_and_time(refused: EmbeddedBroker, infusion: Run) -> None:
    """The source the event names, in its bytes or in its headers."""
    named = (("ce_source", b"pump"),)
    put(refused, [(1, b"E7", b'{"source":"emar"}', reject_headers((), NO_OFFSET, EVENTS, 1, 1))])
    put(refused, [(1, b"E8", b"{", reject_headers(named, NO_OFFSET, EVENTS, 1, 2))])
    for words, count in ((("--source", "pump"), 1), (("--source", "emar"), 1), (("--source", "x"), 0)):
        assert infusion(refused.bootstrap_servers, "rejects", *words).stderr.startswith(
            f"rejects     {count}"
        )
    for until, count in (("2020-01-01T00:00:00Z", 0), ("2999-01-01T00:00:00Z", 5)):
        result = infusion(refused.bootstrap_servers, "rejects", "--until", until)
        assert result.stderr.startswith(f"rejects     {count}")


@pytest.mark.parametrize(
    "topic", [CHARGES, CHARGE_LINES, REVIEW, REJECTS, CLOSED, COMMANDS, "payroll", ENCOUNTERS_CHANGELOG]
)
def test_a_replay_writes_to_topics_of_input_alone(refused: EmbeddedBroker, infusion: Run, topic: str) -> None:
    """Whatever the headers of a reject name: who may write rejects must not get a charge sent by another's hand."""
    put(refused, [(3, b"E1", b'{"forged":1}', reject_headers((), "a fault of ours", topic, 0, 0))])
    result = infusion(refused.bootstrap_servers, "rejects", "--replay", "3:0")
    assert result.exit_code == 1
    assert "3:0 was not replayed: " in result.stderr
    assert (
        "read for input" in result.stderr or "is the worker's own, and no such record lies" in result.stderr
    )
    assert "rejects     replayed 0\n" in result.stderr
    assert lying(refused, topic) == (1 if topic == REJECTS else 0)


def test_a_record_of_the_worker_s_own_goes_back_where_it_lies(refused: EmbeddedBroker, infusion: Run) -> None:
    """A closed stay that met a fault of ours is sent again after the fix, if it is the very record."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=refused.bootstrap_servers) as sender:
            await sender.send_and_wait(CLOSED, b"stay", b"E1", 0)

    asyncio.run(send())
    put(refused, [(3, b"E1", b"stay", reject_headers((), "a fault of ours", CLOSED, 0, 0))])
    put(refused, [(3, b"E1", b"STAY", reject_headers((), "a fault of ours", CLOSED, 0, 0))])
    result = infusion(refused.bootstrap_servers, "rejects", "--replay", "3:0", "3:1")
    assert "3:1 was not replayed" in result.stderr
    assert "rejects     replayed 1\n" in result.stderr
    assert lying(refused, CLOSED) == 2


def test_a_replay_by_reason_takes_those_alone(refused: EmbeddedBroker, infusion: Run) -> None:
    """One mended fault brings back what it had spoilt."""
    result = infusion(refused.bootstrap_servers, "rejects", "--replay", "--reason", "not JSON")
    assert result.stderr == "rejects     replayed 1\n"
    assert [one.value for one in events(refused)] == [b"\xff" + CANARY]


def test_what_can_not_go_back_is_said(refused: EmbeddedBroker, infusion: Run) -> None:
    """Somebody else's message, a topic that is none of ours, nothing at all: the rest goes."""
    put(
        refused,
        [
            (3, b"E1", b"x", ()),
            (3, b"E1", b"x", reject_headers((), "why", "payroll", 0, 1)),
            (3, b"E1", b"x", reject_headers((), "why", REJECTS, 0, 1)),
            (3, b"E1", b"x", reject_headers((), "why", EVENTS, 0, 1)),
        ],
    )
    words = ("--replay", "3:0", "3:1", "3:2", "3:3", "3:9")
    result = infusion(refused.bootstrap_servers, "rejects", *words)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "3:0 was not replayed: its headers do not say where it came from",
        "3:1 was not replayed: its topic is not one of those read for input; a replay writes to infusion.events.v1 alone",
        "3:2 was not replayed: its topic is not one of those read for input; a replay writes to infusion.events.v1 alone",
        "rejects     replayed 1",
        "3:9 is not there, or not among those asked for",
    ]
    assert len(events(refused)) == 1


def test_a_foreign_message_is_listed_as_what_it_is(refused: EmbeddedBroker, infusion: Run) -> None:
    """It does not stop the list."""
    put(refused, [(3, b"E1", b"x", ())])
    result = infusion(refused.bootstrap_servers, "rejects", "3:0")
    assert "no reason in its headers: something else than the worker put it here" in result.stdout


@pytest.mark.parametrize("words", [("--replay",), ("--replay", "--all", "0:1"), ("3",), ("3:x",)])
def test_an_unclear_replay_is_wrong_usage(infusion: Run, words: Sequence[str]) -> None:
    """Nothing goes back by accident."""
    result = infusion(None, "rejects", *words)
    assert result.exit_code == 2
    assert "--replay needs to know what" in result.stderr or "write PARTITION:OFFSET" in result.stderr


def test_no_rejects_are_good_news(embedded: EmbeddedBroker, infusion: Run) -> None:
    """Nothing on stdout for a machine to stumble over."""
    result = infusion(embedded.bootstrap_servers, "rejects")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "rejects     0\n")


def test_no_topic_and_no_kafka_are_one_line(nowhere: str, infusion: Run) -> None:
    """Each says what to do."""
    with EmbeddedBroker() as broker:
        for words in (("rejects",), ("rejects", "--replay", "--all")):
            result = infusion(broker.bootstrap_servers, *words)
            assert result.exit_code == 2
            assert "has no topic infusion.rejects.v1; create the topics first" in result.stderr
    result = infusion(nowhere, "rejects")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
