"""
Pumps joined to patients: what the messages of one facility tell, remembered, and the events that follow from all of it. Pure.

Each pump's events are a function of the set of words so far. A further word makes the function anew, and what differs
from what was sent is sent: new events, and voids of those that no longer hold. So words in any order, once or twice, come to
the same. A delivery whose stay nothing tells for certain gives no event; it is told of, and waits.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from orjson import OPT_SORT_KEYS, dumps

from streams.feeds.association_ages import HOUR, forget_old
from streams.feeds.association_entries import (
    DEVICE,
    ORDER,
    PUMP,
    RESOURCE,
    STAY,
    DeviceEntry,
    OrderEntry,
    PumpEntry,
    Sent,
    StayEntry,
    pump_name,
    written,
)
from streams.feeds.association_state import State, entry_key
from streams.feeds.contract_events import validated
from streams.feeds.conversion import Conversion
from streams.feeds.deliveries import deliveries, instant
from streams.feeds.event_id import event_id
from streams.feeds.facts import Fact, OrderTold, PumpTold, ResourceTold, StayTold
from streams.feeds.linking import Entry, Linked
from streams.feeds.pump_links import Link, link_of
from streams.feeds.pump_record import events_of, refused_event
from streams.wire.rejects import Reject

_SEEN_S: Final = 6 * HOUR
"""How old a written entry's last message may be; a message that says nothing new does not write it sooner."""
MOST_RESOURCES: Final = 200_000

WAITING: Final = "remembered, to be joined by other messages"
"""The kind of a message from which nothing follows by itself."""

UNLINKED: Final = "unlinked pump"
_REMEDY: Final = "send the order, or the patient's bed; it is linked as soon as one of them comes"
_TOO_MANY: Final = Reject("OBX", "more words about one program of a pump than are kept", "chart the infusion")


def is_unlinked(reject: Reject) -> bool:
    """Tell whether a reject says that a pump's stay is not known yet."""
    return reject.says.startswith(UNLINKED)


class Associations:
    """Remembers what messages tell, and links pumps to stays."""

    def restored(self, entries: Iterable[Entry]) -> State:
        """Return the state that these entries are."""
        return State.restored(entries)

    def known(self, state: State) -> Mapping[str, Mapping[str, Any]]:
        """Return the resources that others may refer to, by ``Type/id``."""
        return state.resources

    def unlinked(self, state: State) -> int:
        """Return how many deliveries are of pumps whose stay is not known."""
        return state.unlinked

    def waiting(self, state: State) -> Iterator[tuple[str, Reject]]:
        """Yield each delivery that is not linked: its pump, and what was tried."""
        for name, entry in state.pumps.items():
            if entry.unlinked:
                for delivery in deliveries(_words(state, name)):
                    link = link_of(state, delivery)
                    if not link.encounter_id:
                        yield delivery.first.device, _unlinked(link)

    def link(self, state: State, conversion: Conversion, at: int) -> Linked:
        """Join a message; ``at`` is when it came, in epoch seconds."""
        if not conversion.facts and at - state.swept_at < HOUR:
            return Linked(state, conversion)
        return _Message(state, at).link(conversion)


