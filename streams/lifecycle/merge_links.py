"""
Where each stay that is known here went, from those of its lines that decide it: its merges, and what takes them back.

These are few, and tell the same as all its lines do: a stay can learn from them alone that another went on into a
third. They are worked out again for a stay only when it has a new line.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from models.event import Event
from streams.encounter.fold import last_merge
from streams.encounter.merge_groups import LastMerge, settled, survivor
from streams.lifecycle.state import EncounterState
from streams.wire.event_json import may_be_merge, validate


class Links(NamedTuple):
    """What one stay says of where it went."""

    known: int
    """How many of its lines this was made of."""
    named: frozenset[str] = frozenset()
    """Every other stay that it was ever merged into, taken back or not."""
    lines: tuple[bytes, ...] = ()
    """Those that decide where it went."""
    last: LastMerge | None = None
    """The merge that stands."""


def links_of(state: EncounterState) -> Mapping[str, Links]:
    """Return the links of a stay and of each it knows of, by encounter."""
    links: dict[str, Links] = state.links
    for name, lines in ((state.encounter_id, state.events), *state.merged_events.items()):
        found = links.get(name)
        if found is None or found.known != len(lines):
            links[name] = _made(state, name, lines)
    return links


def _made(state: EncounterState, name: str, lines: Mapping[bytes, None]) -> Links:
    if not any(map(may_be_merge, lines)):
        return Links(len(lines))
    parsed = state.parsed
    events: list[Event] = [parsed.get(line) or validate(line) for line in lines]
    named = {event.into_encounter_id for event in events if event.type == "encounter_merged"}
    if not named:
        return Links(len(lines))
    # Of two contents under one id one counts, so whatever has the id of a merge or of a void decides with it.
    ids = {event.event_id for event in events if event.type in {"encounter_merged", "event_voided"}}
    deciding = [pair for pair in zip(events, lines, strict=True) if pair[0].event_id in ids]
    return Links(
        len(lines),
        frozenset(named - {name}),
        tuple(line for _, line in deciding),
        last_merge(event for event, _ in deciding),
    )


def into_of(links: Mapping[str, Links]) -> dict[str, str]:
    """Return which stay went into which, as ``streams.encounter.fold.merges``."""
    return settled(one.last for one in links.values() if one.last is not None)


def absorbed_by(encounter_id: str, into: Mapping[str, str]) -> list[str]:
    """Return the stays that ended up in this one, sorted."""
    return [name for name in sorted(into) if survivor(name, into) == encounter_id]


def on_the_way_to(encounter_id: str, into: Mapping[str, str]) -> set[str]:
    """Return the stays that went into this one, though it may have gone on."""
    on_way: dict[str, bool] = {encounter_id: True}
    for name in into:
        path = []
        at: str | None = name
        while at is not None and at not in on_way:
            path.append(at)
            at = into.get(at)
        on_way.update(dict.fromkeys(path, at is not None and on_way[at]))
    return {name for name, goes in on_way.items() if goes and name != encounter_id}


def reached(start: Iterable[str], step: Mapping[str, Iterable[str]]) -> list[str]:
    """Return all that is reached from here step by step, each once, the nearest first."""
    found = dict.fromkeys(start)
    todo = list(found)
    for name in todo:
        for further in step.get(name, ()):
            if further not in found:
                found[further] = None
                todo.append(further)
    return todo
