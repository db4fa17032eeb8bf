"""
What is remembered of one facility, in small entries: stays with their beds, orders, pumps, resources.

An entry is a name and a JSON text; a message rewrites only the entries it changed. Everything in an entry is a set of
words: whatever order they came in, the entry is the same.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from typing import Any, Final

from orjson import dumps, loads

from streams.feeds.facts import OrderTold, PumpTold, StayTold

STAY, ORDER, PUMP, DEVICE, RESOURCE = "e", "o", "p", "d", "m"
"""Kinds of entries: the letter in front of a name."""

MOST_EVENTS: Final = 2000
MOST_REPORTS: Final = 6000
"""Words about one program of a pump: a thousand changes of rate, four days of reports a minute."""


@dataclass(slots=True)
class StayEntry:
    """Where one patient of one stay was, and when."""

    seen: int = 0
    words: set[tuple[float, str, str]] = field(default_factory=set)
    """Instant, state, place."""
    patients: set[str] = field(default_factory=set)

    def add(self, told: StayTold) -> bool:
        """Take a word in; tells whether it is new."""
        before = len(self.words) + len(self.patients)
        self.words.add((told.at, told.state, told.place))
        if told.patient:
            self.patients.add(told.patient)
        return len(self.words) + len(self.patients) > before

    def dump(self) -> Any:
        """Return what is written."""
        return [self.seen, sorted(self.words), sorted(self.patients)]

    @classmethod
    def load(cls, written: Any) -> "StayEntry":
        """Return what was written."""
        return cls(written[0], {tuple(word) for word in written[1]}, set(written[2]))


@dataclass(slots=True)
class OrderEntry:
    """What was said of one order."""

    seen: int = 0
    words: list[OrderTold] = field(default_factory=list)

    def add(self, told: OrderTold) -> bool:
        """Take a word in; tells whether it is new. What a chart says of an order is kept once for a stay."""
        if told.by == "chart":
            if any(word.by == "chart" and word.encounter_id == told.encounter_id for word in self.words):
                return False
        elif told in self.words:
            return False
        self.words.append(told)
        self.words.sort(key=lambda word: (word.at, dumps(list(word))))
        return True

    def dump(self) -> Any:
        """Return what is written."""
        return [self.seen, [list(word) for word in self.words]]

    @classmethod
    def load(cls, written: Any) -> "OrderEntry":
        """Return what was written."""
        return cls(written[0], [OrderTold(*word) for word in written[1]])


@dataclass(slots=True)
class DeviceEntry:
    """What a pump said of itself, not of a program: its clock was set, programs were cleared."""

    seen: int = 0
    clocks: set[float] = field(default_factory=set)
    ends: list[PumpTold] = field(default_factory=list)

    def dump(self) -> Any:
        """Return what is written."""
        return [self.seen, sorted(self.clocks), [list(word) for word in self.ends]]

    @classmethod
    def load(cls, written: Any) -> "DeviceEntry":
        """Return what was written."""
        return cls(written[0], set(written[1]), [PumpTold(*word) for word in written[2]])


@dataclass(slots=True)
class Sent:
    """An event that was sent."""

    event_id: str
    encounter_id: str
    occurred_at: str
    source: str


@dataclass(slots=True)
class PumpEntry:
    """The words about one program of one source of a pump, and the events that were made of them."""

    seen: int = 0
    events: list[PumpTold] = field(default_factory=list)
    reports: dict[PumpTold, "array[int]"] = field(default_factory=dict)
    """Reports of states by all that they say but when, with their instants in order."""
    sent: dict[str, Sent] = field(default_factory=dict)
    """By what they say."""
    taken_back: dict[str, int] = field(default_factory=dict)
    """How often what they say was sent and taken back."""
    unlinked: int = 0
    """Deliveries whose stay is not known."""
    within: bool = False
    """Whether the last word changes nothing of what flowed."""

    def add(self, told: PumpTold) -> bool:
        """Take a word in; tells whether it is new."""
        self.within = False
        if not told.period_s:
            same = told._replace(recorded_at=None)
            for word in self.events:
                if word.at == told.at and word._replace(recorded_at=None) == same:
                    return False
            self.events.append(_sharing(self.events, told))
            return True
        at = datetime.fromisoformat(told.at)
        offset = at.utcoffset() or timedelta()
        signature = _signature(told, offset)
        times = self.reports.setdefault(signature, array("q"))
        second = int(at.timestamp())
        place = bisect_left(times, second)
        if place < len(times) and times[place] == second:
            return False
        outweighed = any(word.action != "refused" for word in self.events)
        self.within = outweighed or self._is_within(signature, second, place)
        times.insert(place, second)
        return True

    def _is_within(self, signature: PumpTold, second: int, place: int) -> bool:
        """Tell whether a report says what the one before it said, in time, and so do those behind it: nothing happened."""
        times = self.reports[signature]
        if not place or signature.period_s < 0:
            return False
        before = times[place - 1]
        after = times[place] if place < len(times) else second
        if after - before > 2 * signature.period_s:
            return False
        for other, instants in self.reports.items():
            if other is not signature and other != signature:
                nearest = bisect_left(instants, before)
                if nearest < len(instants) and (place == len(times) or instants[nearest] <= after):
                    return False
        return True

    def words(self) -> list[PumpTold]:
        """Return all words, in any order."""
        told = list(self.events)
        for signature, times in self.reports.items():
            zone = timezone(timedelta(seconds=int(signature.at)))
            told += [
                signature._replace(at=datetime.fromtimestamp(second, zone).isoformat()) for second in times
            ]
        return told

    def is_full(self) -> bool:
        """Tell whether there are so many words that no more are taken."""
        reports = sum(map(len, self.reports.values()))
        return len(self.events) >= MOST_EVENTS or reports >= MOST_REPORTS

    def dump(self) -> Any:
        """Return what is written; instants of reports as the seconds since the one before."""
        return [
            self.seen,
            [_listed(word) for word in self.events],
            [[_listed(signature), _steps(times)] for signature, times in self.reports.items()],
            {
                slot: [one.event_id, one.encounter_id, one.occurred_at, one.source]
                for slot, one in self.sent.items()
            },
            self.taken_back,
            self.unlinked,
        ]

    @classmethod
    def load(cls, written: Any) -> "PumpEntry":
        """Return what was written."""
        seen, events, reports, sent, taken_back, unlinked = written
        return cls(
            seen,
            _shared(PumpTold(*word) for word in events),
            {Signature(*signature): array("q", accumulate(steps)) for signature, steps in reports},
            {slot: Sent(*one) for slot, one in sent.items()},
            taken_back,
            unlinked,
        )


_DRUG: Final = PumpTold._fields.index("drug")


class Signature(PumpTold):
    """A report without its instant: ``at`` holds the seconds its clock is ahead of UTC."""

    def __hash__(self) -> int:
        """Return a hash without the drug, which is a dict."""
        return hash((*self[:_DRUG], *self[_DRUG + 1 :]))


def _signature(told: PumpTold, offset: timedelta) -> Signature:
    ahead = str(int(offset.total_seconds()))
    return Signature(*told._replace(at=ahead, recorded_at=None, total_ml=None, segment_ml=None))


def _sharing(words: list[PumpTold], word: PumpTold) -> PumpTold:
    """Return a word with the texts of the first one where they are the same: most are, and there are many words."""
    if not words:
        return word
    pairs: Iterable[tuple[Any, Any]] = zip(words[0], word, strict=True)
    return PumpTold(
        *[known if known == said and type(known) is type(said) else said for known, said in pairs]
    )


def _shared(words: Iterable[PumpTold]) -> list[PumpTold]:
    sharing: list[PumpTold] = []
    for word in words:
        sharing.append(_sharing(sharing, word))
    return sharing


def _listed(word: PumpTold) -> list[Any]:
    return list(word)


def _steps(times: "array[int]") -> list[int]:
    return [after - before for before, after in zip([0, *times], times, strict=False)]


ENTRIES: Final[Mapping[str, Any]] = {
    STAY: StayEntry,
    ORDER: OrderEntry,
    PUMP: PumpEntry,
    DEVICE: DeviceEntry,
}
"""By the letter in front of the name."""


def written(entry: Any) -> bytes:
    """Return an entry as it is kept."""
    return dumps(entry if isinstance(entry, list) else entry.dump())


def read_entry(kind: str, value: bytes) -> Any:
    """Return the entry that bytes hold."""
    return loads(value) if kind == RESOURCE else ENTRIES[kind].load(loads(value))


def pump_name(told: PumpTold) -> str:
    """Return the name of the entry of a pump's word: its device, channel, source and program."""
    return "|".join((told.device, told.channel, told.source, told.program or told.order))
