"""
A stay, or stays that merges connect, as data that can be shared, and whether it is coded as the real one. Pure.

Shifts are tried in the order the key gives them until the stay is coded as before: the same codes, units, minutes, days of
the week and flags. First ids are hashes alone; where coding asks which of two ids is the lower, their order is kept too.
Where no shift does, the first stands, and the stay is told: mostly a table of another date decides it otherwise.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from orjson import dumps

from models.charge import ChargeSet
from streams.feeds.deidentified.date_shift import Shift, shifts
from streams.feeds.deidentified.event import Deidentifier, Fields, instants_of, known_part, zone_of
from streams.feeds.deidentified.fields import IDS
from streams.feeds.deidentified.keyed import Keyed, Ranked
from streams.wire.rejects import Reject

_TRIED: Final = 6
"""Shifts that are tried before the order of ids is kept too, and as many then."""

Code = Callable[[Sequence[bytes]], Mapping[str, ChargeSet]]
"""From the lines of linked stays to their charge sets, by encounter id, by the path that ``infusion code`` takes."""


@dataclass
class Deidentified:
    """What became of the lines of linked stays."""

    lines: list[bytes] = field(default_factory=list)
    encounter_ids: list[str] = field(default_factory=list)
    """The new ids of the stays."""
    rejects: list[tuple[int, Reject]] = field(default_factory=list)
    """Places among the lines given, and why the line is not passed on."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Fields that the contract does not know, by name."""
    changed: Counter[str] = field(default_factory=Counter)
    """Texts that were not kept as they stood, by field."""
    same: bool = True
    """Whether it is coded as the real one."""
    tables_moved: bool = False
    """Whether it is not, and tables of another date were asked."""
    unshifted: bool = False
    """Whether no shift keeps its clock, so that it is left out whole."""


def deidentified(
    lines: Sequence[bytes],
    secret: bytes,
    most_weeks: int,
    public_payer: Callable[[str], str | None],
    code: Code,
) -> Deidentified:
    """Return the events of linked stays made anew, in the order given."""
    made = Deidentified()
    events: list[Fields] = []
    for place, raw in enumerate(lines):
        known = known_part(raw, made.dropped)
        if isinstance(known, Reject):
            made.rejects.append((place, known))
        else:
            events.append(known)
    if not events:
        return made
    keyed = Keyed(secret)
    named = {zone_of(one) for one in events}
    zones = [ZoneInfo(name) for name in sorted(filter(None, named))]
    instants = [at for one in events for at in instants_of(one)]
    every = shifts(keyed, _group(events), most_weeks, instants, zones)
    before = code([dumps(one) for one in events])
    first: tuple[list[bytes], Counter[str], Mapping[str, ChargeSet]] | None = None
    for names, shift in _trials(keyed, Ranked(secret, _ids(events)), every):
        worker = Deidentifier(names, shift, zones, public_payer)
        again = [dumps(worker.made(one)) for one in events]
        after = code(again)
        if first is None:
            first = again, worker.changed, after
        if _alike(before, after, names, shift):
            made.lines, made.changed, made.encounter_ids = again, worker.changed, sorted(after)
            return made
    made.unshifted = first is None
    if first is not None:
        made.lines, made.changed = first[:2]
        made.encounter_ids, made.same = sorted(first[2]), False
        made.tables_moved = _tables(before.values()) != _tables(first[2].values())
    return made


def _trials(keyed: Keyed, ranked: Keyed, every: Iterator[Shift]) -> Iterator[tuple[Keyed, Shift]]:
    """Yield what is tried: hashes alone under some shifts, then hashes that keep the order of ids under the same."""
    found = []
    for shift in islice(every, _TRIED):
        found.append(shift)
        yield keyed, shift
    yield from ((ranked, shift) for shift in found)


def _group(events: Sequence[Fields]) -> str:
    """Return what moves together: the patient's key where there is one, else the lowest id of the stays."""
    patients: set[str] = {one["patient_key"] for one in events if one.get("patient_key")}
    stays: set[str] = {one["encounter_id"] for one in events}
    return min(patients or stays)


def _ids(events: Sequence[Fields]) -> dict[str, set[str]]:
    ids: dict[str, set[str]] = {}
    for one in events:
        for name, kind in IDS.items():
            value = one.get(name)
            if isinstance(value, list):
                ids.setdefault(kind, set()).update(value)
            elif value is not None:
                ids.setdefault(kind, set()).add(value)
    return ids


def _alike(
    before: Mapping[str, ChargeSet], after: Mapping[str, ChargeSet], names: Keyed, shift: Shift
) -> bool:
    """Tell whether stays are coded alike: by stay the same lines, refusals, flags and drugs of the same administrations."""
    wanted = {names.name("encounter", one): _said(of, names, shift) for one, of in before.items()}
    return wanted == {one: _said(of, None, None) for one, of in after.items()}


def _said(charge_set: ChargeSet, names: Keyed | None, shift: Shift | None) -> tuple[object, ...]:
    weeks = timedelta() if shift is None else timedelta(weeks=shift.weeks)

    def ids(given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(one if names is None else names.name("administration", one) for one in given))

    return (
        charge_set.status,
        Counter(
            (line.code, line.units, line.modifiers, line.minutes, line.evidence, line.service_date + weeks,
             ids(line.administration_ids))
            for line in charge_set.lines
        ),
        Counter((ids((one.administration_id,)), one.rule) for one in charge_set.not_billed),
        Counter((flag.flag, flag.severity, ids(flag.administration_ids)) for flag in charge_set.flags),
        Counter(
            (ids((one.administration_id,)), one.code, one.units, one.status) for one in charge_set.drug_lines
        ),
    )  # fmt: skip


def _tables(sets: Any) -> list[dict[str, str]]:
    return sorted((one.tables for one in sets), key=repr)
