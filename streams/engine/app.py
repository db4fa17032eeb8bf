"""
The application: Faust's, with our transport, our recovery, and states that are written at checkpoints.

An agent takes batches, changes states with ``put``, sends with ``send_at_checkpoint``, and calls ``finish`` on the batch.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import faust
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.engine.batches import BatchSchema
from streams.engine.checkpoint import Addressed, Checkpoint, States
from streams.engine.checkpoint_pace import BACKLOG, gathering_s
from streams.engine.cluster_facts import ClusterFacts
from streams.engine.consumer import BatchConsumer
from streams.engine.error_place import place_of, placed, told
from streams.engine.exit_status import EXIT_FATAL
from streams.engine.kept_states import Journaled, Kept, State, bytes_of
from streams.engine.log_faults import LogFaultError
from streams.engine.process_memory import EVERY_S, give_back
from streams.engine.producer import CertainProducer
from streams.engine.queues import GenerationQueue
from streams.engine.records import Record
from streams.engine.recovery import SeekingTableManager
from streams.engine.stop_reasons import StoreError, UnreadableStateError, in_words
from streams.engine.store_memory import StoreMemory
from streams.engine.table import CheckpointTable
from streams.engine.versions import require_tested
from streams.engine.vitals import Vitals

_log = logging.getLogger(__name__)


class StopTimeoutError(Exception):
    """A worker told to stop could not finish in time: nothing was committed since, and the same is read again."""


class CheckpointTransport(driver.Transport):
    """Faust's Kafka transport with our consumer and producer."""

    Consumer = BatchConsumer
    Producer = CertainProducer


def stop_at_once(error: BaseException) -> None:
    """End the process as a crash would: nothing more is written or committed."""
    _log.critical("stopping before anything is committed: %s", told(error))
    logging.shutdown()
    os._exit(EXIT_FATAL)


