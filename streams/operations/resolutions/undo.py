"""An answer taken back: ``event_voided`` of what a person entered, itself entered by a person."""

from collections.abc import Sequence
from datetime import datetime
from json import dumps as canonical
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from models.event import Event, EventVoided
from streams.encounter.dated_event import date_events
from streams.operations.resolutions.answer_events import Wire, entered, wire_of
from streams.operations.resolutions.question import AnswerError
from streams.operations.resolutions.stay_context import MANUAL
from streams.operations.resolutions.who import opaque_id

_EVENT: Final = "event"


def undo_of(events: Sequence[Event], event_id: str, who: str, at: datetime, why: str) -> Wire:
    """
    Return the event that takes back what a person entered; undoing twice is one event.

    ``events`` are those of the stay. What was undone can be undone in turn, by the id of the ``event_voided``.

    Raises:
        AnswerError: the stay has no such event, no person entered it, or who is no opaque id.
    """
    who = opaque_id(who)
    found = next((event for event in events if event.event_id == event_id), None)
    if found is None:
        raise AnswerError(_EVENT, "the stay has no event of this id", "take an id that the audit lists")
    if found.source != MANUAL:
        remedy = "answer the question that it raises; only what was entered by hand is taken back here"
        raise AnswerError(_EVENT, "no person entered it", remedy)
    before = {
        event.event_id: event
        for event in events
        if isinstance(event, EventVoided) and event.voids_event_id == event_id
    }
    voided = {event.voids_event_id for event in events if isinstance(event, EventVoided)}
    number = 0
    while True:
        about = canonical(("undo", found.encounter_id, event_id, number))
        undo_id = f"manual-{uuid5(NAMESPACE_URL, about)}"
        if undo_id not in voided:
            break
        number += 1
    if undo_id in before:
        return wire_of(before[undo_id])
    newest = max(entry.recorded for entry in date_events(events))
    fields = {
        "type": "event_voided",
        "event_id": undo_id,
        "encounter_id": found.encounter_id,
        "voids_event_id": event_id,
    }
    return entered(fields, who, at, why.strip(), newest)
