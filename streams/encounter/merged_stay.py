"""
Stays that turned out to be one: what was charted under the other numbers joins the one that stays.

Two encounters may use one name for two things. Whoever comes first keeps it, the surviving encounter before
the others and these by id; what another calls the same becomes ``other-encounter/name``. An administration
named in several but begun in one is one administration: its stop came under the new number, and so on.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from models.encounter import AccessSite, Administration, Decision, DepartmentPeriod, Dispense, Procedure
from models.event_subject import GIVEN
from streams.encounter.assembly import EventsBySubject, Parts, administrations_of
from streams.encounter.dated_event import DatedEvent
from streams.encounter.pharmacy import dispensed_of, with_waste
from streams.encounter.stay_facts import (
    StayFacts,
    decisions_of,
    department_periods,
    procedures_of,
    sites_of,
    stay_of,
)

Named = TypeVar("Named", AccessSite, Procedure, Decision)
Names = dict[str, str]
"""What an encounter's names became; a name that is not in it stayed what it was."""


class Part(NamedTuple):
    """One of the encounters that are one, with its live events; the surviving one comes first."""

    encounter_id: str
    events: EventsBySubject


class _Pool(NamedTuple):
    """The administrations of all, under the names they go by now."""

    events: dict[str, list[DatedEvent]]
    voided: set[str]
    homes: dict[str, int]
    """Which part began it: its sites are that part's."""
    wasted: dict[str, list[DatedEvent]]


def _free_name(encounter_id: str, name: str, taken: set[str]) -> str:
    fresh = f"{encounter_id}/{name}"
    while fresh in taken:
        fresh = f"{encounter_id}/{fresh}"
    taken.add(fresh)
    return fresh


def _administration_names(parts: Sequence[Part]) -> list[Names]:
    """Return what the administrations each encounter began are called in the one that stays."""
    taken = {name for part in parts for name in (*part.events.administrations, *part.events.voided)}
    owned: set[str] = set()
    names: list[Names] = []
    for part in parts:
        renamed: Names = {}
        for name, entries in sorted(part.events.administrations.items()):
            if any(entry.event.type in GIVEN for entry in entries):
                renamed[name] = _free_name(part.encounter_id, name, taken) if name in owned else name
                owned.add(name)
        names.append(renamed)
    return names


def _pool(parts: Sequence[Part], names: Sequence[Names]) -> _Pool:
    pool = _Pool({}, set(), {}, {})
    for index, (part, renamed) in enumerate(zip(parts, names, strict=True)):
        for name, entries in part.events.administrations.items():
            now = renamed.get(name, name)
            pool.events.setdefault(now, []).extend(entries)
            if name in renamed or now not in pool.homes:
                pool.homes[now] = index
        for name, entries in part.events.wasted.items():
            pool.wasted.setdefault(renamed.get(name, name), []).extend(entries)
        pool.voided.update(renamed.get(name, name) for name in part.events.voided)
    for entries in pool.events.values():
        entries.sort()
    return pool


def events_by_administration(parts: Sequence[Part]) -> dict[str, list[DatedEvent]]:
    """Return the events about each administration of the one stay, by the id it has there; the voided ones too."""
    return _pool(parts, _administration_names(parts)).events


def _join_things(
    parts: Sequence[Part], built: Sequence[Sequence[Named]]
) -> tuple[list[tuple[int, Named]], list[Names]]:
    """
    Return the sites, procedures or decisions of all, each with the part it is of, and what their names became.

    Two of one name are the same thing unless a field is charted in both and differs.
    """
    taken = {thing[0] for things in built for thing in things}
    kept: dict[str, tuple[int, Named]] = {}
    names: list[Names] = []
    for index, things in enumerate(built):
        renamed: Names = {}
        for thing in things:
            name = thing[0]
            if name not in kept:
                kept[name] = (index, thing)
                continue
            owner, same = kept[name]
            charted = {field: value for field, value in thing._asdict().items() if value is not None}
            known = same._asdict()
            if all(known[field] in {None, value} for field, value in charted.items()):
                kept[name] = (owner, same._replace(**charted))
            else:
                renamed[name] = _free_name(parts[index].encounter_id, name, taken)
                own: dict[str, Any] = {thing._fields[0]: renamed[name]}
                kept[renamed[name]] = (index, thing._replace(**own))
        names.append(renamed)
    return list(kept.values()), names


def _sites(parts: Sequence[Part]) -> tuple[tuple[AccessSite, ...], list[Names]]:
    joined, names = _join_things(parts, [sites_of(part.events.access) for part in parts])
    sites = [
        site._replace(restart_of=names[index].get(site.restart_of, site.restart_of))
        if site.restart_of
        else site
        for index, site in joined
    ]
    return tuple(
        sorted(sites, key=lambda site: (_began(site.placed_at, site.removed_at), site.site_id))
    ), names


