"""Workers over a model of Kafka: the real agents, stays and releases over ``model_kafka``, driven by a schedule."""

import asyncio
import atexit
from collections.abc import AsyncIterator, Callable, Coroutine
from random import Random
from typing import Any

import pytest
from faust.types import TP
from model_kafka import Crash, Paper, PaperApp, PaperTable

from rules.engine import Profile
from streams.engine.batches import PartitionBatch
from streams.engine.progress import Progress
from streams.engine.records import Record
from streams.lifecycle.nudges import NudgePolicy
from streams.lifecycle.timeouts import Timeouts
from streams.metrics.figures import Figures
from streams.wire import topics
from streams.worker.agents import Agents, home_of
from streams.worker.encounter_store import EncounterStore
from streams.worker.nudge_board import NudgeBoard
from streams.worker.release_store import ReleaseStore
from streams.worker.settings import WorkerSettings

SOURCES = (topics.EVENTS, topics.COMMANDS, topics.CLOSED)
FOREVER = Timeouts(retention=100 * 365 * 86_400)
ROUNDS = (61, 5 * 3600, 73 * 3600, 4 * 86_400, 31 * 86_400, 31 * 86_400, 4 * 86_400)
"""Seconds: past every deadline of a stay short of forgetting it."""


STEPS = (20, 61, 3600, 5 * 3600, 2 * 86_400, 73 * 3600, 4 * 86_400, 31 * 86_400)
POISON = b'{"type":"injection_given","event_id":"x"}'
Sent = tuple[str, bytes, int]
"""The encounter an event is keyed by, its line, and how many partitions it goes astray."""


_LOOP = asyncio.new_event_loop()
"""For checkpoints, which watch the clock while they write; making one takes longer than the writing."""

atexit.register(_LOOP.close)


def at_once(work: Coroutine[Any, Any, Any]) -> None:
    """Run what never waits."""
    try:
        work.send(None)
    except StopIteration:
        return
    pytest.fail("it waited for something there is not on paper")


async def _only(batch: PartitionBatch) -> AsyncIterator[PartitionBatch]:
    yield batch


class PaperWorker:
    """One process: what it has in memory is lost when it dies."""

    def __init__(
        self, paper: Paper, timeouts: Timeouts, profile: Profile, nudges: NudgePolicy | None = None
    ) -> None:
        self.paper = paper
        self.app: Any = PaperApp(paper)
        self._tables: Any = [
            PaperTable(paper, topics.ENCOUNTERS_CHANGELOG), PaperTable(paper, topics.RELEASES_CHANGELOG)
        ]  # fmt: skip
        self.stays = EncounterStore(self.app, self._tables[0], capacity=10)
        settings = WorkerSettings(timeouts=timeouts, profile=profile)
        releases = ReleaseStore(self.app, self._tables[1])
        self.figures = Figures("worker")
        self.nudges = None if nudges is None else NudgeBoard(nudges, profile, self.figures)
        if (board := self.nudges) is not None:
            self.stays.on_live = lambda partition, key: board.restore(partition, (key,))
        self.agents = Agents(
            self.app,
            self.stays,
            releases,
            settings,
            paper.partitions,
            lambda: float(paper.now),
            None,
            self.nudges,
        )
        self._agent_of = dict(
            zip(SOURCES, (self.agents.follow, self.agents.close, self.agents.code), strict=True)
        )

    def own(self, partitions: set[int]) -> None:
        """Begin a membership: forget, recover the tables, seek to what is committed."""
        self.app.consumer.progress.clear()
        self.app.discard_unwritten()
        for table in self._tables:
            table.recover(partitions)
        for topic in SOURCES:
            for number in partitions:
                tp = TP(topic, number)
                self.app.consumer.progress[tp] = Progress(self.paper.committed.get(tp, 0))
        if self.nudges is not None:
            self.nudges.clear()
        self.stays.restore(partitions)

    def kept_keys(self) -> set[bytes]:
        """Return every key in its stores."""
        return {key for table in self._tables for key in table.all_keys()}

    def unread(self) -> list[TP]:
        """Return the partitions in which something waits for this worker."""
        progress = self.app.consumer.progress
        return [tp for tp in sorted(progress) if progress[tp].next < len(self.paper.logs[tp])]

    def read(self, which: int, most: int) -> None:
        """Hand a batch of one partition to its agent."""
        waiting = self.unread()
        if not waiting:
            return
        tp = waiting[which % len(waiting)]
        progress = self.app.consumer.progress[tp]
        batch = PartitionBatch(tp, self.paper.logs[tp][progress.next : progress.next + most])
        progress.hand_out(batch)
        at_once(self._agent_of[tp.topic](_only(batch)))

    def look(self) -> None:
        """Let the timer fire."""
        at_once(self.agents.look())

    def checkpoint(self, *, lease: tuple[float, float] = (9.0, 9.0), before_commit: bool = False) -> None:
        """Write a checkpoint as the engine's consumer does; ``lease`` is what is left before each of its steps."""
        consumer = self.app.consumer
        finished = {
            tp: (progress, position)
            for tp, progress in consumer.progress.items()
            if (position := progress.position()) is not None
        }
        made = self.app.checkpoint()
        producer = self.app.producer
        producer.delivered = 0
        writing = made.write(producer, lambda: lease[min(producer.delivered, 1)], 0.5)
        if not _LOOP.run_until_complete(writing):
            self.app.requeue(made)
            return
        self.app.written(made)
        if before_commit:
            raise Crash
        for tp, (progress, position) in finished.items():
            self.paper.committed[tp] = position
            progress.note_committed(position)


