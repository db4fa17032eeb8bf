"""The embedded broker: found in the wheel, spoken to over TCP, and honest about what it is not."""

from importlib.metadata import PackageNotFoundError
from pathlib import PurePosixPath
from typing import Any, NoReturn

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from streams.kafka import librdkafka
from streams.kafka.embedded import LIMITS, PRODUCE, EmbeddedBroker, EmbeddedBrokerError
from streams.kafka.librdkafka import LibraryError


async def test_what_is_sent_can_be_read_with_key_and_headers() -> None:
    """Any Kafka client will do; it does not know that there is no Kafka."""
    with EmbeddedBroker() as broker:
        broker.create_topic("wards", 2)
        async with AIOKafkaProducer(
            bootstrap_servers=broker.bootstrap_servers, enable_idempotence=True
        ) as sender:
            sent = await sender.send_and_wait("wards", b"given", key=b"E1", headers=[("content-type", b"x")])
        async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers) as reader:
            place = TopicPartition("wards", sent.partition)
            reader.assign([place])
            reader.seek(place, 0)
            read = await reader.getone()
    assert (read.key, read.value, read.headers) == (b"E1", b"given", (("content-type", b"x"),))


async def test_a_refused_request_is_tried_again_by_the_client() -> None:
    """An error that clients know to be passing is pushed once, and the message arrives once."""
    not_leader = 6
    with EmbeddedBroker() as broker:
        broker.create_topics({"wards": 1})
        broker.push_errors(PRODUCE, not_leader)
        async with AIOKafkaProducer(
            bootstrap_servers=broker.bootstrap_servers, enable_idempotence=True
        ) as sender:
            assert (await sender.send_and_wait("wards", b"given")).offset == 0
            assert (await sender.send_and_wait("wards", b"given")).offset == 1


async def test_a_broker_that_is_down_takes_no_connection_until_it_is_up() -> None:
    """What tests of an outage rest on."""
    with EmbeddedBroker() as broker:
        broker.create_topic("wards", 1)
        broker.set_down()
        lost = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers)
        with pytest.raises(KafkaConnectionError):
            await lost.start()
        await lost.stop()
        broker.set_up()
        broker.set_round_trip(1)
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as sender:
            assert (await sender.send_and_wait("wards", b"given")).offset == 0


async def test_records_can_be_dropped_as_by_retention() -> None:
    """The first offset that can be read moves on."""
    with EmbeddedBroker() as broker:
        broker.create_topic("wards", 1)
        place = TopicPartition("wards", 0)
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as sender:
            for _ in range(3):
                await sender.send_and_wait("wards", b"given")
        broker.delete_records("wards", 0, 2)
        async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers) as reader:
            assert await reader.beginning_offsets([place]) == {place: 2}


def test_a_topic_twice_is_refused_in_words() -> None:
    """The library's code is told as the library says it."""
    with EmbeddedBroker() as broker:
        broker.create_topic("wards", 2)
        with pytest.raises(EmbeddedBrokerError, match=r"create the topic wards with 3 partitions: .*exists"):
            broker.create_topic("wards", 3)


def test_a_closed_broker_says_so() -> None:
    """Calling into what the library has freed would end the process."""
    broker = EmbeddedBroker()
    broker.close()
    broker.close()
    with pytest.raises(EmbeddedBrokerError, match="was closed before"):
        broker.create_topic("wards", 1)


def test_its_limits_are_sentences() -> None:
    """They are shown to a person as they are."""
    assert all(one[0].isupper() and one.endswith(".") and "\n" not in one for one in LIMITS)
    assert any("5 MiB" in one for one in LIMITS)


class _Listed(PurePosixPath):
    def locate(self) -> PurePosixPath:
        """Return a place where nothing is."""
        return self


def _absent(_: str) -> NoReturn:
    raise PackageNotFoundError


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        (_absent, "confluent-kafka, which is not installed"),
        (lambda _: [_Listed("confluent_kafka/cimpl.so")], "installed without librdkafka"),
        (lambda _: [_Listed("confluent_kafka.libs/librdkafka-1.so.1")], "installed without librdkafka"),
        (lambda _: None, "installed without librdkafka"),
    ],
    ids=["no wheel", "no library listed", "listed but not there", "no list"],
)
def test_a_missing_library_is_told_with_what_to_install(
    listed: Any, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, and not what ctypes makes of it."""
    monkeypatch.setattr(librdkafka, "files", listed)
    librdkafka.loaded.cache_clear()
    with pytest.raises(LibraryError, match=f"{says}.*pip install"):
        EmbeddedBroker()
    librdkafka.loaded.cache_clear()


@pytest.mark.parametrize(
    "name",
    [
        "confluent_kafka.libs/librdkafka-0cb94173.so.1",
        "confluent_kafka/.dylibs/librdkafka.1.dylib",
        "confluent_kafka.libs/librdkafka-5d2e2910.dll",
    ],
)
def test_the_library_is_known_by_its_name_on_every_platform(name: str) -> None:
    """Linux, macOS and Windows wheels call it differently."""
    assert librdkafka._LIBRARY.search(name)  # noqa: SLF001 -- the pattern is all there is to test without those platforms
