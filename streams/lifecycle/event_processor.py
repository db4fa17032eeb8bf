"""
The processor of events and commands: what the agents ``follow`` and ``close`` do with a batch of records.

It adds each event to the state of its stay and carries out each command. At the end of the batch it advances every
stay that changed, once, and returns the states to keep and the messages to send.
"""

from collections.abc import Iterable
from math import inf
from typing import Final

from models.event import Event
from models.event_subject import EVENT_VOIDED, STAY
from rules.policy.resolve import PolicyError
from streams.lifecycle.commands import Command, MisroutedRecord, NotACommandError, from_bytes
from streams.lifecycle.event_counts import EventCounts
from streams.lifecycle.event_records import read_records
from streams.lifecycle.forwarding import forwarded
from streams.lifecycle.ineffective_events import ineffective_events
from streams.lifecycle.merge_sharing import news
from streams.lifecycle.merged_view import names_as_survivor
from streams.lifecycle.messages import closed_message
from streams.lifecycle.processed_records import IsHome, LoadState, OutboundCommand, ProcessedRecords, outbound
from streams.lifecycle.reject_reasons import (
    FAULT,
    FIRST_CODED,
    FORGOTTEN,
    HEAVIEST,
    LONG_PAST,
    MERGED_INTO_FORGOTTEN,
    TOO_HEAVY,
)
from streams.lifecycle.state import EncounterState
from streams.lifecycle.timeouts import Timeouts
from streams.lifecycle.transitions import EmissionPolicy, advance, last_closed
from streams.wire import topics
from streams.wire.cloud_events import traceparent
from streams.wire.event_json import as_line, read
from streams.wire.message import OutboundMessage, Record
from streams.wire.message_size import reject_message
from streams.wire.refused_event import legible_encounter_id, refused_line
from streams.wire.reject_kinds import kind_of
from streams.wire.rejects import WHOLE_LINE, Reject

_MAY_CHANGE_STANDING: Final = STAY | EVENT_VOIDED
_UNKNOWN_OFFSET: Final = -1
"""Stands for the offset of an event that was added long before it was refused."""

_RETRY_S: Final = 3600
"""Seconds until a stay that could not be folded is tried again, so that a fix takes effect by itself."""


