"""
The fold: from the set of an encounter's events to the stay.

Pure: no clock, no environment, no policy. The stay is a function of the set, so events may come in any
order and any number of times, a correction or a void before what it corrects.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from models.encounter import Encounter, RefusedEvent, Review
from models.event import Event
from rules.steps import Steps, at_once
from streams.encounter.assembly import by_subject, encounter, parts_of
from streams.encounter.dated_event import DatedEvent, date_events
from streams.encounter.merge_groups import LastMerge, settled
from streams.encounter.merged_stay import Part, events_by_administration, join, reviewed
from streams.encounter.refused_events import outstanding
from streams.encounter.reviews import Known, reviews_of
from streams.encounter.stay_facts import stay_of
from streams.encounter.voids import effective
from streams.wire.event_decoder import as_model

Key = tuple[str, str]
"""Who sent an event and under which id: ``source``, empty when none is given, and ``event_id``."""


class _Collected(NamedTuple):
    """The events of one encounter, each once; ``conflicts`` are ids that came with two different contents."""

    events: dict[Key, DatedEvent]
    conflicts: frozenset[str]
    refusals: bool
    """Whether any of them says that an event was refused."""


class MixedEncountersError(ValueError):
    """Events of two encounters were given as those of one."""

    def __init__(self) -> None:
        super().__init__(
            "these events belong to more than one encounter_id: group them by encounter_id first"
        )


class NoEventsError(ValueError):
    """A stay was asked for of which no event is known."""

    def __init__(self) -> None:
        super().__init__(
            "no event of this encounter is known: give at least one event before asking for its facts"
        )


def _standing(first: DatedEvent, second: DatedEvent) -> DatedEvent:
    """Return which of two contents under one id counts: the one stored first, else the smaller as text."""
    return min(first, second, key=lambda entry: (entry.recorded, as_model(entry.event).model_dump_json()))


def _collect(events: Iterable[Event]) -> _Collected:
    """
    Return each event once, by source and id.

    Of two contents under one id one counts, whichever came first, and the id is remembered as a conflict.

    Raises:
        MixedEncountersError: the events are of more than one encounter.
    """
    told = date_events(events)
    if len({entry.encounter_id for entry in told}) > 1:
        raise MixedEncountersError
    entries: dict[Key, DatedEvent] = {(entry.source, entry.event_id): entry for entry in told}
    conflicts: set[str] = set()
    if len(entries) < len(told):  # few stays have an event twice
        entries.clear()
        for entry in told:
            key = (entry.source, entry.event_id)
            first = entries.setdefault(key, entry)
            if first is not entry:
                entries[key] = _standing(first, entry)
                if as_model(first.event) != as_model(entry.event):
                    conflicts.add(entry.event_id)
    return _Collected(entries, frozenset(conflicts), "event_refused" in [entry.kind for entry in told])


def _unsettled(state: _Collected, live: Iterable[DatedEvent]) -> frozenset[str]:
    """Return the conflicting ids that still count; an event that was voided no longer does."""
    if not state.conflicts:
        return state.conflicts
    return state.conflicts & {entry.event_id for entry in live}


def fold(events: Iterable[Event]) -> Encounter:
    """
    Return the stay of these events.

    Raises:
        MixedEncountersError: the events are of more than one encounter.
        NoEventsError: there are none, or every one of them was refused.
    """
    return at_once(fold_steps(events))


def fold_steps(events: Iterable[Event]) -> Steps[Encounter]:
    """
    Return the steps of ``fold``: put the events in order, then build the stay of them.

    Raises:
        MixedEncountersError: the events are of more than one encounter.
        NoEventsError: there are none, or every one of them was refused.
    """
    collected = _collect(events)
    entries = sorted(collected.events.values())
    if not entries:
        raise NoEventsError
    live = effective(entries)
    subjects = by_subject(live)
    yield
    refused_events = outstanding(subjects.refusals, entries, live)
    whole = Known(stay_of(entries[0].encounter_id, subjects.stay), parts_of(subjects))
    reviews: tuple[Review, ...] = ()
    if subjects.reviews:
        reviews = reviews_of([(entry, {}) for entry in subjects.reviews], whole, entries, _known)
    if collected.refusals:
        entries, live = _without_refusals(entries), _without_refusals(live)
        if not entries:
            raise NoEventsError
    return encounter(
        *whole,
        earliest=(live or entries)[0],
        last_recorded=max([entry.recorded for entry in entries]),
        conflicts=_unsettled(collected, live),
        refused_events=refused_events,
        reviews=reviews,
    )


def _known(entries: Sequence[DatedEvent]) -> Known:
    """Return what the live events of one encounter say of it."""
    subjects = by_subject(entries)
    return Known(stay_of("", subjects.stay), parts_of(subjects))


def _without_refusals(entries: Iterable[DatedEvent]) -> list[DatedEvent]:
    """Return the events that tell of the stay: a refusal tells only that one is missing, and has no time of its own."""
    return [entry for entry in entries if entry.kind != "event_refused"]


def _rekeyed(entry: DatedEvent, own: DatedEvent | None) -> bool:
    """Tell whether this is one of the survivor's events as it was sent under the old encounter id."""
    if own is None or own.kind != entry.kind:
        return False
    return as_model(own.event).model_copy(update={"encounter_id": entry.encounter_id}) == as_model(
        entry.event
    )


