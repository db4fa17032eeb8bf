"""A stream of which half is read, and its logs and topics when somebody lays hands on them."""

from contextlib import suppress
from time import monotonic, sleep

from apache_kafka import ApacheKafka
from chaos import PARTITIONS, Stream
from chaos_feed import Feed, messages
from chaos_worker import Worker
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import NewPartitions
from cut_log import cut, ends

from streams.wire import topics

CUT = 15
"""Records lost of each partition, or some more: batches are lost whole."""

Cuts = dict[int, tuple[int, int]]
"""Where each partition ended before and ends now."""


def half_read(stream: Stream) -> Worker:
    """Have half of the events read and committed by a worker, and return it."""
    worker = stream.worker("worker-1")
    worker.until_ready()
    lines = stream.lines[: len(stream.lines) // 2]
    Feed(stream.kafka.bootstrap, messages(lines, PARTITIONS, 1, misrouted=0), 1).start().arrived()
    stream.outcome.at_rest(60)
    return worker


def said(worker: Worker) -> str:
    """Return the log of a worker."""
    return worker.log.read_text(encoding="utf-8", errors="replace")


def cut_topic(stream: Stream, name: str) -> Cuts:
    """Kill the broker and cut the end off each partition of a topic."""
    stream.kafka.kill()
    before = ends(stream.kafka, name)
    return {number: (end, cut(stream.kafka, name, number, CUT)) for number, end in before.items()}


def set_positions(kafka: ApacheKafka, positions: dict[tuple[str, int], int]) -> None:
    """Set positions of the workers' group, as soon as it has no member any more."""
    places = [TopicPartition(*place, offset) for place, offset in positions.items()]
    admin = kafka.admin()
    while True:
        asked = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(topics.APPLICATION, places)])
        with suppress(KafkaException):
            if all(one.error is None for one in asked[topics.APPLICATION].result(30).topic_partitions):
                return
        sleep(0.2)


def delete(kafka: ApacheKafka, *names: str) -> None:
    """Delete topics, and return when the cluster does not list them any more."""
    admin = kafka.admin()
    for deleting in admin.delete_topics([*names]).values():
        deleting.result(30)
    while {*names} & admin.list_topics(timeout=10).topics.keys():
        sleep(0.05)


def make(kafka: ApacheKafka, name: str, partitions: int = PARTITIONS) -> None:
    """
    Make a topic as the product has it, as soon as one of its name is gone for good.

    Raises:
        KafkaException: it was not in time.
    """
    until = monotonic() + 30
    while True:
        try:
            kafka.create_topic(name, partitions, settings=topics.topic(name).settings())
        except KafkaException:
            if monotonic() > until:
                raise
            sleep(0.1)
        else:
            return


def delete_group(kafka: ApacheKafka) -> None:
    """Delete the workers' group, as soon as it has no member any more."""
    admin = kafka.admin()
    while True:
        with suppress(KafkaException):
            for deleting in admin.delete_consumer_groups([topics.APPLICATION]).values():
                deleting.result(30)
            return
        sleep(0.2)


def grow(kafka: ApacheKafka, names: list[str], partitions: int) -> None:
    """Add partitions to topics."""
    admin = kafka.admin()
    for growing in admin.create_partitions([NewPartitions(name, partitions) for name in names]).values():
        growing.result(30)
