"""
The agents: each takes a batch of records, calls one pure function, and adds the results to the next checkpoint.

``follow`` folds events into stays, ``close`` carries out the commands of timers and of other partitions, ``code``
turns closed encounters into charge sets, line changes and review items.
"""

import logging
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from functools import partial
from typing import Any

from faust.types import TP

from models.encounter import Encounter
from rules.emission import Emission, emission_of
from streams.charging.charge_counts import standing_of
from streams.charging.closed_encounter_processor import code_records
from streams.engine.app import CheckpointApp
from streams.engine.batches import PartitionBatch
from streams.engine.records import PartitionRecords, Record, grouped_by_partition
from streams.kafka.partitioner import home_of
from streams.lifecycle.account_notice import is_directory
from streams.lifecycle.commands import Command, to_bytes
from streams.lifecycle.event_processor import EncounterProcessor
from streams.lifecycle.patient_directory import process_notices
from streams.lifecycle.processed_records import OutboundCommand
from streams.lifecycle.state import EncounterState
from streams.wire import topics
from streams.wire.marked_records import without_marked
from streams.wire.message import OutboundMessage
from streams.wire.message_size import TOO_LARGE, dropped_headers, fits, in_place_of
from streams.worker.agent_figures import AgentFigures
from streams.worker.encounter_store import EncounterStore
from streams.worker.guarded_work import work_off
from streams.worker.nudge_board import NudgeBoard
from streams.worker.release_store import ReleaseStore
from streams.worker.settings import WorkerSettings

_log = logging.getLogger(__name__)


