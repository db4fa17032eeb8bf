"""
Records in, changed stays and messages out: what the agents ``follow`` and ``close`` do with a batch.

Events are folded into the stays they are about; commands have a stay looked at, or told of its neighbours. Each
stay a batch touched is settled once, at its end.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from models.event import EncounterMerged, Event
from rules.policy.resolve import PolicyError
from streams.lifecycle.commands import Command, MisroutedRecord, NotACommandError, from_bytes, to_bytes
from streams.lifecycle.ineffective_events import ineffective_events
from streams.lifecycle.merged_view import names_as_survivor, neighbours
from streams.lifecycle.messages import chunks, closed_message
from streams.lifecycle.reject_reasons import (
    EMPTY,
    FAULT,
    FORGOTTEN,
    HEAVIEST,
    LONGEST,
    MERGED_INTO_FORGOTTEN,
    TOO_HEAVY,
    TOO_LONG,
)
from streams.lifecycle.state import EncounterState
from streams.lifecycle.timeouts import Timeouts
from streams.lifecycle.transitions import EmissionPolicy, advance, last_closed
from streams.wire import topics
from streams.wire.cloud_events import traceparent
from streams.wire.encounter_key import found_id
from streams.wire.event_json import as_line, read
from streams.wire.message import OutboundMessage, Record
from streams.wire.reject_headers import reject_headers
from streams.wire.rejects import TWO_IDS, WHOLE_LINE, Reject

_REGISTERING: Final = frozenset(
    {
        "encounter_opened", "encounter_updated", "encounter_discharged", "encounter_reopened",
        "encounter_cancelled", "encounter_merged", "inpatient_ordered", "event_voided",
    }
)  # fmt: skip

_UNKNOWN: Final = -1
"""The offset of an event that was taken in long before it was refused."""

_ID: Final = b'"encounter_id"'

_RETRY: Final = 3600
"""Seconds until a stay that failed us is put together again: after a fix, by itself."""


class OutboundCommand(NamedTuple):
    """A command for another stay, wherever it lives."""

    encounter_id: str
    value: bytes


class ProcessedRecords(NamedTuple):
    """What came of a batch: stays to keep, messages for this partition, commands for any, and stays that failed us."""

    stays: list[EncounterState]
    messages: list[OutboundMessage]
    commands: list[OutboundCommand]
    faults: int


Load = Callable[[str], EncounterState | None]
Home = Callable[[str], bool]


class EncounterProcessor:
    """
    One batch under way. ``load`` returns what is kept of a stay, ``at_home`` whether its home is this partition.

    A stay that is not known is made only at its home: publishers that partition in different ways would otherwise
    have one stay coded twice, by halves.
    """

    def __init__(self, topic: str, partition: int, at: int, load: Load, at_home: Home) -> None:
        self._topic, self._partition, self._at = topic, partition, at
        self._load, self._at_home = load, at_home
        self._touched: dict[str, EncounterState] = {}
        self._because: dict[str, Record] = {}
        self._again: dict[str, set[tuple[str, int]]] = {}
        self._lines: dict[bytes, Record] = {}
        """The events this batch brought, by their lines."""
        self._messages: list[OutboundMessage] = []
        self._commands: list[OutboundCommand] = []

    def process_events(self, records: Iterable[Record]) -> None:
        """Take in records of the events topic."""
        for record in records:
            value = record.value
            if value is None or len(value) > LONGEST:
                self._refuse(record, EMPTY if value is None else TOO_LONG)
                continue
            event = read(value)
            if isinstance(event, Reject):
                self._refuse(record, event)
            elif value.count(_ID) > 1 and found_id(value) != event.encounter_id:
                self._refuse(record, TWO_IDS)
            elif (refused := self._take(event, as_line(value), record)) is not None:
                self._refuse(record, refused)

    def process_commands(self, records: Iterable[Record]) -> None:
        """Take in records of the command topic."""
        for record in records:
            try:
                command = from_bytes(record.value or b"")
            except NotACommandError as error:
                self._refuse(
                    record, Reject(WHOLE_LINE, str(error).partition(": ")[2], "nothing is lost by that")
                )
                continue
            if command.kind == "event":
                self._take_forwarded(command, record)
            elif command.kind == "told":
                self._merge_events(command, record)
            elif command.kind == "restored":
                self._restore(command, record)
            elif (state := self._state(command.encounter_id)) is not None:
                self._touch(state, record)

    def _state(self, encounter_id: str) -> EncounterState | None:
        return self._touched.get(encounter_id) or self._load(encounter_id)

    def _touch(self, state: EncounterState, record: Record) -> None:
        offset = record.offset
        self._because[state.encounter_id] = record
        if offset <= state.offsets.get(self._topic, -1):
            self._again.setdefault(state.encounter_id, set()).add((self._topic, offset))
        else:
            state.offsets[self._topic] = offset
        self._touched[state.encounter_id] = state

    def _take(self, event: Event, line: bytes, record: Record) -> Reject | None:
        encounter_id = event.encounter_id
        state = self._state(encounter_id)
        if state is None:
            if not self._at_home(encounter_id):
                self._forward(encounter_id, line, record)
                return None
            state = EncounterState(encounter_id, self._at)
            state.standing_stale = True
        if state.phase == "forgotten":
            return FORGOTTEN
        if self._topic == topics.EVENTS:
            self._lines.setdefault(line, record)
        if line in state.events:
            if record.offset <= state.offsets.get(self._topic, -1) or state.due_for == "retry":
                self._touch(state, record)
            return None
        if state.size_bytes + len(line) > HEAVIEST:
            return TOO_HEAVY
        state.events[line] = None
        state.parsed[line] = event
        state.size_bytes += len(line)
        state.last_event_at = self._at
        state.standing_stale = state.standing_stale or event.type in _REGISTERING
        state.has_merges = state.has_merges or isinstance(event, EncounterMerged)
        self._touch(state, record)
        return None

    def _take_forwarded(self, command: Command, record: Record) -> None:
        for line in command.stays.get(command.encounter_id, ()):
            event = read(line)
            # Whoever forwarded it read it already; only this version's reading can differ from that one's.
            refused = event if isinstance(event, Reject) else self._take(event, line, record)
            if refused is not None:
                self._refuse(record, refused, line, command.came)

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
        """Take in every event the events topic still has of a stay: of a forgotten one they are all there is."""
        state = self._state(command.encounter_id) or EncounterState(command.encounter_id, self._at)
        if state.phase == "forgotten":
            state.phase = "final" if state.version else "open"
        for line in command.stays.get(state.encounter_id, ()):
            if line not in state.events:
                state.events[line] = None
                state.size_bytes += len(line)
                state.standing_stale, state.last_event_at = True, self._at
        state.has_merges = True  # whether it is, its neighbours tell
        self._touch(state, record)
        if len(command.stays) > 1:
            self._merge_events(command, record)

    def _forward(self, encounter_id: str, line: bytes, record: Record) -> None:
        came = MisroutedRecord(self._partition, record.offset, record.key, tuple(record.headers))
        command = Command("event", encounter_id, {encounter_id: (line,)}, came)
        self._commands.append(OutboundCommand(encounter_id, to_bytes(command)))

    def _refuse(
        self, record: Record, reject: Reject, value: bytes | None = None, came: MisroutedRecord | None = None
    ) -> None:
        topic, partition, offset = self._topic, self._partition, record.offset
        key, own = record.key, record.headers
        if came is not None:  # back to where it was sent first: as a command it could not be read
            topic, (partition, offset, key, own) = topics.EVENTS, came
        about = reject_headers(own, reject.reason, topic, partition, offset)
        self._messages.append(OutboundMessage(topics.REJECTS, key, value or record.value, about))

    def _refuse_ineffective(self, state: EncounterState) -> None:
        """Refuse, once, every event that has no effect; again only when what showed it comes again after a crash."""
        again = self._again.get(state.encounter_id, ())
        for one in ineffective_events(state):
            name, record = one.name(), self._lines.get(one.line)
            fresh = name not in state.refused
            if fresh:
                showed = record or self._because[state.encounter_id]
                state.refused[name] = (self._topic, showed.offset)
            if fresh or state.refused[name] in again:
                own = record is not None and state.refused[name] == (topics.EVENTS, record.offset)
                if own and record is not None:
                    self._refuse(record, one.reject)
                else:
                    came = MisroutedRecord(self._partition, _UNKNOWN, one.encounter_id.encode(), ())
                    self._refuse(self._because[state.encounter_id], one.reject, one.line, came)

    def finish(self, timeouts: Timeouts, emission_of: EmissionPolicy) -> ProcessedRecords:
        """Settle every stay that was touched, and return what is to be kept and sent."""
        faults = 0
        for encounter_id, state in self._touched.items():
            failed_before = state.due_for == "retry"
            try:
                closed = advance(state, self._at, timeouts, emission_of)
                if closed is None and encounter_id in self._again:
                    closed = last_closed(state)
                if closed is not None:
                    self._messages.append(
                        closed_message(closed, traceparent(self._because[encounter_id].headers))
                    )
                if state.has_merges or state.standing == "cancelled":
                    self._refuse_ineffective(state)
            except PolicyError:
                raise  # wrong for every stay: the worker stops, and is started rightly
            except Exception:  # noqa: BLE001 - one stay that cannot be folded must not stop all others
                faults += 1
                if not failed_before:
                    self._refuse(self._because[encounter_id], FAULT)
                state.standing_stale, state.due_at, state.due_for = True, self._at + _RETRY, "retry"
                continue
            if state.has_merges and (
                state.event_count() > state.events_shared or encounter_id in self._again
            ):
                self._share_events(state)
        return ProcessedRecords(list(self._touched.values()), self._messages, self._commands, faults)

    def _share_events(self, state: EncounterState) -> None:
        together = neighbours(state)
        for stays in chunks({**state.merged_events, state.encounter_id: state.events}):
            for name in together:
                self._commands.append(OutboundCommand(name, to_bytes(Command("told", name, stays))))
        state.events_shared = state.event_count()