class CheckpointApp(faust.App):
    """A Faust app that reads batches and writes checkpoints."""

    def __init__(
        self,
        name: str,
        *,
        on_fatal: Callable[[BaseException], None] = stop_at_once,
        lease_margin: float = 0.5,
        stop_within: float = 25.0,
        priority_topics: Iterable[str] = (),
        cluster: ClusterFacts | None = None,
        **settings: Any,
    ) -> None:
        require_tested()
        self._states: Kept = {}
        self._messages: list[Addressed] = []
        self._membership = 0
        self._writing: tuple[Checkpoint, Kept] | None = None
        self._on_revoked: list[Callable[[], None]] = []
        self._on_fatal = on_fatal
        self._on_recovered: list[Callable[[set[int]], None]] = []
        self._lease_margin = lease_margin
        self._stop_within = stop_within
        self.priority_topics = frozenset(priority_topics)
        """Topics read before all others: what lies on them followed from the others, which could fill every fetch."""
        self.cluster = cluster
        """The cluster as it was before, if somebody knows; one that is another stops the worker."""
        self.changelog_ends: dict[TP, int] = {}
        """Of changelogs: the offset after what is known to lie there."""
        self.store_memory = StoreMemory()
        """What the stores of all tables and partitions share."""
        self.vitals = Vitals()
        """What this worker did and when, for whoever watches it."""
        self._failing = threading.Lock()
        self._woken: asyncio.Event | None = None
        self._last_checkpoint_s = 0.0
        super().__init__(name, TableManager=SeekingTableManager, Table=CheckpointTable, **settings)
        self.task(self._write_checkpoints)
        self.task(self._give_back)

    def wake(self) -> None:
        """
        Have a checkpoint written as soon as the one under way is done, if there are messages to be sent.

        Nobody waits for states alone: until the positions before them are committed they would be made again of the
        same records, and the commit writes them.
        """
        if self._woken is not None and self._messages:
            self._woken.set()

    async def _write_checkpoints(self) -> None:
        self._woken = asyncio.Event()
        while not self.should_stop:
            await self._woken.wait()
            consumer: Any = self.consumer
            if wait := gathering_s(consumer.behind(), BACKLOG, self._last_checkpoint_s):
                await asyncio.sleep(wait)
            self._woken.clear()
            await consumer.checkpoint(commit=False)  # positions follow, every broker_commit_interval

    async def _give_back(self) -> None:
        while not self.should_stop:
            await self.sleep(EVERY_S)
            await asyncio.to_thread(give_back)

    def _new_transport(self) -> CheckpointTransport:
        return CheckpointTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> CheckpointTransport:
        return CheckpointTransport(self.conf.broker_producer, self)

    def FlowControlQueue(  # noqa: N802 -- Faust's name
        self, maxsize: int | None = None, *, clear_on_resume: bool = False
    ) -> GenerationQueue:
        """Return a queue for an agent or for recovery."""
        return GenerationQueue(
            maxsize=maxsize,
            flow_control=self.flow_control,
            clear_on_resume=clear_on_resume,
            generation=lambda: self.consumer_generation_id,
        )

    async def _on_agent_error(self, agent: Any, exc: BaseException) -> None:
        """Stop: stock Faust counts what an agent raised at as done, restarts it, and reads on."""
        self.fatal(in_words(exc), place_of(exc) or f"the agent {agent.name}")

    async def stop(self) -> None:
        """Stop, finishing what is in hand; a broker that does not answer is not waited for longer than agreed."""
        timeout = StopTimeoutError(
            f"the broker did not answer for {self._stop_within:g} s while this worker stopped"
        )
        timer = threading.Timer(self._stop_within, self.fatal, (timeout,))
        timer.daemon = True
        timer.start()
        _log.info("told to stop: finishing what is in hand")
        try:
            await super().stop()
        finally:
            timer.cancel()

    def batches_of(self, names: str | Iterable[str], partitions: int) -> Any:
        """Return the topic under this name, or several as one, whose agents get ``PartitionBatch``."""
        named = (names,) if isinstance(names, str) else tuple(names)
        return self.topic(*named, schema=BatchSchema(), partitions=partitions)

    def put(
        self, table: CheckpointTable, partition: int, key: bytes, state: State | Journaled | None
    ) -> None:
        """
        Note a state for the next checkpoint, which asks it for its bytes; None deletes the key.

        Until then it may change on, and of one key only the last counts. Keys are written in the order in which
        they were put last: what a crash leaves of a checkpoint is what was put first.
        """
        changed = self._states.setdefault((table, partition), {})
        changed.pop(key, None)
        changed[key] = state

    def send_at_checkpoint(self, topic: str, partition: int, record: Record) -> None:
        """Note a message for the next checkpoint: it is sent when the states it follows from are written."""
        self._messages.append((topic, partition, record))

    @property
    def lease_margin(self) -> float:
        """Seconds of membership that must be left for a checkpoint to begin writing."""
        return self._lease_margin

    def checkpoint(self) -> Checkpoint:
        """Return the states and messages since the last checkpoint, as they are at this instant, and begin anew."""
        states: States = {
            (table, partition): bytes_of(kept, f"{table.changelog_topic_name}, partition {partition}")
            for (table, partition), kept in self._states.items()
        }
        self.vitals.checkpoint_began_at = monotonic()
        kept, messages, self._states, self._messages = self._states, self._messages, {}, []
        checkpoint = Checkpoint(states, messages, self._membership)
        self._writing = checkpoint, kept
        return checkpoint

    def unwritten(self, table: CheckpointTable, partition: int, key: bytes) -> bool:
        """Tell whether the table does not have the newest state of this key yet."""
        place = (table, partition)
        if key in self._states.get(place, ()):
            return True
        return self._writing is not None and key in self._writing[1].get(place, ())

    def written(self, checkpoint: Checkpoint) -> None:
        """Note that everything in this checkpoint lies in Kafka."""
        if self._writing is not None and self._writing[0] is checkpoint:
            for kept in self._writing[1].values():
                for state in kept.values():
                    if isinstance(state, Journaled):
                        state.written()
            self._writing = None
            vitals, now = self.vitals, monotonic()
            if checkpoint:
                self._last_checkpoint_s = now - vitals.checkpoint_began_at
                vitals.on_checkpoint(self._last_checkpoint_s)
            vitals.checkpoint_at, vitals.checkpoint_began_at = now, 0

    def requeue(self, checkpoint: Checkpoint) -> None:
        """Put back what a checkpoint could not write, beneath what came since; drop it once partitions have moved."""
        self.vitals.checkpoint_began_at = 0
        if checkpoint.membership != self._membership:
            return
        self._messages[:0] = checkpoint.messages
        if self._writing is not None and self._writing[0] is checkpoint:
            for place, kept in self._writing[1].items():
                newer = self._states.get(place, {})
                # Not ``kept | newer``: a key that was put again belongs behind what was put before that.
                self._states[place] = {key: state for key, state in kept.items() if key not in newer} | newer
            self._writing = None

    def when_revoked(self, callback: Callable[[], None]) -> None:
        """Call this when the partitions are dealt anew, for what an agent keeps in memory beside the tables."""
        self._on_revoked.append(callback)

    def when_recovered(self, callback: Callable[[set[int]], None]) -> None:
        """Call this with the partitions whose tables are complete, before their streams run."""
        self._on_recovered.append(callback)

    def discard_unwritten(self) -> None:
        """Drop unwritten states and messages: these partitions may have had another owner meanwhile."""
        self._states, self._messages, self._writing = {}, [], None
        self._membership += 1
        self.vitals.deals += 1
        self.vitals.dealt_at, self.vitals.recovering = monotonic(), True
        for callback in self._on_revoked:
            callback()

    def on_recovered(self, partitions: set[int]) -> None:
        """Call the callbacks: these partitions' tables are complete, and their streams are about to run."""
        for callback in self._on_recovered:
            try:
                callback(partitions)
            except Exception as error:
                self.fatal(
                    in_words(error)
                    if isinstance(error, StoreError)
                    else UnreadableStateError(partitions, error)
                )
                raise
        give_back()  # what recovery took
        vitals = self.vitals
        vitals.recoveries += 1
        vitals.recovered_at, vitals.recovering = monotonic(), False
        vitals.recovery_s = vitals.recovered_at - vitals.dealt_at

    def _crash(self, reason: BaseException) -> None:
        """Stop, in words, when a part of the app failed; a broker's error ends the process with the verb's own words."""
        super()._crash(reason)
        if isinstance(reason, Exception) and not isinstance(reason, KafkaError):
            self.fatal(in_words(reason), place_of(reason))

    def fatal(self, error: BaseException, about: str = "") -> None:
        """Stop the worker before it commits anything more; ``about`` is a topic, a partition, offsets."""
        with self._failing:
            if isinstance(error, LogFaultError):
                self.vitals.fault = error.fault, str(error)
            self._on_fatal(placed(error, about))
