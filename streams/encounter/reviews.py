"""
Answers to flags, each with what has changed of the facts it was made on (R-REV-1).

The facts of an answer are the stay as the events stored up to it tell it, those of its own instant included: what was
voided later still counts among them, what was stored later does not. They are compared with the stay as all its events
tell it, administration by administration and field by field. Both are functions of the set of events, so the order of
arrival decides nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from models.encounter import Administration, Review
from streams.encounter.assembly import Parts
from streams.encounter.dated_event import DatedEvent, by_record
from streams.encounter.stay_facts import REGISTERED, StayFacts
from streams.encounter.voids import effective


class Known(NamedTuple):
    """What some of a stay's events tell of it."""

    stay: StayFacts
    parts: Parts


_REVIEW: Final = "review_decided"


def reviews_of(
    answers: Iterable[tuple[DatedEvent, Mapping[str, str]]],
    whole: Known,
    entries: Sequence[DatedEvent],
    known: Callable[[Sequence[DatedEvent]], Known],
) -> tuple[Review, ...]:
    """
    Return the answers in the order in which they were stored, with what changed since.

    Each comes with the names its administrations go by now. ``whole`` is the stay of all ``entries``, which are in
    time order; ``known`` makes the stay of some of them that are live.
    """
    changes: dict[float, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    reviews = []
    for entry, names in sorted(answers, key=lambda answer: by_record(answer[0])):
        event, stored = entry.event, entry.recorded
        if event.type != _REVIEW:
            continue
        if stored not in changes:
            changes[stored] = _changes(whole, entries, known, stored)
        reviews.append(
            Review(
                event.event_id,
                event.flag,
                tuple(names.get(name, name) for name in event.administration_ids),
                event.refusal_ids,
                event.decision,
                event.code,
                event.comparable_code,
                event.reason,
                event.decided_by,
                int(entry.at),
                *changes[stored],
            )
        )
    return tuple(reviews)


def _changes(
    whole: Known,
    entries: Sequence[DatedEvent],
    known: Callable[[Sequence[DatedEvent]], Known],
    stored: float,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the administrations and the fields of the stay that are another now than as stored at an instant."""
    then_told = [entry for entry in entries if entry.recorded <= stored]
    if all(entry.kind == _REVIEW for entry in entries if entry.recorded > stored):
        return (), ()
    then = known(effective(then_told))
    before, after = _by_id(then.parts), _by_id(whole.parts)
    ids = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    facts = [name for name in REGISTERED if then.stay.known.get(name) != whole.stay.known.get(name)]
    facts += [
        name
        for name in ("departed_at", "inpatient_ordered_at")
        if getattr(then.stay, name) != getattr(whole.stay, name)
    ]
    facts += [
        name
        for name in ("sites", "procedures", "wasted_apart", "dispensed")
        if getattr(then.parts, name) != getattr(whole.parts, name)
    ]
    return tuple(ids), tuple(sorted(facts))


def _by_id(parts: Parts) -> dict[str, Administration]:
    """Return what is charted of each administration; that it was charted once more, in the same words, is no change."""
    return {
        administration.administration_id: administration._replace(touched=(), last_seen_at=None)
        for administration in parts.administrations
    }
