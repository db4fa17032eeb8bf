"""
What files of events, charge sets, charge lines and deliveries say, stay by stay, in bounded memory.

Lines of all four kinds may stand in one file, in any order. Events are coded by the path that ``infusion code`` takes; a
charge set that is given stands in place of the one its events would make.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from orjson import JSONDecodeError, dumps, loads
from pydantic import ValidationError

from models.charge import ChargeSet
from models.delivery import DELIVERY, Delivery
from models.encounter import Encounter
from models.line_change import LineChange
from rules.engine import Profile
from streams.batch.coder import CodedEncounter, code_linked, code_stay
from streams.batch.gather import Gatherer
from streams.batch.spill_buckets import Buckets
from streams.feeds.posted import PostedChange, PostedLine
from streams.wire.charges_read import read_charges
from streams.wire.encounter_key import InputLine
from streams.wire.rejects import WHOLE_LINE, Reject

_POSTED: Final = -2
"""The number of the first file of what another system posted, counting down: lines of files count up from 0."""
_STORED: Final = -1
"""In the place of a file's number: a charge set that a broker stored, its instant in place of the line's number."""
_BEHIND: Final = 1 << 30
"""Added to the place of what was posted, so that it is read behind the lines of files."""
_CHARGES: Final = b'"charge_set_id"'
"""What no event has and everything about charges does; within a text its quotes would be escaped."""


class ToldStay(NamedTuple):
    """What the files say of one stay."""

    encounter_id: str
    coded: CodedEncounter | None
    """The stay as its events tell it; None where there are none."""
    charge_set: ChargeSet | None
    """The newest that was given, else the one of its events."""
    changes: tuple[LineChange, ...]
    deliveries: tuple[Delivery, ...]
    posted: tuple[PostedChange, ...]
    told_on: date | None
    """The day the patient left or came, in UTC, by the events; else the day the charge set was stored."""


def stored(value: bytes, at_ms: int) -> InputLine:
    """Return a charge set as a line that says when a broker stored it, in epoch milliseconds."""
    return _STORED, at_ms, value


class ToldStays:
    """Gathers files, and gives their stays; one bucket of stays is in memory at a time."""

    def __init__(self, buckets: Buckets, limit: int, refuse: Callable[[Reject], None]) -> None:
        self.gatherer: Final = Gatherer(buckets, limit, refuse)
        self._buckets, self._refuse = buckets, refuse

    def post(self, file: int, number: int, change: PostedChange) -> None:
        """Take in what another system posted."""
        self._buckets.add(change.encounter_id.encode(), [(_POSTED - file, number, posted_bytes(change))])

    def stays(self, profile: Profile) -> Iterator[list[ToldStay]]:
        """Yield the stays of each bucket, in the order of their ids; what is wrong with a line is refused."""
        links = self.gatherer.links
        with Buckets() as linked:
            for lines in self._buckets.drain():
                for key in links.ids():
                    if key in lines:
                        linked.add(links.group(key), lines.pop(key))
                yield [
                    stay
                    for key in sorted(lines)
                    for stay in self._told(key.decode(errors="replace"), lines.pop(key), profile)
                ]
            for groups in linked.drain():
                found = [stay for group in groups.values() for stay in self._told(None, group, profile)]
                yield sorted(found, key=lambda stay: stay.encounter_id)

    def _told(self, name: str | None, lines: list[InputLine], profile: Profile) -> Iterator[ToldStay]:
        """Yield the stays that lines tell of: the one named, or those that merges link."""
        said = _Said(self._refuse)
        for line in sorted(lines, key=_place):
            said.take(*line)
        coded = self._coded(name, said.events, profile)
        for told in sorted({*coded, *said.sets, *said.changes, *said.deliveries, *said.posted}):
            own = coded.get(told)
            charge_set = said.sets.get(told) or (None if own is None else own.coding.charge_set)
            yield ToldStay(
                told, own, charge_set, tuple(said.changes.get(told, ())), tuple(said.deliveries.get(told, ())),
                tuple(said.posted.get(told, ())), said.days.get(told) if own is None else _told_on(own.encounter),
            )  # fmt: skip

    def _coded(
        self, name: str | None, events: list[InputLine], profile: Profile
    ) -> dict[str, CodedEncounter]:
        if not events:
            return {}
        outcome = code_linked(events, profile) if name is None else code_stay(name, events, profile)
        for reject in outcome.rejects:
            self._refuse(reject)
        return {stay.encounter.encounter_id: stay for stay in outcome.stays}


class _Said:
    """What lines say, by the kind of thing each says."""

    def __init__(self, refuse: Callable[[Reject], None]) -> None:
        self.events: list[InputLine] = []
        self.sets: dict[str, ChargeSet] = {}
        self.changes: dict[str, list[LineChange]] = {}
        self.deliveries: dict[str, list[Delivery]] = {}
        self.posted: dict[str, list[PostedChange]] = {}
        self.days: dict[str, date] = {}
        self._refuse = refuse

    def take(self, file: int, number: int, raw: bytes) -> None:
        """Take in one line."""
        if file <= _POSTED:
            change = posted_change(raw)
            self.posted.setdefault(change.encounter_id, []).append(change)
        elif _CHARGES not in raw:
            self.events.append((file, number, raw))
        else:
            self._take_charges(file, number, _charges(raw))

    def _take_charges(self, file: int, number: int, said: ChargeSet | LineChange | Delivery | Reject) -> None:
        if isinstance(said, Reject):
            self._refuse(said.at(file, number))
        elif isinstance(said, Delivery):
            self.deliveries.setdefault(said.encounter_id, []).append(said)
        elif isinstance(said, LineChange):
            self.changes.setdefault(said.encounter_id, []).append(said)
        elif said.encounter_id not in self.sets or self.sets[said.encounter_id].revision <= said.revision:
            self.sets[said.encounter_id] = said
            if file == _STORED:
                self.days[said.encounter_id] = _day(number // 1000)


def _place(line: InputLine) -> tuple[int, int]:
    """Return where a line stands; what was posted in the order of its files, behind everything else."""
    file, number, _ = line
    return (_BEHIND - file if file <= _POSTED else file), number


def posted_bytes(change: PostedChange) -> bytes:
    """Return what another system posted as bytes that wait in a file."""
    # As JSON, never pickled: a line of a file lies among these.
    return dumps((change.encounter_id, *change.line, change.credit, change.restates))


def posted_change(raw: bytes) -> PostedChange:
    """Return what waited as bytes."""
    encounter_id, code, units, modifiers, on, line_id, credit, restates = loads(raw)
    line = PostedLine(code, units, tuple(modifiers), None if on is None else date.fromisoformat(on), line_id)
    return PostedChange(encounter_id, line, credit, restates)


def _told_on(encounter: Encounter) -> date | None:
    at = encounter.departed_at or encounter.arrived_at or encounter.last_recorded_at
    return None if at is None else _day(at)


def _day(at: int) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def _charges(raw: bytes) -> ChargeSet | LineChange | Delivery | Reject:
    with suppress(JSONDecodeError):
        held = loads(raw)
        if isinstance(held, dict) and "outcome" in held:
            try:
                return DELIVERY.validate_json(raw)
            except ValidationError:
                return Reject(WHOLE_LINE, "no delivery", "send it as infusion schema delivery describes")
    return read_charges(raw)