class Cluster:
    """All workers of the group, and what may befall them."""

    def __init__(
        self, now: int, workers: int = 2, partitions: int = 3,
        timeouts: Timeouts = FOREVER, profile: Profile = Profile(),  # noqa: B008 - immutable
        nudges: NudgePolicy | None = None,
    ) -> None:  # fmt: skip
        self.paper = Paper(partitions, now)
        self._made = lambda: PaperWorker(self.paper, timeouts, profile, nudges)
        self.workers = [self._made() for _ in range(workers)]
        self.deal(0)

    def deal(self, seed: int) -> None:
        """Deal the partitions anew, somehow: everybody forgets, and begins where the group stands."""
        chance = Random(seed)  # noqa: S311 - chance, not secrecy
        owner = {number: chance.randrange(len(self.workers)) for number in range(self.paper.partitions)}
        for place, worker in enumerate(self.workers):
            worker.own({number for number, whose in owner.items() if whose == place})

    def publish(self, encounter_id: str, line: bytes, astray: int = 0) -> None:
        """Send an event to its partition, or so many further."""
        number = (home_of(encounter_id, self.paper.partitions) + astray) % self.paper.partitions
        self.paper.append(TP(topics.EVENTS, number), Record(encounter_id.encode(), line))

    def crash(self, place: int, stage: int, seed: int) -> None:
        """Let a worker die: at once, in its changelogs, in its messages, or before the commit; and start again."""
        worker = self.workers[place]
        producer = worker.app.producer
        producer.chance, producer.stop_in = Random(seed), (None, 0, 1, None)[stage]  # noqa: S311 - chance, not secrecy
        try:
            if stage:
                worker.checkpoint(before_commit=stage == 3)
        except Crash:
            pass
        self.workers[place] = self._made()
        self.deal(seed)

    def busy_checkpoint(self, place: int, seed: int) -> None:
        """Write a checkpoint while other batches are read; now and then the lease runs out in the middle."""
        worker, chance = self.workers[place], Random(seed)  # noqa: S311 - chance, not secrecy

        def meanwhile() -> None:
            for _ in range(chance.randint(0, 3)):
                worker.read(chance.randrange(9), chance.randint(1, 4))

        worker.app.producer.meanwhile = meanwhile
        try:
            worker.checkpoint(lease=chance.choice([(9.0, 9.0), (9.0, 9.0), (9.0, 0.0), (0.0, 0.0)]))
        finally:
            worker.app.producer.meanwhile = None

    def turn(self, seed: int) -> None:
        """Let every worker look at its deadlines and read what waits, at times with checkpoints."""
        chance = Random(seed)  # noqa: S311 - chance, not secrecy
        often = chance.choice((0.0, 0.0, 0.2))
        for worker in self.workers:
            worker.look()
            for _ in range(chance.randint(1, 12)):
                worker.read(chance.randrange(9), chance.choice((1, 3, 100)))
                if chance.random() < often:
                    worker.checkpoint()

    def play(self, sent: list[Sent], schedule: list[tuple[str, int, int]]) -> None:
        """Do what the schedule says, then send what was not sent yet."""
        waiting = list(sent)

        def publish(_: int, how: int) -> None:
            for _ in range(min(1 + how % 8, len(waiting))):
                self.publish(*waiting.pop(0))

        def again(_: int, __: int) -> None:
            for one in sent[: len(sent) - len(waiting)]:
                self.publish(*one)

        def clock(_: int, how: int) -> None:
            self.paper.now += STEPS[how % len(STEPS)]

        ways: dict[str, Callable[[int, int], None]] = {
            "publish": publish,
            "again": again,
            "clock": clock,
            "poison": lambda _, how: self.publish("E1", POISON, how % 3),
            "read": lambda whom, how: self._worker(whom).read(how, 1 + whom),
            "turn": lambda _, how: self.turn(how),
            "checkpoint": lambda whom, _: self._worker(whom).checkpoint(),
            "busy": lambda whom, how: self.busy_checkpoint(whom % len(self.workers), how),
            "look": lambda whom, _: self._worker(whom).look(),
            "crash": lambda whom, how: self.crash(whom % len(self.workers), whom % 4, how),
            "deal": lambda _, how: self.deal(how),
        }
        for word, whom, how in schedule:
            ways[word](whom, how)
        while waiting:
            publish(0, 7)

    def _worker(self, number: int) -> PaperWorker:
        return self.workers[number % len(self.workers)]

    def quieten(self) -> None:
        """Write what is noted, and read everything there is and what comes of it, until nothing is left."""
        for worker in self.workers:
            worker.checkpoint()
        while any(worker.unread() for worker in self.workers):
            for worker in self.workers:
                worker.read(0, 100)
                worker.checkpoint()

    def advance(self) -> None:
        """Let all deadlines pass but the last one, and everything that follows from them be done."""
        self.quieten()
        for seconds in ROUNDS:
            self.paper.now += seconds
            for worker in self.workers:
                worker.look()
            self.quieten()
