"""What only Kafka knows of partitions, asked without a group."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.kafka.connection import connection
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.group_lag import GroupLag, PartitionLag
from streams.kafka.partition_asker import FirstRecord, PartitionAsker

PLACES = [("wards", 0), ("wards", 1)]


async def filled(servers: str) -> None:
    """Write three records at instants, and commit the position of the second for a group."""
    async with AIOKafkaProducer(bootstrap_servers=servers) as sender:
        sent = [
            await sender.send_and_wait("wards", b"x", partition=0, timestamp_ms=at)
            for at in (1000, 2000, 3000)
        ]
    reader = AIOKafkaConsumer(bootstrap_servers=servers, group_id="nurses", enable_auto_commit=False)
    async with reader:
        reader.assign([TopicPartition("wards", 0)])
        await reader.commit({TopicPartition("wards", 0): sent[1].offset})


async def test_ends_positions_and_the_age_of_a_record_are_kafkas() -> None:
    """A partition without a position has none, and a record that retention took is not the oldest any more."""
    with EmbeddedBroker() as broker:
        broker.create_topic("wards", 2)
        servers = broker.bootstrap_servers
        await filled(servers)
        asker = PartitionAsker(connection({"KAFKA_BOOTSTRAP_SERVERS": servers}))
        try:
            assert await asker.ends(PLACES) == {("wards", 0): 3, ("wards", 1): 0}
            assert await asker.starts(PLACES) == {("wards", 0): 0, ("wards", 1): 0}
            assert await asker.committed("nurses", PLACES) == {("wards", 0): 1}
            ends = await asker.ends(PLACES)
            assert await asker.first_records({("wards", 0): 1}, ends) == {("wards", 0): FirstRecord(1, 2000)}
            broker.delete_records("wards", 0, 2)
            assert await asker.first_records({("wards", 0): 1}, ends) == {("wards", 0): FirstRecord(2, 3000)}
        finally:
            await asker.close()


async def test_a_group_is_late_by_what_is_still_there_and_what_is_gone_is_counted() -> None:
    """No member of it lives; a partition without a position has none, and all of its records are unread."""
    with EmbeddedBroker() as broker:
        broker.create_topic("wards", 2)
        await filled(broker.bootstrap_servers)
        asker = PartitionAsker(connection({"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers}))
        try:
            group = GroupLag(asker, "nurses")
            late = PartitionLag("wards", 0, 0, 3, 1, 2000)
            assert await group.look({"wards": 2}) == [late, PartitionLag("wards", 1, 0, 0, None, None)]
            assert (late.records, late.deleted_unread, late.seconds(5000)) == (2, 0, 3.0)
            broker.delete_records("wards", 0, 2)
            lost, _ = await group.look({"wards": 2})
            assert lost == PartitionLag("wards", 0, 2, 3, 1, 3000)
            assert (lost.records, lost.deleted_unread) == (1, 1)
            never, _ = await GroupLag(asker, "nobody").look({"wards": 2})
            assert (never.committed, never.records) == (None, 1)
        finally:
            await asker.close()


async def test_a_broker_that_is_gone_is_an_error_and_one_that_is_back_is_asked_again() -> None:
    """Whoever asks each second needs no other sign of an outage."""
    with EmbeddedBroker() as broker:
        broker.create_topic("wards", 2)
        asker = PartitionAsker(connection({"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers}))
        try:
            assert await asker.ends(PLACES[:1]) == {("wards", 0): 0}
            broker.set_round_trip(20_000)
            with pytest.raises(TimeoutError):
                await asker.ends(PLACES[:1])
            broker.set_round_trip(0)
            assert await asker.ends(PLACES[:1]) == {("wards", 0): 0}
        finally:
            await asker.close()
