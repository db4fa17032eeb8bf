"""
Times that had not come yet when they were stored: a slip of the hand or a clock that is wrong (R-DOC-5).

A source stores what has happened; an hour is left for clocks that differ.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from streams.encounter.dated_event import DatedEvent, by_record

FUTURE: Final = 3600
"""From how many seconds after its storing on an instant cannot have been."""


def _stated(charted: DatedEvent) -> Iterable[datetime | None]:
    said = charted.fields
    yield said.started_at
    yield said.stopped_at
    for interval in said.intervals:
        yield interval.started_at
        yield interval.stopped_at


def _is_whole(charted: DatedEvent) -> bool:
    """Tell whether a chart entry states all the times there are, so that the live ones no longer count."""
    said = charted.fields
    return bool(said.intervals) or (said.started_at is not None and said.stopped_at is not None)


def from_the_future(entries: Sequence[DatedEvent]) -> bool:
    """
    Tell whether an event about an administration, or a time its chart entry states, came after it was stored.

    What a later chart entry replaced no longer counts.
    """
    entries_of_chart = [entry for entry in entries if entry.kind == "administration_charted"]
    if not entries_of_chart:
        return _any_early(entries)
    last = max(entries_of_chart, key=by_record)
    stored = last.fields.recorded_at is not None  # else it was stored when it happened, whenever that was
    if stored and any(at is not None and at.timestamp() - last.recorded > FUTURE for at in _stated(last)):
        return True
    replaced: set[str] = {"administration_charted"}
    if last.fields.started_at is not None:
        replaced.add("infusion_started")
    if last.fields.stopped_at is not None:
        replaced.add("infusion_stopped")
    counted = [last] if _is_whole(last) else [last, *(e for e in entries if e.kind not in replaced)]
    return _any_early(counted)


def _any_early(entries: Iterable[DatedEvent]) -> bool:
    return max([entry.at - entry.recorded for entry in entries], default=0.0) > FUTURE