class Agents:
    """The three agents and the timer of one worker; ``clock`` returns epoch seconds."""

    def __init__(
        self, app: CheckpointApp, stays: EncounterStore, releases: ReleaseStore, settings: WorkerSettings,
        partitions: int, clock: Callable[[], float], figures: AgentFigures | None = None,
        nudges: NudgeBoard | None = None,
    ) -> None:  # fmt: skip
        self._app, self._stays, self._releases = app, stays, releases
        self._settings, self._partitions, self._clock = settings, partitions, clock
        self._figures, self._nudges = figures, nudges
        self._read_up_to: dict[int, int] = {}
        self._raw_up_to: dict[TP, int] = {}
        app.when_revoked(self._read_up_to.clear)
        app.when_revoked(self._raw_up_to.clear)

    async def follow(self, stream: AsyncIterable[PartitionBatch]) -> None:
        """Fold events into the stays they are about."""
        async for batch in stream:
            fold = partial(self._fold, batch.tp, batch.records, EncounterProcessor.process_events)
            work_off(self._app, batch, fold)

    async def close(self, stream: AsyncIterable[PartitionBatch]) -> None:
        """Advance stays that are due, and add the events of stays merged with them."""
        async for batch in stream:
            work_off(self._app, batch, partial(self._carry_out, batch))

    async def code(self, stream: AsyncIterable[PartitionBatch]) -> None:
        """Code closed encounters."""
        async for batch in stream:
            work_off(self._app, batch, partial(self._code, batch))

    async def look(self) -> None:
        """
        Ask the owning partition to look at every stay whose deadline has passed; nothing is decided here.

        A partition waits until what lay unread when a deadline passed is read: after an outage the events that
        belong to a stay are still on their way, and a stay closed without them would be closed twice. The same
        holds for what lies on this worker's raw partitions, which may have events of any stay.
        """
        at = int(self._clock())
        closing = self._stays.partitions_due(at)
        asking = [] if self._nudges is None else self._nudges.partitions_due(at)
        partitions = list(dict.fromkeys((*closing, *asking)))
        if partitions and not self._raw_is_read():
            partitions = []
        due = [
            (partition, key)
            for partition in partitions
            if self._has_read(partition)
            for key in self._due(partition, at, closing=partition in closing)
        ]
        due += self._stays.expired(at, at - self._settings.timeouts.purge)
        if due:
            asked = (
                (topics.COMMANDS, partition, Record(key, to_bytes(Command("due", key.decode()))))
                for partition, key in due
            )
            await self._deliver(grouped_by_partition(asked))

    def _due(self, partition: int, at: int, *, closing: bool) -> Iterator[bytes]:
        """Yield the stays of a partition to be looked at: their deadline has passed, or a question about them is due."""
        if closing:
            yield from self._stays.due(partition, at)
        if self._nudges is not None:
            yield from self._nudges.due(partition, at)

    def _raw_is_read(self) -> bool:
        """Tell whether every raw message is read that was there when this was first asked since the last yes."""
        consumer: Any = self._app.consumer
        read = {tp: progress.next for tp, progress in consumer.progress.items() if tp.topic in topics.RAW}
        if not self._raw_up_to:
            self._raw_up_to.update((tp, consumer.highwater(tp)) for tp in read)
        if any(read.get(tp, end) < end for tp, end in self._raw_up_to.items()):
            return False
        self._raw_up_to.clear()
        return True

    def _has_read(self, partition: int) -> bool:
        """Tell whether every event is read that was there when this was first asked since the last yes."""
        consumer: Any = self._app.consumer
        events = TP(topics.EVENTS, partition)
        progress = consumer.progress.get(events)
        if progress is None:
            return False
        end = consumer.highwater(events)
        if progress.next < self._read_up_to.setdefault(partition, end):
            return False
        del self._read_up_to[partition]
        return True

    async def _deliver(self, groups: list[PartitionRecords]) -> None:
        producer: Any = self._app.producer
        try:
            await producer.deliver(groups)
        except Exception as error:  # noqa: BLE001 - what it cannot write, no checkpoint can
            self._app.fatal(error)

    def _carry_out(self, batch: PartitionBatch) -> None:
        """Do what a batch of commands asks: those keyed by a patient are for the patient's directory."""
        records = self._whole(batch)
        asked = [record for record in records if is_directory(record.key)]
        others = [record for record in records if not is_directory(record.key)] if asked else records
        self._fold(batch.tp, others, EncounterProcessor.process_commands)
        if not asked:
            return
        partition, patients = batch.tp.partition, self._stays.patients
        processed = process_notices(
            asked,
            partition,
            int(self._clock()),
            self._settings.timeouts.retention,
            partial(patients.load, partition),
        )
        for directory in processed.directories:
            patients.keep(partition, directory)
        self._send(partition, processed.messages)
        self._ask(processed.commands)

    def _whole(self, batch: PartitionBatch) -> list[Any]:
        """Return the records of a topic of our own that were read whole; the others are refused."""
        topic, partition = batch.tp
        records, messages, reasons = without_marked(batch.records, topic, partition)
        self._send(partition, messages)
        if self._figures is not None:
            self._figures.refused(topic, reasons)
        return records

    def _ask(self, commands: Iterable[OutboundCommand]) -> None:
        """Send commands to the partitions of those they are for."""
        for command in commands:
            record = Record(command.encounter_id.encode(), command.value)
            self._app.send_at_checkpoint(
                topics.COMMANDS, home_of(command.encounter_id, self._partitions), record
            )

    def _fold(
        self, tp: TP, records: Iterable[Any], process: Callable[[EncounterProcessor, Iterable[Any]], None]
    ) -> None:
        topic, partition = tp
        at = int(self._clock())
        oldest = at - self._settings.timeouts.purge
        processor = EncounterProcessor(
            topic,
            partition,
            at,
            partial(self._stays.load, partition),
            lambda name: home_of(name, self._partitions) == partition,
            oldest,
        )
        process(processor, records)
        processed = processor.finish(self._settings.timeouts, self._emission)
        for state in processed.states:
            if (
                state.phase != "forgotten"
                or state.last_event_at > oldest
                or not self._purge(partition, state)
            ):
                self._stays.keep(partition, state)
        self._send(partition, processed.messages)
        if self._nudges is not None:
            asked = (self._nudges.review(partition, state, at) for state in processed.states)
            self._send(partition, [message for message in asked if message is not None])
        self._ask(processed.commands)
        if self._figures is not None:
            self._figures.followed(processor.counts)
        if processed.faults:
            _log.error(
                "%d stays could not be settled: a fault of ours; see infusion rejects", processed.faults
            )

    def _purge(self, partition: int, state: EncounterState) -> bool:
        """Have nothing left of a stay; not of one that is held still: somebody may answer, and its charges wait for that."""
        key = state.encounter_id.encode()
        standing = standing_of(self._releases.load(partition, key))
        if standing is not None and standing.status == "held":
            return False
        self._stays.purge(partition, state)
        self._releases.purge(partition, key)
        if self._figures is not None:
            self._figures.purged(partition, key, standing)
        return True

    def _code(self, batch: PartitionBatch) -> None:
        partition = batch.tp.partition
        consumer: Any = self._app.consumer
        committed = consumer.progress[batch.tp].committed if batch.tp in consumer.progress else 0
        load = partial(self._releases.load, partition)
        coded = code_records(self._whole(batch), partition, committed, load, self._settings.profile)
        for key, state in coded.states.items():
            self._releases.keep(partition, key, state)
        self._send(partition, coded.messages)
        if self._figures is not None:
            self._figures.coded(partition, coded.counts)
        if coded.faults:
            _log.error("%d closed encounters could not be coded: see infusion rejects", coded.faults)

    def _send(self, partition: int, messages: Iterable[OutboundMessage]) -> None:
        for made in messages:
            message = made if fits(made) else in_place_of(made, partition)
            if message is not made and self._figures is not None:
                self._figures.refused(made.topic, [TOO_LARGE])
            if self._figures is not None and (dropped := dropped_headers(message.headers)):
                self._figures.headers_dropped(dropped)
            record = Record(message.key, message.value, message.headers)
            self._app.send_at_checkpoint(message.topic, partition, record)

    def _emission(self, encounter: Encounter) -> Emission:
        return emission_of(encounter, self._settings.profile)
