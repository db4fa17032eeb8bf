"""A stay as its own events and those of the stays merged with it show it."""

from collections.abc import Mapping, Sequence

from models.encounter import Encounter
from models.event import EncounterMerged, Event
from streams.encounter.fold import NoEventsError, fold, fold_merged, merges
from streams.encounter.merge_groups import survivor
from streams.lifecycle.state import EncounterState
from streams.wire.event_json import may_be_merge, read, validate

EventLine = tuple[Event, bytes]
"""An event, read, and the line it stands on."""


def events_of(state: EncounterState) -> list[Event]:
    """Return the stay's own events, read."""
    return [_event(state, line) for line in state.events]


def _event(state: EncounterState, line: bytes) -> Event:
    event = state.parsed.get(line)
    if event is None:
        event = state.parsed[line] = validate(line)
    return event


def encounter_of(state: EncounterState) -> Encounter | None:
    """
    Return the encounter that all known events fold to; None when there are none.

    The same stays, coded together from a file, give the same encounter (``streams.batch.coder.code_linked``).
    """
    if not state.merged_events:
        own = events_of(state)
        if not any(isinstance(event, EncounterMerged) for event in own):
            return _folded(own)
        return _merged(state.encounter_id, {state.encounter_id: own})
    stays = {name: [_event(state, line) for line in lines] for name, lines in state.merged_events.items()}
    return _merged(state.encounter_id, {**stays, state.encounter_id: events_of(state)})


def _merged(encounter_id: str, stays: Mapping[str, Sequence[Event]]) -> Encounter | None:
    into = dict(merges(event for events in stays.values() for event in events))
    absorbed = {
        name: list(stays[name]) for name in into if survivor(name, into) == encounter_id and name in stays
    }
    own = stays.get(encounter_id, ())
    if encounter_id in into:
        merged = _folded(own)
        return None if merged is None else merged._replace(merged_into=survivor(encounter_id, into))
    if not absorbed:
        return _folded(own)
    try:
        return fold_merged(own, absorbed)
    except NoEventsError:
        return None


def _folded(events: Sequence[Event]) -> Encounter | None:
    """Return the encounter of events that name one stay alone; None when there are none, or all were refused."""
    try:
        return fold(events)
    except NoEventsError:
        return None


def events_with_lines(state: EncounterState) -> tuple[list[EventLine] | None, list[EventLine]]:
    """Return the events of a stay and those merged into it, with their lines; None when it went into another."""
    own = [(_event(state, line), line) for line in state.events]
    if not state.has_merges:
        return own, []
    others = {
        name: [(_event(state, line), line) for line in lines] for name, lines in state.merged_events.items()
    }
    into = dict(merges(event for lines in (own, *others.values()) for event, _ in lines))
    if state.encounter_id in into:
        return None, []
    absorbed = [
        name for name in sorted(into) if survivor(name, into) == state.encounter_id and name in others
    ]
    return own, [pair for name in absorbed for pair in others[name]]


def names_as_survivor(stays: Mapping[str, Sequence[bytes]], encounter_id: str) -> bool:
    """Tell whether a merge among these lines, even one taken back, says that a stay went into this one."""
    return any(
        isinstance(event := read(line), EncounterMerged) and event.into_encounter_id == encounter_id
        for lines in stays.values()
        for line in lines
        if may_be_merge(line)
    )


def neighbours(state: EncounterState) -> tuple[str, ...]:
    """Return the stays that a merge, even one taken back, names together with this one; sorted."""
    names: set[str] = set()
    for name, lines in (*state.merged_events.items(), (state.encounter_id, state.events)):
        for line in lines:
            if may_be_merge(line):
                event = _event(state, line)
                if isinstance(event, EncounterMerged):
                    pair = {name, event.into_encounter_id}
                    if state.encounter_id in pair:
                        names |= pair
    return tuple(sorted(names - {state.encounter_id}))


def merged_into(state: EncounterState) -> str | None:
    """Return the stay this one was merged into, or None."""
    events = [
        *events_of(state),
        *(_event(state, line) for lines in state.merged_events.values() for line in lines),
    ]
    return dict(merges(events)).get(state.encounter_id)
