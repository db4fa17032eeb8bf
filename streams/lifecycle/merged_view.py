"""A stay as its own events and those of the stays merged with it show it."""

from collections.abc import Mapping, Sequence

from models.encounter import Encounter
from models.event import EncounterMerged, Event
from streams.encounter.fold import NoEventsError, fold
from streams.encounter.merge_bound import fold_bounded, too_many
from streams.encounter.merge_groups import survivor
from streams.lifecycle.merge_links import absorbed_by, into_of, links_of
from streams.lifecycle.state import EncounterState
from streams.wire.event_json import may_be_merge, read
from streams.wire.event_reader import validate_lines

EventLine = tuple[Event, bytes]
"""An event, read, and the line it stands on."""


def events_of(state: EncounterState) -> list[Event]:
    """Return the stay's own events, read."""
    return _events(state, state.events)


def _events(state: EncounterState, lines: Mapping[bytes, None]) -> list[Event]:
    parsed = state.parsed
    unread = [line for line in lines if line not in parsed]
    if unread:
        parsed.update(zip(unread, validate_lines(unread), strict=True))
    return [parsed[line] for line in lines]


def encounter_of(state: EncounterState) -> Encounter | None:
    """
    Return the encounter that all known events fold to; None when there are none.

    The same stays, coded together from a file, give the same encounter (``streams.batch.coder.code_linked``).
    """
    own = events_of(state)
    if not state.merged_events and not any(event.type == "encounter_merged" for event in own):
        return _folded(own)
    into = into_of(links_of(state))
    if state.encounter_id in into:
        merged = _folded(own)
        return None if merged is None else merged._replace(merged_into=survivor(state.encounter_id, into))
    try:
        return fold_bounded(state.encounter_id, own, _absorbed(state, into))
    except NoEventsError:
        return None


def _absorbed(state: EncounterState, into: Mapping[str, str]) -> dict[str, list[Event]]:
    """Return the events of the stays that ended up in this one; of too many only the names."""
    names = [name for name in absorbed_by(state.encounter_id, into) if name in state.merged_events]
    if too_many(len(names)):
        return {name: [] for name in names}
    return {name: _events(state, state.merged_events[name]) for name in names}


def _folded(events: Sequence[Event]) -> Encounter | None:
    """Return the encounter of events that name one stay alone; None when there are none, or all were refused."""
    try:
        return fold(events)
    except NoEventsError:
        return None


def events_with_lines(state: EncounterState) -> tuple[list[EventLine] | None, list[EventLine]]:
    """Return the events of a stay and those merged into it, with their lines; None when it went into another."""
    own = list(zip(events_of(state), state.events, strict=True))
    if not state.has_merges:
        return own, []
    into = into_of(links_of(state))
    if state.encounter_id in into:
        return None, []
    names = [name for name in absorbed_by(state.encounter_id, into) if name in state.merged_events]
    if too_many(len(names)):
        return own, []
    merged = [state.merged_events[name] for name in names]
    return own, [pair for lines in merged for pair in zip(_events(state, lines), lines, strict=True)]


def names_as_survivor(stays: Mapping[str, Sequence[bytes]], encounter_id: str) -> bool:
    """Tell whether a merge among these lines, even one taken back, says that a stay went into this one."""
    return any(
        isinstance(event := read(line), EncounterMerged) and event.into_encounter_id == encounter_id
        for lines in stays.values()
        for line in lines
        if may_be_merge(line)
    )


def merged_into(state: EncounterState) -> str | None:
    """Return the stay this one was merged into, or None."""
    return into_of(links_of(state)).get(state.encounter_id)
