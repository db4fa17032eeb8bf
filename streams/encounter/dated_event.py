"""
The one order in which a stay's events are read, whatever order they arrived in.

An instant is turned into epoch seconds once, when the event is first looked at: nothing later does
arithmetic on dates. The order is total, so equal instants cannot let arrival decide.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from models.event import Event
from streams.encounter.epoch import epoch_seconds


class DatedEvent(Struct, order=True, gc=False):
    """
    An event with its place in time; compares by when it happened, then by when it was stored.

    A struct, for the fold reads twenty fields of each: a named tuple takes three times as long to give one.
    ``at`` and ``recorded`` are epoch seconds. A double holds every microsecond this side of 2200 apart,
    and ``int`` of it is the whole second, never the next one.
    """

    at: float
    recorded: float
    source: str
    event_id: str
    encounter_id: str
    kind: str
    """The event's type."""
    event: Event
    """The event, as a model or as a struct with the same fields (``streams.wire.event_decoder``)."""
    fields: Any
    """The event once more, for a field that only some types have."""


def date_events(events: Iterable[Event]) -> list[DatedEvent]:
    """Return the events with their places in time; what has no ``recorded_at`` was stored when it happened."""
    given = list(events)
    happened: list[Any] = epoch_seconds([event.occurred_at for event in given])  # each of them has one
    stored = epoch_seconds([event.recorded_at for event in given])
    return [
        DatedEvent(
            at,
            at if recorded is None else recorded,
            event.source or "",
            event.event_id,
            event.encounter_id,
            event.type,
            event,
            event,
        )
        for at, recorded, event in zip(happened, stored, given, strict=True)
    ]


def by_record(entry: DatedEvent) -> tuple[float, float, str, str, str]:
    """Return the key under which the event stored last comes last."""
    return (entry.recorded, entry.at, entry.source, entry.event_id, entry.encounter_id)


def latest_recorded(entries: Iterable[DatedEvent]) -> DatedEvent | None:
    """Return the event stored last, or None when there is none."""
    return max(entries, key=by_record, default=None)
