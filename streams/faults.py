"""
What is wrong with a stay's events taken together, pointed at the line it stands in.

Each line can be a sound event and the stay still make no sense: a stop before its start, a drug nobody knows,
an id used twice, an event for a stay that never was. The words are those of the flags; they never say what
was charted.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from models.charge import ChargeSet
from models.encounter import Encounter
from models.event import EncounterCancelled, EncounterMerged, Event, EventVoided
from rules.flags import FLAGS
from streams.tracker import merges
from streams.wire.encounter_key import Line
from streams.wire.rejects import Reject

_ALSO_DATA: Final = frozenset({"F-CLASS_UNKNOWN", "F-NOT_IN_FORCE", "F-SITE_UNKNOWN"})
"""Flags outside the documentation rules that a better event would clear."""


class Told(NamedTuple):
    """An event and the line that told it."""

    event: Event
    line: Line

    def reject(self, field: str, says: str, remedy: str) -> Reject:
        """Return a reject found at this event's line."""
        return Reject(field, says, remedy, self.line[0], self.line[1])


def conflicts(encounter: Encounter, told: Sequence[Told]) -> Iterator[Reject]:
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


def after_cancellation(encounter: Encounter, told: Sequence[Told]) -> Iterator[Reject]:
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


def circling(told: Sequence[Told]) -> Iterator[Reject]:
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


def faults(charge_set: ChargeSet, told: Sequence[Told]) -> Iterator[Reject]:
    """
    Yield one line for each blocking flag that rests on what was charted, or was not.

    It points at the first event of the administrations the flag names, or of the stay. Flags that ask for a
    coder's judgement point at nothing in the input and are left to the charge set; so is a stop still to come.
    """
    for flag in charge_set.flags:
        kind = FLAGS.get(flag.flag)
        if kind is None or flag.severity != "block":
            continue
        if charge_set.status == "preview" and flag.flag == "F-MISSING_STOP":
            continue
        if kind.rule.startswith("R-DOC-") or flag.flag in _ALSO_DATA:
            named = frozenset(flag.administration_ids)
            about = [one for one in told if not named.isdisjoint(_names(one.event))] or told
            yield min(about, key=_place).reject(flag.flag, _clause(kind.means), _clause(kind.suggestion))


def _place(one: Told) -> Line:
    return one.line


def _names(event: Event) -> tuple[str, ...]:
    # In a merged stay an administration may go by its old encounter and its name (streams.merging).
    name: str | None = getattr(event, "administration_id", None)
    return () if name is None else (name, f"{event.encounter_id}/{name}")


def _clause(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].rstrip(".")