def _survivor(states: Mapping[str, _Collected]) -> str:
    """Return where these encounters were merged into, for a survivor nothing else is known of."""
    for encounter_id, state in sorted(states.items()):
        for _, into in merges(entry.event for entry in state.events.values()):
            if into not in states and encounter_id != into:
                return into
    raise NoEventsError


class _Joined(NamedTuple):
    """The events of a stay and of those merged into it, each once, and in parts with the surviving stay first."""

    parts: list[Part]
    states: tuple[_Collected, ...]
    everything: Sequence[DatedEvent]
    live: Sequence[DatedEvent]
    refused_events: tuple[RefusedEvent, ...]


def _joined(own: Iterable[Event], others: Mapping[str, Iterable[Event]]) -> _Joined:
    own_state = _collect(own)
    other_states = {encounter_id: _collect(events) for encounter_id, events in sorted(others.items())}
    entries = sorted(own_state.events.values())
    encounter_id = entries[0].encounter_id if entries else _survivor(other_states)
    seen = dict(own_state.events)
    joining: list[DatedEvent] = []
    for state in other_states.values():
        for key, entry in state.events.items():
            if not _rekeyed(entry, seen.get(key)):
                joining.append(entry)
                seen.setdefault(key, entry)
    everything: Sequence[DatedEvent] = sorted([*entries, *joining])
    live = effective(everything)
    refusals = [entry for entry in live if entry.kind == "event_refused"]
    refused_events = outstanding(refusals, everything, live)
    if own_state.refusals or any(state.refusals for state in other_states.values()):
        everything, live = _without_refusals(everything), _without_refusals(live)
        if not everything:
            raise NoEventsError
    return _Joined(
        parts=_by_encounter((encounter_id, *other_states), live),
        states=(own_state, *other_states.values()),
        everything=everything,
        live=live,
        refused_events=refused_events,
    )


def _by_encounter(names: Sequence[str], entries: Iterable[DatedEvent]) -> list[Part]:
    """Return events as parts of the one stay, each encounter's own together, the survivor first."""
    own: dict[str, list[DatedEvent]] = {name: [] for name in names}
    for entry in entries:
        own[entry.encounter_id].append(entry)
    return [Part(name, by_subject(of_it)) for name, of_it in own.items()]


def fold_merged(own: Iterable[Event], others: Mapping[str, Iterable[Event]]) -> Encounter:
    """
    Return the stay of ``own`` events together with the encounters merged into it, keyed by their ids.

    What was given, where and during which procedures joins the survivor; registration is the survivor's own, the
    others' filling what it leaves open. An administration begun in both keeps its id in the survivor and becomes
    ``<other encounter>/<id>`` for the other. An event sent again under the new encounter id counts once.

    Raises:
        MixedEncountersError: a list holds events of more than one encounter.
        NoEventsError: nothing is known of the survivor, not even that the others went into it.
    """
    joined = _joined(own, others)
    everything, live = joined.everything, joined.live
    whole = Known(*join(joined.parts))
    names = tuple(part.encounter_id for part in joined.parts)
    reviews = reviews_of(
        reviewed(joined.parts), whole, everything, lambda some: Known(*join(_by_encounter(names, some)))
    )
    own_first = sorted(live or everything, key=lambda entry: (entry.encounter_id != names[0], entry))
    return encounter(
        *whole,
        earliest=own_first[0],
        last_recorded=max([entry.recorded for entry in everything]),
        conflicts=frozenset[str]().union(*(_unsettled(state, live) for state in joined.states)),
        refused_events=joined.refused_events,
        reviews=reviews,
    )


def administration_events(
    own: Iterable[Event], others: Mapping[str, Iterable[Event]] | None = None
) -> Mapping[str, Sequence[DatedEvent]]:
    """
    Return the live events behind each administration of a stay, in time order, by the id it has in the stay.

    ``own`` and ``others`` are those of ``fold_merged``; without others those of ``fold``. Voided administrations are
    among them.

    Raises:
        MixedEncountersError: a list holds events of more than one encounter.
        NoEventsError: nothing is known of the stay.
    """
    if others:
        return events_by_administration(_joined(own, others).parts)
    return by_subject(effective(sorted(_collect(own).events.values()))).administrations


def _merged_into(entry: DatedEvent) -> str | None:
    """Return where this event says its encounter went; into itself is nowhere."""
    event = entry.event
    if event.type != "encounter_merged" or event.into_encounter_id == event.encounter_id:
        return None
    return event.into_encounter_id


def merges(events: Iterable[Event]) -> tuple[tuple[str, str], ...]:
    """
    Return which encounter went into which, sorted: one pair for each encounter that was merged and not unmerged.

    The last merge of an encounter counts. Where merges lead round in a circle, the last one stands and the
    encounter it names is the one that stays.
    """
    grouped: dict[str, list[Event]] = {}
    merged: set[str] = set()
    for event in events:
        grouped.setdefault(event.encounter_id, []).append(event)
        if event.type == "encounter_merged":
            merged.add(event.encounter_id)
    return tuple(sorted(settled(filter(None, (last_merge(grouped[name]) for name in merged))).items()))


def last_merge(events: Iterable[Event]) -> LastMerge | None:
    """Return the last merge of an encounter that stands, and where it went; None where none does."""
    live = effective(sorted(_collect(events).events.values()))
    found = [(entry, into) for entry in live if (into := _merged_into(entry)) is not None]
    return found[-1] if found else None
