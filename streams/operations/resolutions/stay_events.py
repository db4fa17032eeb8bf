"""The lines of stays as events, and which of them belong to one stay: what questions are asked of. Pure."""

from collections.abc import Callable, Iterable, Sequence

from models.event import Event
from streams.encounter.fold import merges
from streams.encounter.merge_groups import MergeGroups, survivor
from streams.wire.event_json import as_line, read
from streams.wire.refused_event import legible_encounter_id, refused_event
from streams.wire.rejects import Reject

Refuse = Callable[[int, Reject], None]
"""Takes in a line that cannot be used: its number from 1, and why."""


def events_from(lines: Iterable[bytes], refuse: Refuse = lambda _number, _reject: None) -> list[Event]:
    """Return the events of lines; a refused line leaves ``event_refused`` in its stay, where it names one (R-DOC-9)."""
    events: list[Event] = []
    for number, line in enumerate(lines, 1):
        if not line or line.isspace():
            continue
        event = read(as_line(line))
        if isinstance(event, Reject):
            refuse(number, event)
            about = legible_encounter_id(line)
            refused = refused_event(line, about, event) if about else None
            if refused is not None:
                events.append(refused)
        else:
            events.append(event)
    return events


def by_stay(events: Iterable[Event]) -> dict[str, Sequence[Event]]:
    """Return the events of each stay that is billed, with those of the stays that merges connect with it."""
    known = list(events)
    into, groups = dict(merges(known)), MergeGroups()
    for name, other in into.items():
        groups.link(name.encode(), other.encode())
    grouped: dict[bytes, list[Event]] = {}
    for event in known:
        grouped.setdefault(groups.group(event.encounter_id.encode()), []).append(event)
    stays: dict[str, Sequence[Event]] = {}
    for group in grouped.values():
        for name in sorted({survivor(event.encounter_id, into) for event in group}):
            stays[name] = group
    return dict(sorted(stays.items()))
