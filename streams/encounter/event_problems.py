"""
What is wrong among a stay's events, each problem with the line it stands on. Pure; needs no charge set.

The messages never repeat what was charted.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from models.encounter import Encounter
from models.event import Event
from streams.encounter.fold import merges
from streams.wire.encounter_key import InputLine
from streams.wire.rejects import Reject


class SourcedEvent(NamedTuple):
    """An event and the input line it stands on."""

    event: Event
    line: InputLine

    def reject(self, field: str, says: str, remedy: str) -> Reject:
        """Return a reject found at this event's line."""
        return Reject(field, says, remedy, self.line[0], self.line[1])


def conflicts(encounter: Encounter, entries: Sequence[SourcedEvent]) -> Iterator[Reject]:
    """
    Yield a reject for every event whose id came earlier in the input with another content.

    The fold decides which of them counts; the order of the lines makes no difference.
    """
    if not encounter.conflicts:
        return
    doubtful = frozenset(encounter.conflicts)
    seen: dict[tuple[str, str], set[Event]] = {}
    for entry in entries:
        if entry.event.event_id not in doubtful:
            continue
        contents = seen.setdefault((entry.event.source or "", entry.event.event_id), set())
        if contents and entry.event not in contents:
            yield entry.reject(
                "event_id",
                "the same id came earlier with another content, and only one of them counts",
                "send a correction under an id of its own",
            )
        contents.add(entry.event)


def _stored(event: Event) -> datetime:
    return event.recorded_at or event.occurred_at


def after_cancellation(encounter: Encounter, entries: Sequence[SourcedEvent]) -> Iterator[Reject]:
    """Yield a reject for every event stored after its stay was cancelled, unless it was reopened."""
    if encounter.standing != "cancelled":
        return
    voided = {entry.event.voids_event_id for entry in entries if entry.event.type == "event_voided"}
    cancelled = [
        _stored(entry.event)
        for entry in entries
        if entry.event.type == "encounter_cancelled" and entry.event.event_id not in voided
    ]
    last = max(cancelled, default=None)
    for entry in entries:
        if last is not None and _stored(entry.event) > last:
            yield entry.reject(
                "encounter_id",
                "the encounter was cancelled before this was recorded",
                "send encounter_reopened first if the stay did take place",
            )


def circling(entries: Sequence[SourcedEvent]) -> Iterator[Reject]:
    """Yield a reject for each merge of a stay that stays after all, because its merges lead back to it."""
    if not merges(entry.event for entry in entries):
        return
    for entry in entries:
        if entry.event.type == "encounter_merged":
            yield entry.reject(
                "into_encounter_id",
                "the merges of these encounters run in a circle, so this one was left out",
                "send event_voided for the merge that is wrong",
            )
