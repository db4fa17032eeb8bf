"""
The raw lines of a stay in, the stay and its charge set out: read, fold, code. Pure.

Stays that were merged are coded together, for the events of one belong to the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, overload

from models.charge import ChargeSet
from models.encounter import Encounter
from models.event import Event, EventRefused
from rules.emission import in_confirm_window
from rules.engine import Coding, Profile, code_encounter, coding_steps
from rules.steps import Steps, at_once
from streams.batch.stay_problems import faults, told
from streams.encounter.event_problems import SourcedEvent, after_cancellation, circling, conflicts
from streams.encounter.fold import NoEventsError, fold_steps, merges
from streams.encounter.merge_bound import fold_bounded, too_many
from streams.encounter.merge_groups import survivor
from streams.wire.encounter_key import InputLine
from streams.wire.event_decoder import as_model, decode_plain
from streams.wire.event_json import read
from streams.wire.refused_event import legible_encounter_id, refused_event
from streams.wire.rejects import Reject

_HOUR: Final = 3600


class EventModels(Sequence[Event]):
    """Events as their models, made of structs when somebody first asks for one: to code a stay nobody does."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self._models: list[Event] | None = None

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._events)

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | Sequence[Event]:
        """Return one of them, or some."""
        if self._models is None:
            self._models = list(map(as_model, self._events))
        return self._models[place]


class CodedEncounter(NamedTuple):
    """A stay as folded from its events, its coding, and the events: its own, and those of each stay merged into it."""

    encounter: Encounter
    coding: Coding
    events: Sequence[Event] = ()
    merged: Mapping[str, Sequence[Event]] = MappingProxyType({})


class Outcome(NamedTuple):
    """What became of some lines: stays coded, lines refused, and faults behind the flags that hold a set."""

    stays: tuple[CodedEncounter, ...]
    rejects: tuple[Reject, ...]
    faults: tuple[Reject, ...]

    @property
    def charge_sets(self) -> tuple[ChargeSet, ...]:
        """The charge set of each stay."""
        return tuple([stay.coding.charge_set for stay in self.stays])


def code_stay(
    encounter_id: str, lines: Sequence[InputLine], profile: Profile, as_of: datetime | None = None
) -> Outcome:
    """
    Return one stay, coded from all its lines, in whatever order they come.

    ``as_of`` is the instant of coding: before the confirm window of the policy has passed the set is a preview.
    Without one there is no clock, and a discharged stay is final.
    """
    return at_once(stay_steps(encounter_id, lines, profile, as_of))


def stay_steps(
    encounter_id: str, lines: Sequence[InputLine], profile: Profile, as_of: datetime | None = None
) -> Steps[Outcome]:
    """Return the steps of ``code_stay``: read, fold, code, and tell of what is wrong."""
    events, event_lines, rejects = _read(lines, encounter_id)
    yield
    try:
        encounter = yield from fold_steps(events)
    except NoEventsError:  # every line of it was refused
        return Outcome((), tuple(rejects), ())
    yield
    coding = _timed((yield from coding_steps(encounter, profile)), encounter, as_of)
    yield
    stays = (CodedEncounter(encounter, coding, EventModels(events)),)
    doubtful = encounter.conflicts or encounter.standing == "cancelled"
    if not doubtful and not told(coding.charge_set):
        return Outcome(stays, tuple(rejects), ())
    entries = [
        SourcedEvent(*pair)
        for pair in zip(map(as_model, events), event_lines, strict=True)
        if _tells(pair[0])
    ]
    rejects += [*conflicts(encounter, entries), *after_cancellation(encounter, entries)]
    return Outcome(stays, tuple(rejects), tuple(faults(coding.charge_set, entries)))


def code_linked(lines: Sequence[InputLine], profile: Profile, as_of: datetime | None = None) -> Outcome:
    """
    Return stays that name one another in merges, coded from all the lines of all of them, in order of their ids.

    A stay merged into another has a cancelled set without lines, and its events count for the one it ends up
    in, which has a set even when no event of its own is known. A voided merge has no effect. A stay into which too many
    were merged is coded from its own events, and held.
    """
    plain, event_lines, rejects = _read(lines, None)
    events = list(map(as_model, plain))
    stays: dict[str, list[SourcedEvent]] = {}
    for event, line in zip(events, event_lines, strict=True):
        stays.setdefault(event.encounter_id, []).append(SourcedEvent(event, line))
    into = dict(merges(events))
    rejects += [
        reject
        for encounter_id, entries in stays.items()
        if encounter_id not in into
        for reject in circling(entries)
    ]
    absorbed: dict[str, list[str]] = {encounter_id: [] for encounter_id in stays}
    for merged_id in into:
        absorbed.setdefault(survivor(merged_id, into), []).append(merged_id)
    coded: list[CodedEncounter] = []
    problems: list[Reject] = []
    for encounter_id in sorted(absorbed):
        own = stays.get(encounter_id, [])
        others = {
            merged_id: [entry.event for entry in stays[merged_id]] for merged_id in absorbed[encounter_id]
        }
        mine = [entry.event for entry in own]
        try:
            encounter = fold_bounded(encounter_id, mine, others)
        except NoEventsError:
            continue
        if too_many(len(others)):
            others = {}
        if encounter_id in into:
            encounter = encounter._replace(merged_into=survivor(encounter_id, into))
        coding = _timed(code_encounter(encounter, profile), encounter, as_of)
        coded.append(CodedEncounter(encounter, coding, mine, others))
        if encounter_id not in into:
            entries = [
                entry
                for name in ((encounter_id, *others) if own else (*absorbed[encounter_id],))
                for entry in stays.get(name, [])
                if _tells(entry.event)
            ]
            rejects += [*conflicts(encounter, entries), *after_cancellation(encounter, entries)]
            problems += faults(coding.charge_set, entries)
    return Outcome(tuple(coded), tuple(rejects), tuple(problems))


def _tells(event: Event) -> bool:
    """Tell whether an event says something of the stay; a refusal only says that one is missing."""
    return not isinstance(event, EventRefused)


def _read(
    lines: Sequence[InputLine], encounter_id: str | None
) -> tuple[list[Event], Sequence[InputLine], list[Reject]]:
    """Return the events of lines, as models or as structs, the lines they stand on, and a reject for each of the others."""
    plain = decode_plain([raw for _, _, raw in lines])
    if plain is not None:
        return plain, lines, []
    read_lines = [read(raw) for _, _, raw in lines]
    events = [event for event in read_lines if not isinstance(event, Reject)]
    if len(events) == len(lines):
        return events, lines, []
    rejects: list[Reject] = []
    events, event_lines = [], []
    for line, event in zip(lines, read_lines, strict=True):
        file, number, raw = line
        if isinstance(event, Reject):
            rejects.append(event.at(file, number))
            about = encounter_id or legible_encounter_id(raw)
            refused = refused_event(raw, about, event) if about else None
            if refused is None:
                continue
            events.append(refused)
        else:
            events.append(event)
        event_lines.append(line)
    return events, event_lines, rejects


def _timed(coding: Coding, encounter: Encounter, as_of: datetime | None) -> Coding:
    """Return the coding as it stands at an instant: within the confirm window of the policy a final set is a preview."""
    if as_of is None or coding.policy is None:
        return coding
    charge_set, departed = coding.charge_set, encounter.departed_at
    if charge_set.status != "final" or departed is None:
        return coding
    confirm_s = coding.policy.confirm_window_after_departure_before_final * _HOUR
    if not in_confirm_window(departed, confirm_s, as_of.timestamp()):
        return coding
    return coding._replace(charge_set=replace(charge_set, status="preview"))
