"""
What files of events, charge sets, charge lines and deliveries say, stay by stay, in bounded memory.

Lines of all four kinds may stand in one file, in any order. Events are coded by the path that ``infusion code`` takes; a
charge set that is given stands in place of the one its events would make.
"""

import pickle
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from orjson import JSONDecodeError, loads
from pydantic import ValidationError

from models.charge import ChargeSet
from models.delivery import DELIVERY, Delivery
from models.encounter import Encounter
from models.line_change import LineChange
from rules.engine import Profile
from streams.batch.coder import CodedEncounter, code_linked, code_stay
from streams.batch.gather import Gatherer
from streams.batch.spill_buckets import Buckets
from streams.feeds.posted import PostedChange
from streams.wire.charges_read import read_charges
from streams.wire.encounter_key import InputLine
from streams.wire.rejects import WHOLE_LINE, Reject

_POSTED: Final = b"\0"
"""In front of what another system posted, as it waits with the lines of its stay."""
_STORED: Final = b"\1"
"""In front of a charge set that a broker stored, with the instant in epoch milliseconds and a line feed."""
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


def stored(value: bytes, at_ms: int) -> bytes:
    """Return a charge set as a line that says when a broker stored it, in epoch milliseconds."""
    return b"%b%d\n%b" % (_STORED, at_ms, value)


class ToldStays:
    """Gathers files, and gives their stays; one bucket of stays is in memory at a time."""

    def __init__(self, buckets: Buckets, limit: int, refuse: Callable[[Reject], None]) -> None:
        self.gatherer: Final = Gatherer(buckets, limit, refuse)
        self._buckets, self._refuse = buckets, refuse

    def post(self, file: int, number: int, change: PostedChange) -> None:
        """Take in what another system posted."""
        self._buckets.add(
            change.encounter_id.encode(), [(file, number, _POSTED + pickle.dumps(change, pickle.HIGHEST_PROTOCOL))]
        )  # fmt: skip

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
        events: list[InputLine] = []
        sets: dict[str, ChargeSet] = {}
        changes: dict[str, list[LineChange]] = {}
        deliveries: dict[str, list[Delivery]] = {}
        posted: dict[str, list[PostedChange]] = {}
        days: dict[str, date] = {}
        for file, number, line in sorted(lines, key=lambda line: line[:2]):
            raw, stored_ms = line, 0
            if raw.startswith(_STORED):
                at, _, raw = raw[1:].partition(b"\n")
                stored_ms = int(at)
            if raw.startswith(_POSTED):
                change: PostedChange = pickle.loads(raw[1:])  # noqa: S301 -- written by this process
                posted.setdefault(change.encounter_id, []).append(change)
                continue
            if _CHARGES not in raw:
                events.append((file, number, raw))
                continue
            said = _charges(raw)
            if isinstance(said, Reject):
                self._refuse(said.at(file, number))
            elif isinstance(said, Delivery):
                deliveries.setdefault(said.encounter_id, []).append(said)
            elif isinstance(said, LineChange):
                changes.setdefault(said.encounter_id, []).append(said)
            elif said.encounter_id not in sets or sets[said.encounter_id].revision <= said.revision:
                sets[said.encounter_id] = said
                if stored_ms:
                    days[said.encounter_id] = _day(stored_ms // 1000)
        coded = self._coded(name, events, profile)
        for told in sorted({*coded, *sets, *changes, *deliveries, *posted}):
            own = coded.get(told)
            charge_set = sets.get(told) or (None if own is None else own.coding.charge_set)
            yield ToldStay(
                told, own, charge_set, tuple(changes.get(told, ())), tuple(deliveries.get(told, ())),
                tuple(posted.get(told, ())), days.get(told) if own is None else _told_on(own.encounter),
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
