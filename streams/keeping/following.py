"""
Records in, changed stays and messages out: what the agents ``follow`` and ``close`` do with a batch.

Events are folded into the stays they are about; commands have a stay looked at, or told of its neighbours. Each
stay a batch touched is settled once, at its end.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from models.event import EncounterMerged, Event
from streams import topics
from streams.closed import Closed
from streams.closed import to_bytes as closed_to_bytes
from streams.cloud_events import event_id, headers
from streams.keeping.among import neighbours
from streams.keeping.closing import Closing
from streams.keeping.commands import Command, NotACommandError, from_bytes, to_bytes
from streams.keeping.kept import Kept, as_line
from streams.keeping.settling import Asked, last_closed, settle
from streams.outgoing import Outgoing
from streams.reading import read
from streams.rejected_message import reject_headers
from streams.rejects import WHOLE_LINE, Reject

LONGEST: Final = 1 << 20
"""Bytes of one event, as for a line of a file: nothing a chart holds is longer."""

HEAVIEST: Final = 8 << 20
"""Bytes of all events of a stay: its state must fit into one record of the changelog."""

_REGISTERING: Final = frozenset(
    {
        "encounter_opened", "encounter_updated", "encounter_discharged", "encounter_reopened",
        "encounter_cancelled", "encounter_merged", "inpatient_ordered", "event_voided",
    }
)  # fmt: skip

TOO_LONG: Final = Reject(WHOLE_LINE, f"longer than {LONGEST} bytes", "send an event of the contract")
EMPTY: Final = Reject(WHOLE_LINE, "no value", "send an event; a stay is taken back by encounter_cancelled")
TOO_HEAVY: Final = Reject(
    "encounter_id",
    f"the stay's events are more than {HEAVIEST} bytes",
    "look for a publisher that repeats itself",
)
FORGOTTEN: Final = Reject(
    "encounter_id",
    "the stay was closed and forgotten, so this event cannot be coded by itself",
    "bring the whole stay back with infusion recode --restore, then replay this reject",
)


FAULT: Final = Reject(
    WHOLE_LINE, "a fault of ours while its stay was put together", "report it; replay it after the fix"
)


class Record(Protocol):
    """One record as Kafka keeps it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Asking(NamedTuple):
    """A command for another stay, wherever it lives."""

    encounter_id: str
    value: bytes


class Followed(NamedTuple):
    """What came of a batch: stays to keep, messages for this partition, commands for any, and stays that failed us."""

    stays: list[Kept]
    messages: list[Outgoing]
    asked: list[Asking]
    faults: int


Load = Callable[[str], Kept | None]
Home = Callable[[str], bool]


