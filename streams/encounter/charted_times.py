"""
Which event states which instant of an administration: for a letter, where every time has to be shown in the chart.

Pure. What was voided states nothing; what a later entry corrected is told all the same, for an auditor finds it too.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from models.charted_time import ChartedTime, ChartedTimes
from models.event import AdministrationCharted, Event
from streams.encounter.dated_event import DatedEvent
from streams.encounter.fold import administration_events

_WORDS: Final = {
    "infusion_started": "start",
    "infusion_paused": "pause",
    "infusion_resumed": "resumed",
    "infusion_stopped": "stop",
    "infusion_bag_changed": "next bag",
    "infusion_bolus": "bolus by the pump",
    "push_given": "push",
    "injection_given": "injection",
}


def charted_times(own: Iterable[Event], others: Mapping[str, Iterable[Event]] | None = None) -> ChartedTimes:
    """
    Return every instant stated of each administration of a stay, in time order, by the administration's id.

    ``own`` are the stay's events, ``others`` those of the stays merged into it.

    Raises:
        MixedEncountersError: a list holds events of more than one encounter.
        NoEventsError: nothing is known of the stay.
    """
    return {
        administration_id: tuple(sorted((told for entry in entries for told in _stated(entry)), key=_place))
        for administration_id, entries in administration_events(own, others).items()
    }


def _place(told: ChartedTime) -> tuple[int, str, str, str]:
    return told.at, told.what, told.event_id, told.source or ""


def _stated(entry: DatedEvent) -> Iterator[ChartedTime]:
    event = entry.event
    if event.type == "administration_charted":
        for at, what in _of_the_whole(event):
            yield _told(entry, int(at.timestamp()), what, whole=True)
    elif event.type == "infusion_rate_changed":
        yield _told(entry, int(entry.at), f"rate {event.rate_ml_per_h.normalize():f} mL/h", whole=False)
    elif event.type in _WORDS:
        yield _told(entry, int(entry.at), _WORDS[event.type], whole=False)


def _of_the_whole(event: AdministrationCharted) -> Iterator[tuple[datetime, str]]:
    """Yield the instants a chart entry states; one that states none was itself made at some instant."""
    for one in event.intervals or (event,):
        if one.started_at is not None:
            yield one.started_at, "start"
        if one.stopped_at is not None:
            yield one.stopped_at, "stop"
    if not event.intervals and event.started_at is None and event.stopped_at is None:
        yield event.occurred_at, "entry without times"


def _told(entry: DatedEvent, at: int, what: str, *, whole: bool) -> ChartedTime:
    fields = entry.fields
    return ChartedTime(
        at, what, entry.event_id, fields.source, fields.charted_by_role, int(entry.recorded), whole
    )
