"""The memory of one facility: its entries, and what finds them: who is in a bed, which pumps wait for an order."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from streams.feeds.association_entries import (
    DEVICE,
    ORDER,
    PUMP,
    RESOURCE,
    STAY,
    DeviceEntry,
    OrderEntry,
    PumpEntry,
    StayEntry,
    read_entry,
)
from streams.feeds.facts import OrderTold, StayTold
from streams.feeds.linking import Entry

_BETWEEN: Final = "|"


class Finder:
    """Names by a word they have in common."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[str, dict[str, None]] = {}

    def add(self, word: str, name: str) -> None:
        """Let a name be found by a word; an empty word finds nothing."""
        if word:
            self._names.setdefault(word, {})[name] = None

    def of(self, word: str) -> tuple[str, ...]:
        """Return the names that a word finds."""
        return tuple(self._names.get(word, ()))

    def forget(self, name: str, words: Iterable[str]) -> None:
        """Let a name be found no more."""
        for word in words:
            names = self._names.get(word)
            if names is not None:
                names.pop(name, None)
                if not names:
                    del self._names[word]


class State:
    """What is remembered of one facility. Whoever changes an entry says so with ``found``."""

    def __init__(self) -> None:
        self.stays: dict[str, StayEntry] = {}
        self.orders: dict[str, OrderEntry] = {}
        self.pumps: dict[str, PumpEntry] = {}
        self.devices: dict[str, DeviceEntry] = {}
        self.resources: dict[str, Mapping[str, Any]] = {}
        self.resources_seen: dict[str, int] = {}
        self.swept_at = 0
        self.unlinked = 0
        """Deliveries of pumps whose stay is not known."""
        self.stays_by_bed, self.stays_by_patient, self.orders_by_device = Finder(), Finder(), Finder()
        self.pumps_by_order, self.pumps_by_device, self.pumps_by_bed = Finder(), Finder(), Finder()
        self.pumps_by_patient, self.orders_by_patient = Finder(), Finder()
        self.devices_by_order, self.devices_by_bed, self.devices_by_patient = Finder(), Finder(), Finder()
        """By the words about a whole pump: they may say more of where it stood than those about a program."""
        self.orders_by_stay = Finder()
        """Those that were sent to a pump: whether it is still the pump of that stay, the stay's bed tells."""

    @classmethod
    def restored(cls, entries: Iterable[Entry]) -> "State":
        """Return the state that written entries are."""
        state = cls()
        for key, value in entries:
            kind, _, name = key.decode("utf-8", "surrogateescape").partition(_BETWEEN)
            entry = read_entry(kind, value)
            if kind == RESOURCE:
                state.resources_seen[name], state.resources[name] = entry
            else:
                state.table(kind)[name] = entry
                state.found(kind, name)
        state.unlinked = sum(entry.unlinked for entry in state.pumps.values())
        return state

    def table(self, kind: str) -> dict[str, Any]:
        """Return the entries of a kind by name."""
        tables: dict[str, dict[str, Any]] = {
            STAY: self.stays, ORDER: self.orders, PUMP: self.pumps, DEVICE: self.devices,
        }  # fmt: skip
        return tables[kind]

    def found(self, kind: str, name: str) -> None:
        """Let an entry be found by all that it says now."""
        for finder, word in self._words(kind, name):
            finder.add(word, name)

    def forget(self, kind: str, name: str) -> None:
        """Forget an entry."""
        for finder, word in self._words(kind, name):
            finder.forget(name, (word,))
        if kind == PUMP:
            self.unlinked -= self.pumps[name].unlinked
        del self.table(kind)[name]

    def _words(self, kind: str, name: str) -> Iterator[tuple[Finder, str]]:
        if kind == STAY:
            stay = self.stays[name]
            yield from ((self.stays_by_bed, place) for _, state, place in stay.words if state == "here")
            yield from ((self.stays_by_patient, patient) for patient in stay.patients)
        elif kind == ORDER:
            for word in self.orders[name].words:
                yield self.orders_by_device, word.device
                yield self.orders_by_stay, word.encounter_id if word.device else ""
                yield self.orders_by_patient, "" if word.encounter_id else word.patient
        elif kind == PUMP:
            entry = self.pumps[name]
            for told in (*entry.events, *entry.reports):
                yield self.pumps_by_order, told.order
                yield self.pumps_by_device, told.device
                yield self.pumps_by_bed, told.place
                yield self.pumps_by_patient, told.patient
        elif kind == DEVICE:
            for end in self.devices[name].ends:
                yield self.devices_by_order, end.order
                yield self.devices_by_bed, end.place
                yield self.devices_by_patient, end.patient

    def touched_by_stay(self, told: StayTold) -> set[str]:
        """Return the pumps that a word about a stay may concern: those in its beds, and those of its patient."""
        stay = self.stays[told.encounter_id]
        beds = {place for _, state, place in stay.words if state == "here"}
        if told.state == "into" and told.place in self.stays:
            beds |= {place for _, state, place in self.stays[told.place].words if state == "here"}
        touched = {name for bed in beds for name in self.pumps_by_bed.of(bed)}
        touched |= {name for bed in beds for name in self._pumps_of(self.devices_by_bed.of(bed))}
        for order in self.orders_by_stay.of(told.encounter_id):
            touched |= self.touched_by_order(order, self.orders[order].words)
        for patient in stay.patients:
            touched.update(self.pumps_by_patient.of(patient))
            touched |= self._pumps_of(self.devices_by_patient.of(patient))
            for order in self.orders_by_patient.of(patient):
                touched |= self.touched_by_order(order, self.orders[order].words)
        return touched

    def touched_by_order(self, order: str, words: Iterable[OrderTold]) -> set[str]:
        """Return the pumps that an order may concern."""
        touched = set(self.pumps_by_order.of(order)) | self._pumps_of(self.devices_by_order.of(order))
        for word in words:
            touched.update(self.pumps_by_device.of(word.device))
        return touched

    def _pumps_of(self, devices: Iterable[str]) -> set[str]:
        return {name for device in devices for name in self.pumps_by_device.of(device)}


def entry_key(kind: str, name: str) -> bytes:
    """Return the name an entry is written under."""
    return f"{kind}{_BETWEEN}{name}".encode("utf-8", "surrogateescape")
