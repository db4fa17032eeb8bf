"""Every answer that a person gave about a stay: who, when, why, and what it changed of the charges. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from models.event import CodeDecided, Event, EventVoided, ReviewDecided
from rules.engine import Profile
from streams.encounter.dated_event import DatedEvent, by_record, date_events
from streams.encounter.fold import NoEventsError
from streams.operations.resolutions.answer_events import wire_of
from streams.operations.resolutions.effect import Effect, coded, difference
from streams.operations.resolutions.stay_context import MANUAL

_OF_EVERY_EVENT: Final = frozenset(
    {"type", "event_id", "encounter_id", "recorded_at", "source", "entered_by", "change_reason", "decided_by"}
)


class AuditRow(NamedTuple):
    """
    One event that a person entered.

    ``at`` is when it was stored, in epoch seconds; ``said`` what it states. ``effect`` compares the stay of all events stored
    before it with the stay of those and it; None where nothing was known before. ``taken_back_by`` is the id of the event
    that voids it now.
    """

    at: int
    encounter_id: str
    event_id: str
    event: str
    who: str
    why: str
    said: Mapping[str, Any]
    effect: Effect | None
    taken_back_by: str | None


def audit_of(
    encounter_id: str,
    events: Sequence[Event],
    profile: Profile = Profile(),  # noqa: B008 - a named tuple is immutable
) -> list[AuditRow]:
    """
    Return what people entered about a stay, in the order in which it was stored.

    ``events`` are those of the stay and of stays merged with it.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    entries = sorted({(one.source, one.event_id): one for one in date_events(events)}.values(), key=by_record)
    voided = {
        entry.event.voids_event_id: entry.event_id
        for entry in entries
        if isinstance(entry.event, EventVoided)
    }
    rows = []
    for place, entry in enumerate(entries):
        if entry.source == MANUAL:
            told = [one.event for one in entries[: place + 1]]
            effect = _effect(encounter_id, told, profile)
            rows.append(_row(encounter_id, entry, effect, _standing(voided, entry.event_id)))
    return rows


def _standing(voided: Mapping[str, str], event_id: str) -> str | None:
    """Return what voids an event, and is not voided itself."""
    by = voided.get(event_id)
    return None if by is None or _standing(voided, by) is not None else by


def _effect(encounter_id: str, told: Sequence[Event], profile: Profile) -> Effect | None:
    try:
        return difference(coded(encounter_id, told[:-1], profile), coded(encounter_id, told, profile))
    except NoEventsError:
        return None


def _row(encounter_id: str, entry: DatedEvent, effect: Effect | None, taken_back_by: str | None) -> AuditRow:
    event = entry.event
    decided = isinstance(event, ReviewDecided)
    who = event.decided_by if isinstance(event, ReviewDecided) else event.entered_by
    why = event.reason if isinstance(event, ReviewDecided | CodeDecided) else event.change_reason
    said = {
        name: value
        for name, value in wire_of(event).items()
        if name not in _OF_EVERY_EVENT and not (decided and name in {"reason", "occurred_at"})
    }
    return AuditRow(
        int(entry.recorded), encounter_id, event.event_id, event.type, who or "", why or "", said, effect, taken_back_by
    )  # fmt: skip
