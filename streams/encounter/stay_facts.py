"""What registration says of a stay, and what else happened in it: departures, sites, procedures, decisions."""

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from models.encounter import AccessSite, Decision, DepartmentPeriod, Procedure, Standing
from models.event_subject import REGISTRATION, STANDING_AFTER
from models.field import DepartmentModifier
from streams.encounter.dated_event import DatedEvent, by_record, latest_recorded

REGISTERED = (
    "setting",
    "payer",
    "facility",
    "department",
    "time_zone",
    "arrived_at",
    "department_modifier",
    "key_reason_order_id",
    "follows_encounter_id",
    "patient_key",
)
_OF_A_SITE = ("kind", "restart_of", "separate_site_reason")
_OF_A_PROCEDURE = ("kind",)
_AT_ONCE = tuple(STANDING_AFTER)
"""Stored at one instant for one instant, a cancellation follows a discharge, and a reopening both."""


class StayFacts(NamedTuple):
    """What registration knows of one stay; ``known`` holds at least every field it can say."""

    encounter_id: str
    known: Mapping[str, Any]
    standing: Standing
    departed_at: int | None
    inpatient_ordered_at: int | None
    overruled: tuple[str, ...] = ()
    departments: tuple[DepartmentPeriod, ...] = ()
    """Where it was from when on, in time order; one period where it never moved, none where nobody said."""


def _last_charted(entries: Sequence[DatedEvent], fields: Sequence[str]) -> Mapping[str, Any]:
    """Return, field by field, what was stored last; None where nothing was charted."""
    if len(entries) == 1:
        fields_of = entries[0].fields
        return {field: getattr(fields_of, field) for field in fields}
    known: dict[str, Any] = dict.fromkeys(fields)
    for entry in sorted(entries, key=by_record):
        for field in fields:
            value = getattr(entry.fields, field)
            if value is not None:
                known[field] = value
    return known


def department_periods(entries: Iterable[DatedEvent]) -> tuple[DepartmentPeriod, ...]:
    """
    Return where registration says that the stay was, from the instant at which each word holds (R-MOD-8).

    What is said of one instant is corrected by what was stored last. Another department has its own modifier: the
    one it had before in this stay, or none until it is said.
    """
    registered = [
        entry
        for entry in entries
        if entry.event.type in REGISTRATION
        and (
            entry.event.type == "encounter_opened"
            or entry.fields.department is not None
            or entry.fields.department_modifier is not None
        )
    ]
    registered.sort(key=_by_instant)
    periods: list[DepartmentPeriod] = []
    modifiers: dict[str | None, DepartmentModifier | None] = {}
    for at, at_once in groupby(registered, lambda entry: int(entry.at)):
        department: str | None = None
        modifier: DepartmentModifier | None = None
        for entry in at_once:
            department = entry.fields.department or department
            modifier = entry.fields.department_modifier or modifier
        if periods:
            before = periods[-1]
            moved = None not in {department, before.department} and department != before.department
            modifier = modifier or (modifiers.get(department) if moved else before.department_modifier)
            department = department or before.department
        modifiers[department] = modifier
        if not periods or periods[-1][1:] != (department, modifier):
            periods.append(DepartmentPeriod(at, department, modifier))
    return tuple(periods)


def _by_instant(entry: DatedEvent) -> tuple[int, float, bool, tuple[float, float, str, str, str]]:
    """Return the key under which registration is in the order of its whole seconds, an update after the opening."""
    return int(entry.at), entry.recorded, entry.event.type == "encounter_updated", by_record(entry)


def _by_storage(entry: DatedEvent) -> tuple[float, float, int, str, str, str]:
    """Return the order in which registration is believed: what was stored last stands, whatever its own time."""
    rank = _AT_ONCE.index(entry.event.type) if entry.event.type in STANDING_AFTER else 0
    return (entry.recorded, entry.at, rank, entry.event_id, entry.source, entry.encounter_id)


def _departure(entries: Sequence[DatedEvent]) -> tuple[Standing, int | None, tuple[str, ...]]:
    """
    Return where the stay stands, when the patient left, and the discharges that came to nothing.

    A discharge stored after a cancellation does not revive the stay; only a reopening does.
    """
    standing: Standing = "open"
    departed_at: int | None = None
    overruled: list[str] = []
    for entry in sorted(entries, key=_by_storage):
        kind = entry.event.type
        if standing == "cancelled" and kind == "encounter_discharged":
            overruled.append(entry.event_id)
            continue
        standing = STANDING_AFTER[kind]
        departed_at = int(entry.at) if standing == "discharged" else None
    return standing, departed_at, tuple(sorted(overruled)) if standing == "cancelled" else ()


