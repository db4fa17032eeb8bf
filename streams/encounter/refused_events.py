"""Which refused events of a stay are still outstanding: neither replayed nor voided since (R-DOC-9)."""

from collections.abc import Iterable, Sequence

from models.encounter import RefusedEvent
from streams.encounter.dated_event import DatedEvent


def outstanding(
    refusals: Sequence[DatedEvent], entries: Iterable[DatedEvent], live: Iterable[DatedEvent]
) -> tuple[RefusedEvent, ...]:
    """
    Return the refusals that still stand, by their ids.

    A refused event counts as replayed once an event of its id is there, from its source where the refusal names
    one. It counts as voided when a void that stands names it. ``entries`` are all events of the stay, ``live`` those
    that are not voided; a refusal that was voided itself is not among ``refusals``.
    """
    if not refusals:
        return ()
    known: set[tuple[str, str]] = set()
    for entry in entries:
        if entry.kind != "event_refused":
            known |= {(entry.source, entry.event_id), ("", entry.event_id)}
    voided = {entry.event.voids_event_id for entry in live if entry.event.type == "event_voided"}
    standing = []
    for entry in refusals:
        event = entry.event
        if event.type != "event_refused":
            continue
        name = event.refused_event_id
        if name is None or (name not in voided and (entry.source, name) not in known):
            standing.append(RefusedEvent(event.event_id, name, event.reason))
    return tuple(sorted(standing))
