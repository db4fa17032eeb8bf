"""What is known of a stay when a person is asked about it: folded from its events, those of merged stays included."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta, timezone
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from models.charge import ChargeSet
from models.encounter import Encounter, empty_encounter
from models.event import AccessPlaced, AccessRemoved, Event, EventRefused, EventVoided
from models.event_subject import GIVEN
from streams.encounter.dated_event import DatedEvent, date_events
from streams.encounter.fold import NoEventsError, administration_events, merges
from streams.encounter.merge_bound import fold_bounded, too_many
from streams.encounter.merge_groups import survivor
from streams.operations.resolutions.question import Basis, Home

MANUAL: Final = "manual"
"""The source of whatever a person enters by hand."""


class StayContext(NamedTuple):
    """A stay as its events tell it, and the events themselves."""

    encounter: Encounter
    events: Sequence[Event]
    behind: Mapping[str, Sequence[DatedEvent]]
    """The live events behind each administration, by the name it has in the stay."""


def parts_of(encounter_id: str, events: Iterable[Event]) -> tuple[list[Event], dict[str, list[Event]]]:
    """Return a stay's own events, and those of each stay that was merged into it."""
    known: dict[str, list[Event]] = {}
    for event in events:
        known.setdefault(event.encounter_id, []).append(event)
    own = known.pop(encounter_id, [])
    into = dict(merges(event for part in (own, *known.values()) for event in part))
    others = {name: part for name, part in known.items() if survivor(name, into) == encounter_id}
    return own, others


def folded(encounter_id: str, events: Iterable[Event]) -> Encounter:
    """
    Return the stay that these events are, as the worker and ``infusion code`` fold it.

    Raises:
        NoEventsError: none of them is known of this stay.
    """
    own, others = parts_of(encounter_id, events)
    encounter = fold_bounded(encounter_id, own, others)
    into = dict(merges([*own, *(event for part in others.values() for event in part)]))
    if encounter_id in into:
        encounter = encounter._replace(merged_into=survivor(encounter_id, into))
    return encounter


def context_of(encounter_id: str, events: Sequence[Event]) -> StayContext:
    """Return what is known of a stay; of one whose events are gone, nothing but its name."""
    own, others = parts_of(encounter_id, events)
    try:
        encounter = fold_bounded(encounter_id, own, others)
        behind = administration_events(own, {} if too_many(len(others)) else others)
    except NoEventsError:
        return StayContext(empty_encounter(encounter_id, "open"), (), {})
    return StayContext(encounter, [*own, *(event for part in others.values() for event in part)], behind)


def earliest_of(context: StayContext) -> int | None:
    """
    Return the epoch second before which nothing of a stay is looked for: its arrival, else its first day.

    None where nothing but refused events is known of it.
    """
    stay = context.encounter
    if stay.arrived_at is not None:
        return stay.arrived_at
    known = [event.occurred_at for event in context.events if not isinstance(event, EventRefused)]
    if not known:
        return None
    clock = ZoneInfo(stay.time_zone) if stay.time_zone else timezone(timedelta(seconds=stay.utc_offset_s))
    first = min(known).astimezone(clock)
    return int(first.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())


def basis_of(charge_set: ChargeSet, context: StayContext) -> Basis:
    """Return what the answers to questions about a charge set are made from."""
    encounter, events = context.encounter, context.events
    by_hand = {event.event_id: event for event in events if event.source == MANUAL}
    spent = {event.voids_event_id for event in events if isinstance(event, EventVoided)}
    spent |= {str(flag.facts["event_id"]) for flag in charge_set.flags if "decided" in flag.facts}
    return Basis(
        charge_set.encounter_id,
        encounter.time_zone,
        encounter.utc_offset_s,
        max((entry.recorded for entry in date_events(events)), default=0.0),
        {name: _home(name, entries) for name, entries in context.behind.items()},
        _site_homes(context),
        by_hand,
        frozenset(spent & by_hand.keys()),
    )


def _home(name: str, entries: Sequence[DatedEvent]) -> Home:
    first = next((entry for entry in entries if entry.event.type in GIVEN), entries[0])
    drug = next(
        (
            found.name
            for entry in entries
            if (found := getattr(entry.event, "drug", None)) is not None and found.name
        ),
        "",
    )
    return Home(first.encounter_id, getattr(first.event, "administration_id", name), drug)


def _site_homes(context: StayContext) -> dict[str, tuple[str, str, int]]:
    """Return each site by its name in the stay, where it was told of, and since when it was there."""
    told = {
        (event.encounter_id, event.site_id)
        for event in context.events
        if isinstance(event, AccessPlaced | AccessRemoved)
    }
    homes: dict[str, tuple[str, str, int]] = {}
    for given in context.encounter.administrations:
        at = _began(given.given_at, [flow.start for flow in (*given.flows, *given.pump_flows)])
        if given.site_id is not None and at is not None:
            home = context.behind[given.administration_id][0].encounter_id
            known = homes.get(given.site_id)
            if known is None or at < known[2]:
                homes[given.site_id] = (home, given.site_id, at)
    for site in context.encounter.sites:
        owners = [
            (encounter_id, name)
            for encounter_id, name in told
            if site.site_id in {name, f"{encounter_id}/{name}"}
        ]
        own = context.encounter.encounter_id
        owner = min(
            owners, key=lambda one: (one[1] != site.site_id, one[0] != own), default=(own, site.site_id)
        )
        known = homes.get(site.site_id)
        since = site.placed_at if site.placed_at is not None or known is None else known[2]
        if since is not None:
            homes[site.site_id] = (*owner, since)
    return homes


def _began(given_at: int | None, starts: Sequence[int]) -> int | None:
    return min((*starts, *(() if given_at is None else (given_at,))), default=None)
