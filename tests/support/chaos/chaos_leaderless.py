"""Every partition of ours without a leader for some seconds, while group and cluster go on answering."""

from pathlib import Path
from time import sleep

from apache_kafka import ApacheKafka
from chaos import PARTITIONS, Stream
from chaos_feed import Feed, day, messages
from chaos_verdict import Verdict

from streams.wire.topics import TOPICS


def leaderless(
    kafka: ApacheKafka, beside: ApacheKafka, folder: Path, seconds: float, encounters: int
) -> tuple[Verdict, int]:
    """Return what came out of a day in whose middle that happened, and how often the worker ended meanwhile."""
    lines = day(5, encounters)
    for one in TOPICS:
        kafka.create_topic(one.name, PARTITIONS, settings=one.settings(), on=[beside])
    with Stream(kafka, folder, lines) as stream:
        worker = stream.worker("worker-1")
        worker.until_ready()
        feed = Feed(kafka.bootstrap, messages(lines, PARTITIONS, 5), 6).start()
        sleep(3)
        beside.kill()
        sleep(seconds)
        beside.start()
        feed.arrived()
        return stream.settled(), sum(worker.ended.values())
