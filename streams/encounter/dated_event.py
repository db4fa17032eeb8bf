"""
The one order in which a stay's events are read, whatever order they arrived in.

An instant is turned into epoch seconds once, when the event is first looked at: nothing later does
arithmetic on dates. The order is total, so equal instants cannot let arrival decide.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from models.build import build
from models.event import Event
from streams.encounter.epoch import epoch_seconds


class DatedEvent(NamedTuple):
    """
    An event with its place in time; compares by when it happened, then by when it was stored.

    ``at`` and ``recorded`` are epoch seconds. A double holds every microsecond this side of 2200 apart,
    and ``int`` of it is the whole second, never the next one.
    """

    at: float
    recorded: float
    source: str
    event_id: str
    encounter_id: str
    event: Event
    fields: Mapping[str, Any]
    """The event's fields; a look-up here costs half of what reading an attribute of the event does."""


def date_events(events: Iterable[Event]) -> list[DatedEvent]:
    """Return the events with their places in time; what has no ``recorded_at`` was stored when it happened."""
    with_fields = [(event, event.__dict__) for event in events]
    happened = epoch_seconds([fields["occurred_at"] for _, fields in with_fields])
    stored = epoch_seconds([fields["recorded_at"] for _, fields in with_fields])
    return [
        build(
            DatedEvent,
            (
                at,
                at if recorded is None else recorded,
                fields["source"] or "",
                fields["event_id"],
                fields["encounter_id"],
                event,
                fields,
            ),
        )
        for at, recorded, (event, fields) in zip(happened, stored, with_fields, strict=True)
    ]


def by_record(entry: DatedEvent) -> tuple[float, float, str, str, str]:
    """Return the key under which the event stored last comes last."""
    return (entry.recorded, entry.at, entry.source, entry.event_id, entry.encounter_id)


def latest_recorded(entries: Iterable[DatedEvent]) -> DatedEvent | None:
    """Return the event stored last, or None when there is none."""
    return max(entries, key=by_record, default=None)