def _procedures(parts: Sequence[Part]) -> tuple[tuple[Procedure, ...], list[Names]]:
    joined, names = _join_things(parts, [procedures_of(part.events.procedures) for part in parts])
    procedures = [procedure for _, procedure in joined]
    return tuple(
        sorted(
            procedures,
            key=lambda procedure: (_began(procedure.started_at, procedure.ended_at), procedure.procedure_id),
        )
    ), names


def _decisions(parts: Sequence[Part], names: Sequence[Names]) -> tuple[Decision, ...]:
    built = [
        [
            decision._replace(
                administration_ids=tuple(renamed.get(name, name) for name in decision.administration_ids)
            )
            for decision in decisions_of(part.events.decisions)
        ]
        for part, renamed in zip(parts, names, strict=True)
    ]
    joined, _ = _join_things(parts, built)
    return tuple(
        sorted(
            (decision for _, decision in joined),
            key=lambda decision: (decision.decided_at, decision.decision_id),
        )
    )


def _dispensed(parts: Sequence[Part], names: Sequence[Names]) -> tuple[Dispense, ...]:
    """Return what was handed out under any of the numbers; of one id under two, the surviving stay's."""
    found: dict[str, Dispense] = {}
    for part, renamed in zip(parts, names, strict=True):
        for one in dispensed_of(part.events.dispensed, renamed):
            found.setdefault(one.dispense_id, one)
    return tuple(sorted(found.values(), key=lambda one: (one.at, one.dispense_id)))


def _began(*instants: int | None) -> int:
    return min((at for at in instants if at is not None), default=0)


def _stay(parts: Sequence[Part]) -> StayFacts:
    """
    Return what the surviving encounter's registration says, the others' filling what it leaves open.

    Their departures count only when the survivor was never registered: leaving the emergency room is not
    leaving the observation unit it was merged into.
    """
    own, others = parts[0], parts[1:]
    absorbed = {part.encounter_id for part in parts}
    mine = stay_of(own.encounter_id, own.events.stay, absorbed=absorbed)
    their_events = sorted(
        entry for part in others for entry in part.events.stay if entry.event.type != "encounter_merged"
    )
    theirs = stay_of(own.encounter_id, their_events)
    registered = any(entry.event.type != "encounter_merged" for entry in own.events.stay)
    known = {
        field: theirs.known.get(field) if value is None else value for field, value in mine.known.items()
    }
    if known.get("follows_encounter_id") in absorbed:
        known["follows_encounter_id"] = None
    ordered_at = mine.inpatient_ordered_at
    return StayFacts(
        encounter_id=own.encounter_id,
        known=known,
        standing=mine.standing if registered or mine.standing == "merged" else theirs.standing,
        departed_at=mine.departed_at if registered else theirs.departed_at,
        inpatient_ordered_at=theirs.inpatient_ordered_at if ordered_at is None else ordered_at,
        overruled=mine.overruled if registered else theirs.overruled,
        departments=_departments(department_periods(own.events.stay), department_periods(their_events)),
    )


def _departments(
    mine: tuple[DepartmentPeriod, ...], theirs: tuple[DepartmentPeriod, ...]
) -> tuple[DepartmentPeriod, ...]:
    """Return where the one stay was: the survivor's word from its first on, the others' before it."""
    if all(period[1:] == (None, None) for period in mine):
        return theirs
    return (*(period for period in theirs if period.from_at < mine[0].from_at), *mine)


def reviewed(parts: Sequence[Part]) -> list[tuple[DatedEvent, Names]]:
    """Return the answers to flags of all, each with what the administrations it names became."""
    if not any(part.events.reviews for part in parts):
        return []
    return [
        (entry, renamed)
        for part, renamed in zip(parts, _administration_names(parts), strict=True)
        for entry in part.events.reviews
    ]


def join(parts: Sequence[Part]) -> tuple[StayFacts, Parts]:
    """Return the one stay these encounters are and what happened in it; the surviving one comes first."""
    names = _administration_names(parts)
    pool = _pool(parts, names)
    sites, site_names = _sites(parts)
    procedures, procedure_names = _procedures(parts)

    def as_named_now(administration: Administration) -> Administration:
        home = pool.homes[administration.administration_id]
        site_id, procedure_id = administration.site_id, administration.procedure_id
        if site_id in site_names[home]:
            administration = administration._replace(site_id=site_names[home][site_id])
        if procedure_id in procedure_names[home]:
            administration = administration._replace(procedure_id=procedure_names[home][procedure_id])
        return administration

    given, apart = with_waste(administrations_of(pool.events, pool.voided), pool.wasted)
    return _stay(parts), Parts(
        sites=sites,
        procedures=procedures,
        administrations=tuple(map(as_named_now, given)),
        voided=tuple(sorted(pool.voided)),
        decisions=_decisions(parts, names),
        wasted_apart=apart,
        dispensed=_dispensed(parts, names),
    )
