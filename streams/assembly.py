"""A stay put together from its live events: sorted by what they are about, then built part by part."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from models.encounter import AccessSite, Administration, Decision, Encounter, Procedure
from streams.administrations import GIVEN, administration
from streams.ordering import Dated
from streams.stays import Stay

_ABOUT_ADMINISTRATIONS = GIVEN | {
    "infusion_paused",
    "infusion_resumed",
    "infusion_rate_changed",
    "infusion_bag_changed",
    "infusion_stopped",
}
_STAY = frozenset(
    {
        "encounter_opened",
        "encounter_updated",
        "encounter_discharged",
        "encounter_reopened",
        "encounter_cancelled",
        "encounter_merged",
        "inpatient_ordered",
    }
)
_ACCESS = frozenset({"access_placed", "access_removed"})
_PROCEDURE = frozenset({"procedure_started", "procedure_ended"})


class Gathered:
    """The live events of one encounter, each list in time order."""

    __slots__ = ("access", "administrations", "decisions", "procedures", "stay", "voided")

    def __init__(self) -> None:
        self.stay: list[Dated] = []
        self.access: list[Dated] = []
        self.procedures: list[Dated] = []
        self.decisions: list[Dated] = []
        self.administrations: dict[str, list[Dated]] = {}
        self.voided: set[str] = set()


def gather(entries: Iterable[Dated]) -> Gathered:
    """Return the live events, in time order, sorted by what they are about."""
    gathered = Gathered()
    administrations = gathered.administrations
    for entry in entries:
        said = entry.said
        kind = said["type"]
        if kind in _ABOUT_ADMINISTRATIONS:
            named = said["administration_id"]
            if named in administrations:
                administrations[named].append(entry)
            else:
                administrations[named] = [entry]
        elif kind in _STAY:
            gathered.stay.append(entry)
        elif kind in _ACCESS:
            gathered.access.append(entry)
        elif kind in _PROCEDURE:
            gathered.procedures.append(entry)
        elif kind == "administration_voided":
            gathered.voided.add(said["administration_id"])
        elif kind == "code_decided":
            gathered.decisions.append(entry)
    return gathered


def administrations_of(
    named: Mapping[str, Sequence[Dated]], voided: Container[str]
) -> tuple[Administration, ...]:
    """Return the administrations that were not voided, by when they were given or first heard of, then by id."""
    built = []
    for administration_id, entries in named.items():
        if administration_id not in voided:
            given = administration(administration_id, entries)
            first = int(entries[0].at) if given.given_at is None else given.given_at
            built.append((first, administration_id, given))
    built.sort()
    return tuple(given for _, _, given in built)


class Parts(NamedTuple):
    """What happened in a stay, built and in order."""

    sites: tuple[AccessSite, ...]
    procedures: tuple[Procedure, ...]
    administrations: tuple[Administration, ...]
    voided: tuple[str, ...]
    decisions: tuple[Decision, ...]


def encounter(
    stay: Stay, parts: Parts, *, earliest: Dated, last_recorded: float, conflicts: Iterable[str]
) -> Encounter:
    """
    Return the whole stay.

    ``earliest`` is its first event, whose own offset is the zone of last resort; ``last_recorded`` is when the
    newest was stored, in epoch seconds.
    """
    offset = earliest.event.occurred_at.utcoffset()
    known = stay.known
    arrived_at = known["arrived_at"]
    return Encounter(
        encounter_id=stay.encounter_id,
        standing=stay.standing,
        setting=known["setting"],
        payer=known["payer"],
        facility=known["facility"],
        department=known["department"],
        department_modifier=known["department_modifier"],
        time_zone=known["time_zone"],
        utc_offset_s=0 if offset is None else int(offset.total_seconds()),
        arrived_at=None if arrived_at is None else int(arrived_at.timestamp()),
        departed_at=stay.departed_at,
        inpatient_ordered_at=stay.inpatient_ordered_at,
        key_reason_order_id=known["key_reason_order_id"],
        follows_encounter_id=known["follows_encounter_id"],
        last_recorded_at=int(last_recorded),
        sites=parts.sites,
        procedures=parts.procedures,
        administrations=parts.administrations,
        voided=parts.voided,
        decisions=parts.decisions,
        conflicts=tuple(sorted(conflicts)),
    )
