"""The broker that other tests stand on: records come back, a restart and a kill keep them, the guarded door guards."""

import ssl
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.helpers import create_ssl_context
from apache_kafka import ApacheKafka
from confluent_kafka.admin import AdminClient, NewTopic
from kafka_security import MECHANISMS

pytestmark = pytest.mark.broker

Maker = Callable[..., ApacheKafka]


async def send(bootstrap: str, topic: str, *values: bytes, **settings: Any) -> None:
    """Produce values to partition 0 of a topic, and wait until each is stored."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, **settings) as producer:
        for value in values:
            await producer.send_and_wait(topic, value, partition=0)


async def read(bootstrap: str, topic: str, **settings: Any) -> list[bytes]:
    """Return every value of partition 0 of a topic."""
    place = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", **settings
    ) as consumer:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        return [(await consumer.getone()).value for _ in range(end)]


async def test_the_shared_broker_gives_back_what_it_was_sent(kafka: str, unique: str) -> None:
    """A test that needs but a topic of its own shares one broker with all others."""
    topic = f"{unique}events"
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(30)
    await send(kafka, topic, b"one", b"two")
    assert await read(kafka, topic) == [b"one", b"two"]


async def test_records_outlive_a_restart_and_a_kill(own_kafka: Maker) -> None:
    """The same ports and the same data after an orderly stop and after SIGKILL."""
    kafka = own_kafka()
    bootstrap = kafka.bootstrap
    kafka.create_topic("events", 2)
    await send(bootstrap, "events", b"one")
    kafka.restart()
    await send(bootstrap, "events", b"two")
    kafka.kill()
    assert not kafka.running
    kafka.start()
    assert kafka.bootstrap == bootstrap
    assert await read(bootstrap, "events") == [b"one", b"two"]


async def test_a_topic_can_be_made_to_refuse_and_to_take_again(own_kafka: Maker) -> None:
    """What a test of refused produces needs; and properties of the server are the test's to choose."""
    kafka = own_kafka(settings={"auto.create.topics.enable": "true"})
    await send(kafka.bootstrap, "made-by-use", b"taken")
    kafka.set_topic("made-by-use", {"max.message.bytes": "1"})
    with pytest.raises(MessageSizeTooLargeError):
        await send(kafka.bootstrap, "made-by-use", b"refused")
    kafka.set_topic("made-by-use", {"max.message.bytes": "1000"})
    await send(kafka.bootstrap, "made-by-use", b"taken again")
    assert await read(kafka.bootstrap, "made-by-use") == [b"taken", b"taken again"]


async def test_a_second_node_can_take_a_partitions_leader_away(own_kafka: Maker) -> None:
    """With it killed its partitions have no leader while the cluster answers; with it back, they have their data."""
    kafka = own_kafka()
    beside = own_kafka(beside=kafka)
    kafka.create_topic("elsewhere", on=[beside])
    await send(kafka.bootstrap, "elsewhere", b"one")
    beside.kill()
    admin = kafka.admin()
    while (at := admin.list_topics("elsewhere", timeout=10).topics["elsewhere"].partitions[0]).leader != -1:
        assert at.leader == beside.node
    beside.start()
    assert await read(kafka.bootstrap, "elsewhere") == [b"one"]


async def test_a_paused_broker_goes_on_where_it_stood(own_kafka: Maker) -> None:
    """Stopped clocks are what a pause of the machine looks like from outside."""
    kafka = own_kafka()
    kafka.create_topic("events")
    await send(kafka.bootstrap, "events", b"before")
    kafka.pause()
    assert kafka.running
    kafka.resume()
    await send(kafka.bootstrap, "events", b"after")
    assert await read(kafka.bootstrap, "events") == [b"before", b"after"]


async def test_the_guarded_listener_lets_in_who_has_certificate_and_password(own_kafka: Maker) -> None:
    """TLS with a certificate of its own authority, and each SASL mechanism the product offers."""
    kafka = own_kafka(secure=True)
    kafka.create_topic("events")
    door = kafka.security
    assert door
    assert ssl.get_server_certificate(("127.0.0.1", door.port)) == door.authority.read_text(encoding="ascii")
    for mechanism in MECHANISMS:
        settings = {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": mechanism,
            "sasl_plain_username": door.user,
            "sasl_plain_password": door.password,
            "ssl_context": create_ssl_context(cafile=str(door.authority)),
        }
        await send(door.bootstrap, "events", mechanism.encode(), **settings)
    assert await read(door.bootstrap, "events", **settings) == [name.encode() for name in MECHANISMS]
