"""
What a stay tells the stays that merges connect with it: each event once, upwards, and no more than they need.

Upwards, to the stay it went into: its events, and those of stays that came through it. Downwards, to those that were
merged into it: where it went itself, by the few lines that decide that. Stays that went into the same one hear nothing
of each other, so that a stay into which many went costs what their events weigh. A merge that was taken back, or whose
stay has too many already (``streams.encounter.merge_bound``), is told of by the deciding lines alone.

All is sets of lines that only grow: who hears them twice, or in another order, ends up with the same.
"""

from collections.abc import Iterator, Mapping
from itertools import islice

from streams.encounter.merge_bound import too_many
from streams.lifecycle.commands import Command
from streams.lifecycle.merge_links import Links, into_of, links_of, on_the_way_to, reached
from streams.lifecycle.messages import chunks
from streams.lifecycle.state import EncounterState, Told

Lines = Mapping[str, list[bytes]]


def news(state: EncounterState, *, again: bool) -> Iterator[Command]:
    """
    Yield what other stays have to be told that they were not yet, and count it as told.

    ``again``: all of it, since what was told before a crash may not have been sent.
    """
    if again:
        state.told = Told({}, {})
    links, own = links_of(state), state.encounter_id
    named_by: dict[str, list[str]] = {}
    for name, one in links.items():
        for target in one.named:
            named_by.setdefault(target, []).append(name)
    below = reached((own,), named_by)
    above = reached((own,), {name: one.named for name, one in links.items()})
    for target in sorted(links[own].named):
        lines = _fresh_links(state, target, links, below) | _fresh_events(state, target, links)
        yield from _told(target, lines)
    if links[own].lines:
        for target in sorted(named_by.get(own, ())):
            yield from _told(target, _fresh_links(state, target, links, above))
    state.events_shared = state.event_count()


def _told(target: str, lines: Lines) -> Iterator[Command]:
    if lines:
        for stays in chunks(lines):
            yield Command("told", target, stays)


def _fresh_links(
    state: EncounterState, target: str, links: Mapping[str, Links], names: list[str]
) -> dict[str, list[bytes]]:
    told = state.told.links.setdefault(target, {})
    fresh = {
        name: list(links[name].lines)
        for name in names
        if name != target and name in links and len(links[name].lines) != told.get(name, 0)
    }
    told.update({name: len(lines) for name, lines in fresh.items()})
    return fresh


def _fresh_events(state: EncounterState, target: str, links: Mapping[str, Links]) -> dict[str, list[bytes]]:
    own = state.encounter_id
    into = into_of(links)
    if into.get(own) != target:
        return {}
    through = on_the_way_to(own, into)
    if too_many(len(through)):
        return {}
    told = state.told.events.setdefault(target, {})
    fresh: dict[str, list[bytes]] = {}
    for name in (own, *sorted(through - {target})):
        lines = state.events if name == own else state.merged_events.get(name, {})
        count = len(lines) - told.get(name, 0)
        if count:
            fresh[name] = list(islice(reversed(lines), count))[::-1]
            told[name] = len(lines)
    return fresh
