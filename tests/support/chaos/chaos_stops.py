"""
Faults after which a pipeline has to stop, one at a time, and the remedy that streams/README.md gives for each.

After a fault that stops it nothing more is charged; after its remedy everything comes out right.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from signal import SIGCONT, SIGSTOP
from time import monotonic
from typing import Final, NamedTuple

from apache_kafka import ApacheKafka
from chaos import PARTITIONS, Stream
from chaos_charts import extremes, mingled
from chaos_feed import ORDERS, day
from chaos_verdict import Outcome, Verdict, coded
from chaos_worker import Worker
from confluent_kafka import OFFSET_END, TopicPartition
from half_read import cut_topic, delete, delete_group, grow, half_read, make, said, set_positions

from streams.wire import topics

_MORE: Final = 3
_ENDS_S: Final = 90
_FATAL: Final = 70
_CHANGELOGS: Final = (topics.ENCOUNTERS_CHANGELOG, topics.RELEASES_CHANGELOG, topics.ASSOCIATIONS_CHANGELOG)
_ALL: Final = [topic.name for topic in topics.TOPICS]


class NotStoppedError(Exception):
    """A worker went on, or did not say why it ended, or something was charged after the fault."""


class Stopped(NamedTuple):
    """One fault, and what came of it after its remedy."""

    kind: str
    events: int
    seconds: float
    ended: int
    """How often workers ended with 70 because of it."""
    verdict: Verdict


class Pair:
    """Two workers and a stream of which half is read."""

    def __init__(self, stream: Stream, seed: int) -> None:
        self.stream, self.kafka = stream, stream.kafka
        self.rng = Random(seed)  # noqa: S311 - repeatable, not secret
        self.workers: list[Worker] = [half_read(stream), stream.worker("worker-2")]
        self.workers[1].until_ready()
        stream.outcome.at_rest(_ENDS_S)
        self.ended = 0

    def stopped(self, words: str) -> None:
        """
        Return when both have ended with 70, the first twice, with these words among theirs and nothing charged.

        Raises:
            NotStoppedError: it was not so.
        """
        before = self.stream.outcome.said
        statuses = [worker.wait(_ENDS_S) for worker in self.workers]
        self.workers[0].start()
        statuses.append(self.workers[0].wait(_ENDS_S))
        self.stream.outcome.read()
        after = self.stream.outcome.said
        if {*statuses} != {_FATAL} or words not in said(self.workers[0]) or before != after:
            message = (
                f"ended with {statuses}, {after - before} charged meanwhile; is to be 70, 0 and: {words}"
            )
            raise NotStoppedError(message)
        self.ended += len(statuses)

    def start(self) -> None:
        """Start both."""
        for worker in self.workers:
            worker.start()

    def begin_anew(self) -> None:
        """Make changelogs, folders and positions anew, as the README says it, and start."""
        names = self.kafka.admin().list_topics(timeout=10).topics
        delete(self.kafka, *(name for name in _CHANGELOGS if name in names))
        for name in _CHANGELOGS:
            make(self.kafka, name)
        self.clear()
        self.start()

    def clear(self) -> None:
        """Delete the group and the folders."""
        delete_group(self.kafka)
        for worker in self.workers:
            shutil.rmtree(worker.disk, ignore_errors=True)


def _source_cut(pair: Pair) -> Verdict:
    cuts = cut_topic(pair.stream, topics.EVENTS)
    pair.kafka.start()
    pair.stopped("its log was cut short: it was read up to offset")
    set_positions(pair.kafka, {(topics.EVENTS, number): end for number, (_, end) in cuts.items()})
    pair.stream.publish()
    pair.start()
    return pair.stream.settled(300)


def _changelog_cut(pair: Pair) -> Verdict:
    cut_topic(pair.stream, pair.rng.choice(_CHANGELOGS[:2]))
    pair.kafka.start()
    pair.stopped("its log was cut short: it was written up to offset")
    pair.stream.publish()
    pair.begin_anew()
    return pair.stream.settled(300)


def _made_anew(pair: Pair, *names: str) -> Verdict:
    name = pair.rng.choice(names)
    delete(pair.kafka, name)
    make(pair.kafka, name)
    pair.stopped(f"topic {name} was deleted")
    pair.stream.publish()
    pair.begin_anew()
    return pair.stream.settled(300)


def _source_anew(pair: Pair) -> Verdict:
    return _made_anew(pair, topics.EVENTS, topics.COMMANDS, topics.CLOSED)


def _changelog_anew(pair: Pair) -> Verdict:
    return _made_anew(pair, *_CHANGELOGS[:2])


def _grown(pair: Pair) -> Verdict:
    grow(pair.kafka, _ALL, PARTITIONS + _MORE)
    pair.stopped(f"had {PARTITIONS} partitions and has {PARTITIONS + _MORE}")
    saved = pair.stream.folder / "saved.jsonl"
    pair.stream.infusion("topics", "--save-events", str(saved))
    delete(pair.kafka, *_ALL)
    pair.clear()
    pair.stream.infusion("topics", "--create", "--partitions", str(PARTITIONS + _MORE))
    pair.stream.infusion("publish", "--quiet", str(saved))
    pair.stream.publish()
    pair.start()
    expected = coded(pair.stream.lines, pair.stream.folder)
    outcome = Outcome(pair.kafka.bootstrap, expected, (), PARTITIONS + _MORE)
    try:
        return outcome.settled(300, pair.workers)
    finally:
        outcome.close()


def _group_deleted(pair: Pair) -> Verdict:
    """Delete the group, which stops nothing: every event is read again, and is known."""
    for worker in pair.workers:
        worker.stop()
    delete_group(pair.kafka)
    pair.stream.publish()
    pair.start()
    return pair.stream.settled(300)


def _retention(pair: Pair) -> Verdict:
    """Delete what is unread, which stops nothing: it is said, and is there again once it is published again."""
    for worker in pair.workers:
        worker.signal(SIGSTOP)
    pair.stream.publish()
    places = [TopicPartition(topics.EVENTS, number, OFFSET_END) for number in range(PARTITIONS)]
    admin = pair.kafka.admin()  # a name of its own: the answer comes to nobody once the client is gone
    for deleting in admin.delete_records(places).values():
        deleting.result(30)
    for worker in pair.workers:
        worker.signal(SIGCONT)
    pair.stream.publish()
    verdict = pair.stream.settled(300)
    if not any("INPUT LOST" in said(worker) for worker in pair.workers):
        message = "records were deleted unread, and nobody said so"
        raise NotStoppedError(message)
    return verdict


FAULTS: Final[Mapping[str, Callable[[Pair], Verdict]]] = {
    "source cut": _source_cut,
    "changelog cut": _changelog_cut,
    "source made anew": _source_anew,
    "changelog made anew": _changelog_anew,
    "partitions added": _grown,
    "group deleted": _group_deleted,
    "retention before the reader": _retention,
}


def stopping(kafka: ApacheKafka, folder: Path, kind: str, seed: int, encounters: int) -> Stopped:
    """
    Do one fault to a stream of which half is read, then what the README says, and compare.

    Raises:
        NotStoppedError: workers went on, or in silence, or charged something meanwhile.
    """
    begun = monotonic()
    lines = mingled(day(seed, encounters, ORDERS[seed % len(ORDERS)]), extremes(seed), seed)
    with Stream(kafka, folder, lines) as stream:
        pair = Pair(stream, seed)
        verdict = FAULTS[kind](pair)
        return Stopped(kind, len(lines), monotonic() - begun, pair.ended, verdict)
