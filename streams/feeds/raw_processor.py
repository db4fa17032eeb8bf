"""
From records of a raw topic to what follows from them: events, or one reject with the record's own bytes. Pure.

No record stops the worker: one that our own code fails at is refused as a fault of ours, and the next is read.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from orjson import dumps

from streams.feeds.conversion import Conversion
from streams.feeds.linking import Linker
from streams.feeds.said_again import kept, said_before
from streams.wire import topics
from streams.wire.cloud_events import traceparent
from streams.wire.event_message import event_headers
from streams.wire.message import OutboundMessage, Record
from streams.wire.reject_headers import reject_headers
from streams.wire.reject_kinds import kind_of
from streams.wire.rejects import Reject, fault_of_ours

Convert = Callable[[bytes, Mapping[str, Mapping[str, Any]]], Iterable[Conversion]]
"""Returns what the messages of a record come to, at one site and on one wire, given the resources they may refer to."""

_MOST_REASONS: Final = 5
"""Reasons of one message that its reject names; it is one reject, however many there are."""

_NO_VALUE: Final = Reject("message", "no value", "send the message as the record's value")
_NO_MESSAGE: Final = Reject("message", "unreadable: it holds none", "send ER7 text that begins with MSH")
_NO_STAY: Final = Reject("encounter_id", "missing", "say in the site file which field is the encounter")
_FAULT: Final = fault_of_ours("converting it", "message")
_LONGEST_ID: Final = 200


@dataclass
class RawCounts:
    """What a batch came to, for figures; kinds are those of the messages themselves."""

    became: Counter[str] = field(default_factory=Counter)
    """Messages by what became of them: ``events``, ``ignored``, ``refused``, or ``partly`` events."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Messages that are used for nothing, by kind."""
    rejects: Counter[str] = field(default_factory=Counter)
    """Reasons of rejects, by kind."""
    events: int = 0
    faults: int = 0


@dataclass
class ProcessedRaw:
    """What a batch came to: messages to send, entries to keep by facility, counts."""

    messages: list[OutboundMessage] = field(default_factory=list)
    """Events and rejects, in their order; an event goes to the partition of its key."""
    changes: dict[bytes, dict[bytes, bytes | None]] = field(default_factory=dict)
    said: dict[int, bytes] = field(default_factory=dict)
    """What followed from records that changed entries, by offset: to be kept in front of those."""
    counts: RawCounts = field(default_factory=RawCounts)


class RawProcessor:
    """
    Converts the records of one partition of a raw topic, a batch of them.

    ``states`` are those of the facilities, by key of their records, and is kept up to date; one that is missing is
    made by the linker. ``said`` is what was kept of records that are read again after a crash, by their offsets.
    """

    def __init__(
        self, topic: str, partition: int, convert: Convert, linker: Linker, states: dict[bytes, Any],
        said: Mapping[int, bytes] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self._topic, self._partition, self._convert = topic, partition, convert
        self._linker, self._states, self._said = linker, states, said
        self._changed = False

    def process(self, records: Sequence[Record]) -> ProcessedRaw:
        """Return what records come to."""
        processed = ProcessedRaw()
        for record in records:
            before = len(processed.messages)
            refused: list[Reject] = []
            self._changed = False
            try:
                for conversion in self._conversions(record):
                    refused += self._take(processed, record, self._linked(conversion, record, processed))
            except Exception:  # noqa: BLE001 - whatever a message does to our code, the next one is read
                del processed.messages[before:]
                processed.counts.faults += 1
                refused = self._take(processed, record, Conversion(rejects=(_FAULT,)))
            if refused:
                reason = "; ".join(_reasons(refused))
                headers = reject_headers(record.headers, reason, self._topic, self._partition, record.offset)
                reject = OutboundMessage(topics.REJECTS, record.key, record.value, headers)
                processed.messages.append(reject)
            self._say_again(processed, record, before)
        return processed

    def _say_again(self, processed: ProcessedRaw, record: Record, before: int) -> None:
        """Send what a record came to before a crash, and keep what it comes to now until its position is committed."""
        messages = processed.messages[before:]
        written = self._said.get(record.offset)
        if written is not None:
            messages += [message for message in said_before(written, record) if message not in messages]
            processed.messages[before:] = messages
        if messages and (self._changed or written is not None):
            processed.said[record.offset] = kept(messages)

    def _conversions(self, record: Record) -> Iterator[Conversion]:
        """Yield what the messages of a record come to; one that holds none is refused, for nothing may vanish."""
        if not record.value:
            yield Conversion(rejects=(_NO_VALUE,))
            return
        conversion = None
        for conversion in self._convert(record.value, self._linker.known(self._state(record))):
            yield conversion
        if conversion is None:
            yield Conversion(rejects=(_NO_MESSAGE,))

    def _state(self, record: Record) -> Any:
        facility = record.key or b""
        if facility not in self._states:
            self._states[facility] = self._linker.restored(())
        return self._states[facility]

    def _linked(self, conversion: Conversion, record: Record, processed: ProcessedRaw) -> Conversion:
        facility, state = record.key or b"", self._state(record)
        at = int(getattr(record, "timestamp", 0)) // 1000
        linked = self._linker.link(state, conversion, at)
        self._states[facility] = linked.state
        if linked.changes:
            self._changed = True
            processed.changes.setdefault(facility, {}).update(linked.changes)
        return linked.conversion

    def _event(self, event: Mapping[str, object], record: Record) -> OutboundMessage | Reject:
        """Return the message of an event, or why it belongs to no stay; whether it is one, its reader says."""
        encounter_id = event.get("encounter_id")
        if not isinstance(encounter_id, str) or not 0 < len(encounter_id) <= _LONGEST_ID:
            return _NO_STAY
        headers = event_headers(event)
        if record.headers and (trace := traceparent(record.headers)) is not None:
            headers = (*headers, ("traceparent", trace))
        return OutboundMessage(topics.EVENTS, encounter_id.encode(), dumps(event), headers)

    def _take(self, processed: ProcessedRaw, record: Record, conversion: Conversion) -> list[Reject]:
        """Send the events of a message and count it; returns what is refused of it."""
        counts = processed.counts
        refused, sent = list(conversion.rejects), 0
        for event in conversion.events:
            message = self._event(event, record)
            if isinstance(message, Reject):
                refused.append(message)
            else:
                processed.messages.append(message)
                sent += 1
        counts.events += sent
        counts.rejects.update(map(kind_of, refused))
        if conversion.ignored is not None:
            counts.ignored[conversion.ignored] += 1
        became = ("partly" if refused else "events") if sent else ("refused" if refused else "ignored")
        counts.became[became] += 1
        return refused


def _reasons(refused: Sequence[Reject]) -> Iterator[str]:
    different = list(dict.fromkeys(reject.reason for reject in refused))
    yield from different[:_MOST_REASONS]
    if len(different) > _MOST_REASONS:
        yield f"and {len(different) - _MOST_REASONS} reasons more"