class _Message:
    """One message on its way into the state."""

    def __init__(self, state: State, at: int) -> None:
        self._state, self._at = state, at
        self._dirty: dict[tuple[str, str], None] = {}
        self._touched: dict[str, None] = {}
        self._again: set[str] = set()
        self._rejects: list[Reject] = []
        self._events: list[dict[str, Any]] = []

    def link(self, conversion: Conversion) -> Linked:
        """Take its facts in, and return what it comes to."""
        for fact in conversion.facts:
            self._take(fact)
        for name in self._touched:
            if name in self._state.pumps:
                self._settle(name)
        changes: dict[bytes, bytes | None] = {
            entry_key(kind, name): self._written(kind, name) for kind, name in self._dirty
        }
        if self._at - self._state.swept_at >= HOUR:
            changes.update({entry_key(*entry): None for entry in forget_old(self._state, self._at)})
        return Linked(self._state, self._joined(conversion), changes)

    def _joined(self, conversion: Conversion) -> Conversion:
        if not conversion.facts:
            return conversion
        events = (*conversion.events, *self._events)
        rejects = (*conversion.rejects, *self._rejects)
        ignored = conversion.ignored
        if not (events or rejects or ignored):
            ignored = WAITING
        joined = conversion._replace(
            events=events, rejects=rejects, ignored=None if events or rejects else ignored, facts=()
        )
        return validated(joined) if self._events else joined

    def _written(self, kind: str, name: str) -> bytes:
        if kind == RESOURCE:
            return written([self._state.resources_seen[name], self._state.resources[name]])
        return written(self._state.table(kind)[name])

    def _take(self, fact: Fact) -> None:
        if isinstance(fact, PumpTold):
            self._take_pump(fact)
        elif isinstance(fact, OrderTold):
            self._take_order(fact)
        elif isinstance(fact, StayTold):
            self._take_stay(fact)
        else:
            self._take_resource(fact)

    def _entry(self, kind: str, name: str, make: Any) -> Any:
        """Return an entry, made where there is none; one that was not written for long is."""
        table = self._state.table(kind)
        entry = table.get(name)
        if entry is None:
            entry = table[name] = make()
        if self._at - entry.seen >= _SEEN_S:
            entry.seen = self._at
            self._dirty[kind, name] = None
        return entry

    def _changed(self, kind: str, name: str) -> None:
        self._state.table(kind)[name].seen = self._at
        self._state.found(kind, name)
        self._dirty[kind, name] = None

    def _touch(self, names: Iterable[str]) -> None:
        self._touched.update(dict.fromkeys(sorted(names)))

    def _take_pump(self, told: PumpTold) -> None:
        if told.action in {"clock", "end"}:
            device: DeviceEntry = self._entry(DEVICE, told.device, DeviceEntry)
            if told.action == "clock":
                device.clocks.add(instant(told.at))
            elif told not in device.ends:
                device.ends.append(told)
            self._changed(DEVICE, told.device)
            self._touch(self._state.pumps_by_device.of(told.device))
            return
        name = pump_name(told)
        entry: PumpEntry = self._entry(PUMP, name, PumpEntry)
        if entry.is_full():
            self._rejects.append(_TOO_MANY)
        elif entry.add(told):
            self._changed(PUMP, name)
        else:
            self._again.add(name)
        if not entry.within or name in self._again:
            self._touch((name,))

    def _take_order(self, told: OrderTold) -> None:
        entry: OrderEntry = self._entry(ORDER, told.order, OrderEntry)
        if entry.add(told):
            self._changed(ORDER, told.order)
            self._touch(self._state.touched_by_order(told.order, entry.words))

    def _take_stay(self, told: StayTold) -> None:
        entry: StayEntry = self._entry(STAY, told.encounter_id, StayEntry)
        if entry.add(told):
            self._changed(STAY, told.encounter_id)
            self._touch(self._state.touched_by_stay(told))

    def _take_resource(self, told: ResourceTold) -> None:
        if (
            len(self._state.resources) < MOST_RESOURCES
            and self._state.resources.get(told.name) != told.resource
        ):
            self._state.resources[told.name] = told.resource
            self._state.resources_seen[told.name] = self._at
            self._dirty[RESOURCE, told.name] = None

    def _settle(self, name: str) -> None:
        """Send what differs between what a pump's words come to now and what was sent of them."""
        entry = self._state.pumps[name]
        words = _words(self._state, name)
        device = self._state.devices.get(words[0].device)
        due: dict[str, dict[str, Any]] = {}
        tried: list[Link] = []
        for delivery in deliveries(words):
            link = link_of(self._state, delivery)
            if not link.encounter_id:
                tried.append(link)
                continue
            for event in events_of(delivery, link, device.clocks if device is not None else ()):
                due[_slot(event)] = event
            if entry.is_full():
                refused = refused_event(delivery, link, _TOO_MANY.reason)
                due[_slot(refused)] = refused
        self._send(name, entry, due)
        if len(tried) > entry.unlinked or (tried and name in self._again):
            self._rejects.append(_unlinked(tried[-1]))
        if len(tried) != entry.unlinked:
            self._state.unlinked += len(tried) - entry.unlinked
            entry.unlinked = len(tried)
            self._dirty[PUMP, name] = None

    def _send(self, name: str, entry: PumpEntry, due: Mapping[str, dict[str, Any]]) -> None:
        for slot in [slot for slot in entry.sent if slot not in due]:
            gone = entry.sent.pop(slot)
            times = entry.taken_back[slot] = entry.taken_back.get(slot, 0) + 1
            self._dirty[PUMP, name] = None
            self._events.append(
                {
                    "type": "event_voided",
                    "event_id": event_id("void", gone.event_id, str(times)),
                    "encounter_id": gone.encounter_id,
                    "occurred_at": gone.occurred_at,
                    "source": gone.source,
                    "voids_event_id": gone.event_id,
                }
            )
        for slot, event in due.items():
            if slot in entry.sent:
                continue
            # Words about two programs may come to the same event: each is taken back alone.
            named = event_id("pump", name, slot, str(entry.taken_back.get(slot, 0)))
            entry.sent[slot] = Sent(named, event["encounter_id"], event["occurred_at"], event["source"])
            self._dirty[PUMP, name] = None
            self._events.append({"type": event["type"], "event_id": named, **event})


def _unlinked(link: Link) -> Reject:
    return Reject("pump", f"{UNLINKED}: tried {link.tried}", _REMEDY)


def _words(state: State, name: str) -> list[PumpTold]:
    """Return all words about a program, those about the whole pump among them."""
    words = state.pumps[name].words()
    device = state.devices.get(words[0].device)
    return words if device is None else [*words, *(end for end in device.ends if _concerns(end, words[0]))]


def _concerns(end: PumpTold, word: PumpTold) -> bool:
    """Tell whether the end of a program is that of a word: its channel and its program, where they are told."""
    program = end.program or end.order
    return end.channel in {"", word.channel} and program in {"", word.program or word.order}


def _slot(event: Mapping[str, Any]) -> str:
    """Return the name of what an event says; when it was recorded is no part of it."""
    said = {name: value for name, value in event.items() if name != "recorded_at"}
    return event_id(dumps(said, option=OPT_SORT_KEYS).decode())
