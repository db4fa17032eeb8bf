"""More partitions than a site began with, as streams/README.md says it is done: new topics, and every event again."""

import shutil
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest
from apache_kafka import ApacheKafka
from chaos import Stream
from chaos_feed import day
from chaos_verdict import Outcome, coded
from click.testing import Result
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from streams.kafka.embedded import EmbeddedBroker
from streams.wire import topics

Maker = Callable[..., ApacheKafka]
Run = Callable[..., Result]

MORE = 7
STAYS = 60


@pytest.mark.broker
def test_partitions_are_grown_with_new_topics_and_the_events_again(own_kafka: Maker, tmp_path: Path) -> None:
    """The same charges under the same ids come out, of more partitions."""
    lines = day(7, STAYS)
    with Stream(own_kafka(), tmp_path / "stream", lines) as stream:
        worker = stream.worker("worker-1")
        stream.publish()
        before = stream.settled()
        assert before.comparison.same
        charged = dict(stream.outcome.reader.lines)
        assert worker.stop() == 0

        stream.infusion("topics", "--save-events", str(tmp_path / "saved.jsonl"))
        admin = stream.kafka.admin()
        ours = [topic.name for topic in topics.TOPICS]
        for deleting in admin.delete_topics(ours).values():
            deleting.result(30)
        while {*ours} & admin.list_topics(timeout=10).topics.keys():
            pass
        _delete_group(admin)
        shutil.rmtree(worker.disk)
        stream.infusion("topics", "--create", "--partitions", str(MORE))
        stream.infusion("publish", "--quiet", str(tmp_path / "saved.jsonl"))

        outcome = Outcome(stream.kafka.bootstrap, coded(lines, stream.folder), (), MORE)
        try:
            worker.start()
            after = outcome.settled(120, [worker])
        finally:
            outcome.close()
        assert (after.lost, after.double) == ((), ())
        assert after.comparison.same
        assert outcome.reader.lines == charged


def _delete_group(admin: AdminClient) -> None:
    """Delete the workers' group, as soon as the broker has seen the last of them go."""
    until = monotonic() + 60
    while True:
        try:
            admin.delete_consumer_groups([topics.APPLICATION])[topics.APPLICATION].result(30)
        except KafkaException as refused:
            if refused.args[0].code() != KafkaError.NON_EMPTY_GROUP or monotonic() > until:
                raise
            sleep(0.2)
        else:
            return


def test_every_event_is_saved_and_nothing_is_written_over(
    embedded: EmbeddedBroker, infusion: Run, tmp_path: Path
) -> None:
    """One line each; a file that is there is left alone."""
    lines = day(1, 3)
    infusion(embedded.bootstrap_servers, "publish", "-", given=b"\n".join(lines))
    place = tmp_path / "saved.jsonl"
    saved = infusion(embedded.bootstrap_servers, "topics", "--save-events", str(place))
    assert (saved.exit_code, saved.stderr) == (0, f"events      {len(lines)} saved to {place}\n")
    assert sorted(place.read_bytes().splitlines()) == sorted(lines)
    again = infusion(embedded.bootstrap_servers, "topics", "--save-events", str(place))
    assert again.exit_code == 2
    assert "cannot be written: File exists; name a file that is not there" in again.stderr
    both = infusion(embedded.bootstrap_servers, "topics", "--create", "--save-events", str(tmp_path / "x"))
    assert both.exit_code == 2
    assert "--create and --save-events are two steps" in both.stderr
