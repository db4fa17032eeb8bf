"""Builds a stay from its live events: sorts them by subject, then builds part by part."""

from collections.abc import Container, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from models.build import build
from models.encounter import (
    AccessSite,
    Administration,
    Decision,
    Dispense,
    Encounter,
    Procedure,
    RefusedEvent,
    Review,
    Waste,
)
from models.event_subject import ACCESS, GIVEN, PROCEDURE, RUNNING, STAY
from streams.encounter.administrations import administration
from streams.encounter.dated_event import DatedEvent
from streams.encounter.pharmacy import dispensed_of, with_waste
from streams.encounter.stay_facts import StayFacts, decisions_of, procedures_of, sites_of

_ABOUT_ADMINISTRATIONS = GIVEN | RUNNING

_SELDOM: Final = {
    "code_decided": "decisions",
    "drug_dispensed": "dispensed",
    "event_refused": "refusals",
    "review_decided": "reviews",
}
"""Which list the events of a person's decisions, of refusals and of what was handed out go into."""

_registered_in = itemgetter(
    *Encounter._fields[Encounter._fields.index("setting") : Encounter._fields.index("utc_offset_s")]
)


class EventsBySubject:
    """The live events of one encounter, each list in time order."""

    __slots__ = (
        "access",
        "administrations",
        "decisions",
        "dispensed",
        "procedures",
        "refusals",
        "reviews",
        "stay",
        "voided",
        "wasted",
    )

    def __init__(self) -> None:
        self.stay: list[DatedEvent] = []
        self.access: list[DatedEvent] = []
        self.procedures: list[DatedEvent] = []
        self.decisions: list[DatedEvent] = []
        self.administrations: dict[str, list[DatedEvent]] = {}
        self.voided: set[str] = set()
        self.refusals: list[DatedEvent] = []
        self.reviews: list[DatedEvent] = []
        self.dispensed: list[DatedEvent] = []
        self.wasted: dict[str, list[DatedEvent]] = {}


def by_subject(entries: Iterable[DatedEvent]) -> EventsBySubject:
    """Return the live events, in time order, sorted by what they are about."""
    events = EventsBySubject()
    administrations = events.administrations
    for entry in entries:
        kind = entry.kind
        if kind in _ABOUT_ADMINISTRATIONS:
            administration_id = entry.fields.administration_id
            if administration_id in administrations:
                administrations[administration_id].append(entry)
            else:
                administrations[administration_id] = [entry]
        elif kind in STAY:
            events.stay.append(entry)
        elif kind in ACCESS:
            events.access.append(entry)
        elif kind in PROCEDURE:
            events.procedures.append(entry)
        elif kind == "administration_voided":
            events.voided.add(entry.fields.administration_id)
        elif kind == "drug_wasted":
            events.wasted.setdefault(entry.fields.administration_id, []).append(entry)
        elif kind in _SELDOM:
            getattr(events, _SELDOM[kind]).append(entry)
    return events


def administrations_of(
    named: Mapping[str, Sequence[DatedEvent]], voided: Container[str]
) -> tuple[Administration, ...]:
    """Return the administrations that were not voided, by when they were given or first heard of, then by id."""
    by_start = []
    for administration_id, entries in named.items():
        if administration_id not in voided:
            built = administration(administration_id, entries)
            given_at = built.given_at
            by_start.append((int(entries[0].at) if given_at is None else given_at, administration_id, built))
    by_start.sort()
    return tuple([built for _, _, built in by_start])


class Parts(NamedTuple):
    """What happened in a stay, built and in order."""

    sites: tuple[AccessSite, ...]
    procedures: tuple[Procedure, ...]
    administrations: tuple[Administration, ...]
    voided: tuple[str, ...]
    decisions: tuple[Decision, ...]
    wasted_apart: tuple[Waste, ...] = ()
    dispensed: tuple[Dispense, ...] = ()


_HAPPENED: Final = Parts._fields.index("wasted_apart")
"""So many of the parts stand together in the stay; the pharmacy's are its last fields."""


def parts_of(events: EventsBySubject) -> Parts:
    """Return what happened in the one stay these events are of."""
    voided = events.voided
    given = administrations_of(events.administrations, voided)
    apart: tuple[Waste, ...] = ()
    if events.wasted:
        given, apart = with_waste(given, events.wasted)
    return Parts(
        sites_of(events.access) if events.access else (),
        procedures_of(events.procedures) if events.procedures else (),
        given,
        tuple(sorted(voided)) if voided else (),
        decisions_of(events.decisions) if events.decisions else (),
        apart,
        dispensed_of(events.dispensed) if events.dispensed else (),
    )


def encounter(
    stay: StayFacts,
    parts: Parts,
    *,
    earliest: DatedEvent,
    last_recorded: float,
    conflicts: Iterable[str],
    refused_events: tuple[RefusedEvent, ...] = (),
    reviews: tuple[Review, ...] = (),
) -> Encounter:
    """
    Return the whole stay.

    ``earliest`` is its first event, whose own offset is the zone of last resort; ``last_recorded`` is when the
    newest was stored, in epoch seconds.
    """
    encounter_id, known, standing, departed_at, inpatient_ordered_at, overruled, departments = stay
    offset = earliest.event.occurred_at.utcoffset()
    arrived_at = known["arrived_at"]
    # In the order of the fields: 21 keywords would take a twentieth of the whole fold.
    return build(
        Encounter,
        (
            encounter_id,
            standing,
            *_registered_in(known),
            0 if offset is None else offset.days * 86_400 + offset.seconds,
            None if arrived_at is None else int(arrived_at.timestamp()),
            departed_at,
            inpatient_ordered_at,
            known["key_reason_order_id"],
            known["follows_encounter_id"],
            int(last_recorded),
            *parts[:_HAPPENED],
            tuple(sorted(conflicts)) if conflicts else (),
            departments if len(departments) > 1 else (),
            overruled,
            refused_events,
            None,  # where it was merged into, its own events need not tell
            reviews,
            known["patient_key"],
            (),  # nor what other accounts the patient has
            *parts[_HAPPENED:],
        ),
    )
