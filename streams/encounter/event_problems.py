"""
What is wrong among a stay's events, pointed at the line it stands in; no charge set is needed to tell. Pure.

The words never say what was charted.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from models.encounter import Encounter
from models.event import EncounterCancelled, EncounterMerged, Event, EventVoided
from streams.encounter.fold import merges
from streams.wire.encounter_key import InputLine
from streams.wire.rejects import Reject


class SourcedEvent(NamedTuple):
    """An event and the line that told it."""

    event: Event
    line: InputLine

    def reject(self, field: str, says: str, remedy: str) -> Reject:
        """Return a reject found at this event's line."""
        return Reject(field, says, remedy, self.line[0], self.line[1])


def conflicts(encounter: Encounter, told: Sequence[SourcedEvent]) -> Iterator[Reject]:
    """
    Yield a reject for every event whose id came earlier in the input with another content.

    Which of them counts is the tracker's decision, the same in any order of lines.
    """
    if not encounter.conflicts:
        return
    doubtful = frozenset(encounter.conflicts)
    seen: dict[tuple[str, str], list[Event]] = {}
    for one in told:
        if one.event.event_id not in doubtful:
            continue
        contents = seen.setdefault((one.event.source or "", one.event.event_id), [])
        if contents and one.event not in contents:
            yield one.reject(
                "event_id",
                "the same id came earlier with another content, and only one of them counts",
                "send a correction under an id of its own",
            )
        if one.event not in contents:
            contents.append(one.event)


def _stored(event: Event) -> datetime:
    return event.recorded_at or event.occurred_at


def after_cancellation(encounter: Encounter, told: Sequence[SourcedEvent]) -> Iterator[Reject]:
    """Yield a reject for every event stored after its stay was cancelled, unless it was reopened."""
    if encounter.standing != "cancelled":
        return
    voided = {one.event.voids_event_id for one in told if isinstance(one.event, EventVoided)}
    cancelled = [
        _stored(one.event)
        for one in told
        if isinstance(one.event, EncounterCancelled) and one.event.event_id not in voided
    ]
    for one in told:
        if cancelled and _stored(one.event) > max(cancelled):
            yield one.reject(
                "encounter_id",
                "the encounter was cancelled before this was recorded",
                "send encounter_reopened first if the stay did take place",
            )


def circling(told: Sequence[SourcedEvent]) -> Iterator[Reject]:
    """Yield a reject for each merge of a stay that stays after all, because its merges lead back to it."""
    if not merges(one.event for one in told):
        return
    for one in told:
        if isinstance(one.event, EncounterMerged):
            yield one.reject(
                "into_encounter_id",
                "the merges of these encounters run in a circle, so this one was left out",
                "send event_voided for the merge that is wrong",
            )