class EncounterProcessor:
    """
    Processes one batch of one partition. ``at`` is the worker's clock in epoch seconds.

    A stay without a state begins only in its home partition: publishers that partition in different ways would
    otherwise have one stay coded twice, by halves. ``oldest`` is the epoch second before which no stay begins.
    """

    def __init__(
        self, topic: str, partition: int, at: int, load: LoadState, at_home: IsHome, oldest: float = -inf
    ) -> None:
        self._topic, self._partition, self._at, self._oldest = topic, partition, at, oldest
        self._load, self._at_home = load, at_home
        self._touched: dict[str, EncounterState] = {}
        self._cause_of: dict[str, Record] = {}
        """The last record of this batch that changed each stay."""
        self._redelivered: dict[str, set[tuple[str, int]]] = {}
        """Topic and offset of each record that this stay has processed before, by encounter id."""
        self._record_of_line: dict[bytes, Record] = {}
        """The record of this batch that brought each line of an event."""
        self._messages: list[OutboundMessage] = []
        self._commands: list[OutboundCommand] = []
        self.counts = EventCounts()
        """What the batch came to so far, for figures."""

    def process_events(self, records: Iterable[Record]) -> None:
        """Add records of the events topic to their stays."""
        for record, event in read_records(records):
            value = record.value or b""
            if isinstance(event, Reject):
                self._refuse(record, event)
                self._mark_refused(value, event, record)
            elif (refused := self._add_event(event, as_line(value), record)) is not None:
                self._refuse(record, refused)

    def process_commands(self, records: Iterable[Record]) -> None:
        """Carry out records of the command topic."""
        for record in records:
            try:
                command = from_bytes(record.value or b"")
            except NotACommandError as error:
                self._refuse(
                    record, Reject(WHOLE_LINE, str(error).partition(": ")[2], "nothing is lost by that")
                )
                continue
            if command.kind == "event":
                self._add_forwarded(command, record)
            elif command.kind == "told":
                self._merge_events(command, record)
            elif command.kind == "restored":
                self._restore(command, record)
            elif state := self._with_news(command, record):
                self._touch(state, record)

    def _with_news(self, command: Command, record: Record) -> EncounterState | None:
        """Return the stay that is due, or to which another stay of its patient says something new; None for no such."""
        state = self._state(command.encounter_id)
        if state is None or command.notice is None:
            return state
        heard = state.accounts is not None and state.accounts.hear(command.notice)
        return state if heard or record.offset <= state.offsets.get(self._topic, -1) else None

    def _state(self, encounter_id: str) -> EncounterState | None:
        return self._touched.get(encounter_id) or self._load(encounter_id)

    def _touch(self, state: EncounterState, record: Record) -> None:
        offset = record.offset
        self._cause_of[state.encounter_id] = record
        if offset <= state.offsets.get(self._topic, -1):
            self._redelivered.setdefault(state.encounter_id, set()).add((self._topic, offset))
        else:
            state.offsets[self._topic] = offset
        self._touched[state.encounter_id] = state

    def _add_event(self, event: Event, line: bytes, record: Record) -> Reject | None:
        encounter_id = event.encounter_id
        state = self._state(encounter_id)
        if state is None:
            if not self._at_home(encounter_id):
                self._forward(encounter_id, line, record)
                return None
            if FIRST_CODED <= event.occurred_at.timestamp() < self._oldest:
                return LONG_PAST
            state = EncounterState(encounter_id, self._at)
            state.standing_stale = True
        if state.phase == "forgotten":
            return FORGOTTEN
        if self._topic == topics.EVENTS:
            self._record_of_line.setdefault(line, record)
        if line in state.events:
            if record.offset <= state.offsets.get(self._topic, -1) or state.due_for == "retry":
                self._touch(state, record)
            else:
                self.counts.repeat(event, record)
            return None
        if state.size_bytes + len(line) > HEAVIEST:
            return TOO_HEAVY
        state.events[line] = None
        state.parsed[line] = event
        state.size_bytes += len(line)
        state.last_event_at = self._at
        state.standing_stale = state.standing_stale or event.type in _MAY_CHANGE_STANDING
        state.has_merges = state.has_merges or event.type == "encounter_merged"
        self.counts.take(event, record, late=state.version > 0)
        self._touch(state, record)
        return None

    def _mark_refused(self, value: bytes, reject: Reject, record: Record) -> None:
        """Leave a refusal in the stay of a refused event, where its bytes tell which stay that is (R-DOC-9)."""
        encounter_id = legible_encounter_id(value)
        if encounter_id is None:
            return
        line = refused_line(value, encounter_id, reject)
        refusal = read(line)
        if not isinstance(refusal, Reject):  # a stay that is forgotten, or full, has the reject alone
            self._add_event(refusal, line, record)

    def _add_forwarded(self, command: Command, record: Record) -> None:
        for line in command.stays.get(command.encounter_id, ()):
            event = read(line)
            # The worker that forwarded it could read it; another version of the worker may not.
            refused = event if isinstance(event, Reject) else self._add_event(event, line, record)
            if refused is not None:
                self._refuse(record, refused, line, command.misrouted)
            if isinstance(event, Reject):
                self._mark_refused(line, event, record)

    def _merge_events(self, command: Command, record: Record) -> None:
        state = self._state(command.encounter_id) or EncounterState(command.encounter_id, self._at)
        if state.phase == "forgotten":
            if names_as_survivor(command.stays, state.encounter_id):
                self._refuse(record, MERGED_INTO_FORGOTTEN)
            return
        fresh = [
            (name, line)
            for name, lines in command.stays.items()
            if name != state.encounter_id
            for line in lines
            if line not in state.merged_events.get(name, ())
        ]
        weight = sum(len(line) for _, line in fresh)
        if state.size_bytes + weight > HEAVIEST:
            self._refuse(record, TOO_HEAVY)
            return
        for name, line in fresh:
            state.merged_events.setdefault(name, {})[line] = None
            state.standing_stale, state.last_event_at = True, self._at
        state.size_bytes += weight
        state.has_merges = True
        self._touch(state, record)

    def _restore(self, command: Command, record: Record) -> None:
        """Add every event the events topic still has of a stay; a forgotten stay has no other."""
        state = self._state(command.encounter_id) or EncounterState(command.encounter_id, self._at)
        if state.phase == "forgotten":
            state.phase = "final" if state.version else "open"
        for line in command.stays.get(state.encounter_id, ()):
            if line not in state.events:
                state.events[line] = None
                state.size_bytes += len(line)
                state.standing_stale, state.last_event_at = True, self._at
        state.has_merges = True  # its links tell whether that is true
        self._touch(state, record)
        if len(command.stays) > 1:
            self._merge_events(command, record)

    def _forward(self, encounter_id: str, line: bytes, record: Record) -> None:
        command, dropped = forwarded(encounter_id, line, self._partition, record)
        self.counts.headers_dropped += dropped
        self._commands.append(command)

    def _refuse(
        self, record: Record, reject: Reject, value: bytes | None = None, misrouted: MisroutedRecord | None = None
    ) -> None:  # fmt: skip
        topic, partition, offset = self._topic, self._partition, record.offset
        key, own = record.key, record.headers
        if misrouted is not None:  # a reject goes back to the events topic: as a command it could not be read
            topic, (partition, offset, key, own) = topics.EVENTS, misrouted
        self.counts.rejects[topic, kind_of(reject)] += 1
        self._messages.append(
            reject_message(key, value or record.value, own, reject.reason, topic, partition, offset)
        )

    def _refuse_ineffective(self, state: EncounterState) -> None:
        """Refuse every event that has no effect, once; again only when the record that showed it is delivered again."""
        redelivered = self._redelivered.get(state.encounter_id, ())
        for ineffective in ineffective_events(state):
            name, record = ineffective.name(), self._record_of_line.get(ineffective.line)
            fresh = name not in state.refused
            if fresh:
                shown_by = record or self._cause_of[state.encounter_id]
                state.refused[name] = (self._topic, shown_by.offset)
            if fresh or state.refused[name] in redelivered:
                own = record is not None and state.refused[name] == (topics.EVENTS, record.offset)
                if own and record is not None:
                    self._refuse(record, ineffective.reject)
                else:
                    misrouted = MisroutedRecord(
                        self._partition, _UNKNOWN_OFFSET, ineffective.encounter_id.encode(), ()
                    )
                    self._refuse(
                        self._cause_of[state.encounter_id], ineffective.reject, ineffective.line, misrouted
                    )

    def finish(self, timeouts: Timeouts, emission_of: EmissionPolicy) -> ProcessedRecords:
        """Advance every stay that changed, and return the states to keep and the messages to send."""
        faults = 0
        for encounter_id, state in self._touched.items():
            failed_before = state.due_for == "retry"
            try:
                closed = advance(state, self._at, timeouts, emission_of)
                if closed is None and encounter_id in self._redelivered:
                    closed = last_closed(state)
                if closed is not None:
                    self._messages.append(
                        closed_message(closed, traceparent(self._cause_of[encounter_id].headers))
                    )
                if state.has_merges or state.standing == "cancelled":
                    self._refuse_ineffective(state)
            except PolicyError:
                raise  # wrong for every stay: the worker stops, and is started rightly
            except Exception:  # noqa: BLE001 - one stay that cannot be folded must not stop all others
                faults += 1
                if not failed_before:
                    self._refuse(self._cause_of[encounter_id], FAULT)
                state.standing_stale, state.due_at, state.due_for = True, self._at + _RETRY_S, "retry"
                continue
            again, accounts = encounter_id in self._redelivered, state.accounts
            if state.has_merges and (again or state.event_count() > state.events_shared):
                self._commands += map(outbound, news(state, again=again))
            if accounts and (again or accounts.version > accounts.shared):
                self._commands += map(outbound, accounts.notices(encounter_id))
        return ProcessedRecords(list(self._touched.values()), self._messages, self._commands, faults)