class Batch:
    """
    One batch under way. ``load`` returns what is kept of a stay, ``at_home`` whether its home is this partition.

    A stay that is not known is made only at its home: publishers that partition in different ways would otherwise
    have one stay coded twice, by halves.
    """

    def __init__(self, topic: str, partition: int, at: int, load: Load, at_home: Home) -> None:
        self._topic, self._partition, self._at = topic, partition, at
        self._load, self._at_home = load, at_home
        self._touched: dict[str, Kept] = {}
        self._because: dict[str, Record] = {}
        self._again: dict[str, None] = {}
        self._messages: list[Outgoing] = []
        self._asked: list[Asking] = []

    def follow(self, records: Iterable[Record]) -> None:
        """Take in records of the events topic."""
        for record in records:
            value = record.value
            if value is None or len(value) > LONGEST:
                self._refuse(record, EMPTY if value is None else TOO_LONG)
                continue
            event = read(value)
            if isinstance(event, Reject):
                self._refuse(record, event)
            elif (refused := self._take(event, as_line(value), record)) is not None:
                self._refuse(record, refused)

    def obey(self, records: Iterable[Record]) -> None:
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
                self._tell(command, record)
            elif command.kind == "restored":
                self._restore(command, record)
            elif (kept := self._kept(command.encounter_id)) is not None:
                self._touch(kept, record)

    def _kept(self, encounter_id: str) -> Kept | None:
        return self._touched.get(encounter_id) or self._load(encounter_id)

    def _touch(self, kept: Kept, record: Record) -> None:
        offset = record.offset
        self._because[kept.encounter_id] = record
        if offset <= kept.offsets.get(self._topic, -1):
            self._again[kept.encounter_id] = None
        else:
            kept.offsets[self._topic] = offset
        self._touched[kept.encounter_id] = kept

    def _take(self, event: Event, line: bytes, record: Record) -> Reject | None:
        encounter_id = event.encounter_id
        kept = self._kept(encounter_id)
        if kept is None:
            if not self._at_home(encounter_id):
                self._forward(encounter_id, line)
                return None
            kept = Kept(encounter_id, self._at)
        if kept.phase == "forgotten":
            return FORGOTTEN
        if line in kept.own:
            if record.offset <= kept.offsets.get(self._topic, -1):
                self._touch(kept, record)
            return None
        if kept.weight + len(line) > HEAVIEST:
            return TOO_HEAVY
        kept.own[line] = None
        kept.parsed[line] = event
        kept.weight += len(line)
        kept.heard_at = self._at
        kept.registered = kept.registered or event.type in _REGISTERING
        kept.merging = kept.merging or isinstance(event, EncounterMerged)
        self._touch(kept, record)
        return None

    def _take_forwarded(self, command: Command, record: Record) -> None:
        for line in command.stays.get(command.encounter_id, ()):
            event = read(line)
            # Whoever forwarded it read it already; only this version's reading can differ from that one's.
            refused = event if isinstance(event, Reject) else self._take(event, line, record)
            if refused is not None:
                self._refuse(record, refused, line)

    def _tell(self, command: Command, record: Record) -> None:
        kept = self._kept(command.encounter_id) or Kept(command.encounter_id, self._at)
        if kept.phase == "forgotten":
            return
        for name, lines in command.stays.items():
            if name == kept.encounter_id:
                continue
            held = kept.linked.setdefault(name, {})
            for line in lines:
                if line not in held:
                    held[line] = None
                    kept.weight += len(line)
                    kept.registered, kept.heard_at = True, self._at
        kept.merging = True
        self._touch(kept, record)

    def _restore(self, command: Command, record: Record) -> None:
        """Take in every event the events topic still has of a stay: of a forgotten one they are all there is."""
        kept = self._kept(command.encounter_id) or Kept(command.encounter_id, self._at)
        if kept.phase == "forgotten":
            kept.phase = "final" if kept.version else "open"
        for line in command.stays.get(kept.encounter_id, ()):
            if line not in kept.own:
                kept.own[line] = None
                kept.weight += len(line)
                kept.registered, kept.heard_at = True, self._at
        self._touch(kept, record)
        if len(command.stays) > 1:
            self._tell(command, record)

    def _forward(self, encounter_id: str, line: bytes) -> None:
        command = Command("event", encounter_id, {encounter_id: (line,)})
        self._asked.append(Asking(encounter_id, to_bytes(command)))

    def _refuse(self, record: Record, reject: Reject, value: bytes | None = None) -> None:
        about = reject_headers(record.headers, reject.reason, self._topic, self._partition, record.offset)
        self._messages.append(Outgoing(topics.REJECTS, record.key, value or record.value, about))

    def settled(self, closing: Closing, asked: Asked) -> Followed:
        """Settle every stay that was touched, and return what is to be kept and sent."""
        faults = 0
        for encounter_id, kept in self._touched.items():
            try:
                closed = settle(kept, self._at, closing, asked)
                if closed is None and encounter_id in self._again:
                    closed = last_closed(kept)
            except Exception:  # noqa: BLE001 - one stay that cannot be folded must not stop all others
                faults += 1
                self._refuse(self._because[encounter_id], FAULT)
                continue
            if closed is not None:
                self._messages.append(_closed_message(closed, _trace(self._because[encounter_id])))
            if kept.merging and (kept.known() > kept.told or encounter_id in self._again):
                self._gossip(kept)
        return Followed(list(self._touched.values()), self._messages, self._asked, faults)

    def _gossip(self, kept: Kept) -> None:
        stays = {name: tuple(lines) for name, lines in {**kept.linked, kept.encounter_id: kept.own}.items()}
        for name in neighbours(kept):
            self._asked.append(Asking(name, to_bytes(Command("told", name, stays))))
        kept.told = kept.known()


def _trace(record: Record) -> bytes | None:
    """Return the trace context of a record, to be passed on with what it caused."""
    for name, value in record.headers:
        if name == "traceparent":
            return value
    return None


def _closed_message(closed: Closed, trace: bytes | None) -> Outgoing:
    name = event_id(topics.CLOSED, closed.encounter_id, str(closed.version))
    return Outgoing(
        topics.CLOSED,
        closed.encounter_id.encode(),
        closed_to_bytes(closed),
        headers("closed_encounter", name, closed.encounter_id, closed.closed_at, trace),
    )
