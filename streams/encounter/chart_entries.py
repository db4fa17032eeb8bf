"""What a chart entry leaves open, filled from the other words of its source: the other end, and the first bag."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from models.event import AdministrationCharted
from streams.encounter.dated_event import DatedEvent, latest_recorded
from streams.encounter.flow_intervals import BAG, START, FlowEvent
from streams.wire.event_decoder import as_model


def with_other_end(charted: AdministrationCharted, entries: Sequence[DatedEvent]) -> AdministrationCharted:
    """
    Return the chart entry that stands; where it states one end alone, with the other as an entry states it alone.

    So a start and a stop that are charted, or corrected, each in an entry of its own make one flow.
    """
    if charted.intervals or (charted.started_at is None) == (charted.stopped_at is None):
        return charted
    missing, stated = (
        ("started_at", "stopped_at") if charted.started_at is None else ("stopped_at", "started_at")
    )
    other = latest_recorded(
        entry
        for entry in entries
        if entry.kind == "administration_charted"
        and getattr(entry.event, missing) is not None
        and getattr(entry.event, stated) is None
    )
    return charted if other is None else _with(charted, missing, getattr(other.event, missing))


def _with(charted: AdministrationCharted, field: str, instant: datetime) -> AdministrationCharted:
    model = as_model(charted)
    return model.model_copy(update={field: instant}) if isinstance(model, AdministrationCharted) else charted


def hang_first(flow_events: list[FlowEvent]) -> int | None:
    """
    Make the first bag of an infusion its start where nothing else began it; return its second, None where there is none.

    For an infusion whose chart entry says what hung: a record that tells bags has no other word for the start.
    """
    bags: Iterable[FlowEvent] = [told for told in flow_events if told[1] == BAG]
    if not bags or any(flow_event == START for _, flow_event in flow_events):
        return None
    first = min(bags)
    flow_events.remove(first)
    flow_events.append((first[0], START))
    return int(first[0])