def stay_of(encounter_id: str, entries: Sequence[DatedEvent], *, absorbed: Container[str] = ()) -> StayFacts:
    """
    Return what registration says of this encounter, from its events in time order.

    Each field has the value stored last. A merge into one of the ``absorbed`` encounters, which went into this one
    themselves, has no effect.
    """
    registered, departures, orders = [], [], []
    into = None
    for entry in entries:
        event = entry.event
        kind = event.type
        if kind in REGISTRATION:
            registered.append(entry)
        elif kind in STANDING_AFTER:
            departures.append(entry)
        elif event.type == "encounter_merged":
            into = event.into_encounter_id if event.into_encounter_id != encounter_id else into
        else:
            orders.append(entry)
    standing, departed_at, overruled = _departure(departures) if departures else ("open", None, ())
    ordered_at = int(max(orders, key=_by_storage).at) if orders else None
    if into is not None and into not in absorbed:
        standing = "merged"
    return StayFacts(
        encounter_id,
        _last_charted(registered, REGISTERED),
        standing,
        departed_at,
        ordered_at,
        overruled,
        department_periods(registered) if len(registered) > 1 else (),
    )


def _span(starts: Sequence[DatedEvent], ends: Sequence[DatedEvent]) -> tuple[int | None, int | None]:
    """Return the first start and the last end; what began again after its end has none."""
    began = int(starts[0].at) if starts else None
    ended = int(ends[-1].at) if ends else None
    if starts and ends and starts[-1].at > ends[-1].at:
        ended = None
    return began, ended


def _by_id(entries: Iterable[DatedEvent], field: str) -> dict[str, list[DatedEvent]]:
    """Return the events of each site, procedure or decision, in order of first mention."""
    named: dict[str, list[DatedEvent]] = {}
    for entry in entries:
        named.setdefault(getattr(entry.event, field), []).append(entry)
    return (
        named if len(named) == 1 else dict(sorted(named.items(), key=lambda item: (item[1][0].at, item[0])))
    )


def _starts_and_ends(entries: Iterable[DatedEvent], start: str) -> tuple[list[DatedEvent], list[DatedEvent]]:
    starts: list[DatedEvent] = []
    ends: list[DatedEvent] = []
    for entry in entries:
        (starts if entry.event.type == start else ends).append(entry)
    return starts, ends


def sites_of(entries: Iterable[DatedEvent]) -> tuple[AccessSite, ...]:
    """Return the access sites in order of first mention, each from its first placing to its last removal."""
    sites = []
    for site_id, events in _by_id(entries, "site_id").items():
        placed_at, removed_at = _span(*_starts_and_ends(events, "access_placed"))
        attributes = _last_charted(events, _OF_A_SITE)
        sites.append(
            AccessSite(
                site_id,
                attributes["kind"],
                placed_at,
                removed_at,
                attributes["restart_of"],
                attributes["separate_site_reason"],
            )
        )
    return tuple(sites)


def procedures_of(entries: Iterable[DatedEvent]) -> tuple[Procedure, ...]:
    """Return the procedures in order of first mention, each from its first start to its last end."""
    procedures = []
    for procedure_id, events in _by_id(entries, "procedure_id").items():
        started_at, ended_at = _span(*_starts_and_ends(events, "procedure_started"))
        attributes = _last_charted(events, _OF_A_PROCEDURE)
        procedures.append(Procedure(procedure_id, attributes["kind"], started_at, ended_at))
    return tuple(procedures)


def decisions_of(entries: Iterable[DatedEvent]) -> tuple[Decision, ...]:
    """Return each decision as stored last, in order of decision."""
    decisions = []
    for decision_id, events in _by_id(entries, "decision_id").items():
        last = latest_recorded(events)
        if last is not None and last.event.type == "code_decided":
            decisions.append(
                Decision(
                    decision_id=decision_id,
                    code=last.event.code,
                    units=last.event.units,
                    administration_ids=last.event.administration_ids,
                    reason=last.event.reason,
                    comparable_code=last.event.comparable_code,
                    decided_at=int(last.at),
                )
            )
    return tuple(sorted(decisions, key=lambda decision: (decision.decided_at, decision.decision_id)))
