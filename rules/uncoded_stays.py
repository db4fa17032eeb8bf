"""The sets of stays that are not coded: cancelled, merged away, or before the first value in force."""

from collections.abc import Iterable

from models.charge import ChargeSet, Flag, NotBilled, Status
from models.encounter import Encounter
from rules.claim.cited_sources import sources_of
from rules.claim.set_identity import at_revision
from rules.flags import FLAGS
from rules.screening.refused_events import refused_event_flags
from rules.screening.window import NOT_GIVEN
from rules.version import RULEBOOK_VERSION
from rules.worksheet.reviews import settled


def status_of(flags: Iterable[Flag]) -> Status:
    """Return the status of a stay that has ended: held by whatever flag blocks, else final."""
    return "held" if "block" in [flag.severity for flag in flags] else "final"


def _bare(
    encounter: Encounter, status: Status, setting: str, payer: str | None, revision: int,
    flags: tuple[Flag, ...], refused: tuple[NotBilled, ...],
) -> ChargeSet:  # fmt: skip
    bare = ChargeSet(
        "", encounter.encounter_id, 1, None, status, RULEBOOK_VERSION, "none", setting, payer, (), flags, refused, {},
        facility=encounter.facility, sources=sources_of((), refused),
    )  # fmt: skip
    return at_revision(bare, revision)


def cancelled(encounter: Encounter, setting: str, payer: str | None, revision: int) -> ChargeSet:
    """Return the empty set of a stay that was cancelled, or merged into another, which bills it."""
    says = f"The stay was {encounter.standing}."
    if encounter.standing == "merged" and encounter.merged_into is not None:
        says = f"The stay was merged into {encounter.merged_into}, which bills it."
    ids = sorted(
        {administration.administration_id for administration in encounter.administrations}
        | set(encounter.voided)
    )
    refused = tuple(NOT_GIVEN.refuses(name, says) for name in ids)
    return _bare(encounter, "cancelled", setting, payer, revision, _overruled_flags(encounter), refused)


def _overruled_flags(encounter: Encounter) -> tuple[Flag, ...]:
    """Return the flag that names the discharges stored after a cancellation: only a reopening revives a stay."""
    if not encounter.overruled:
        return ()
    says = "A discharge was stored after the cancellation; the stay stays cancelled until it is reopened."
    return (FLAGS["F-EVENT_CONFLICT"].on((), says, event_ids=", ".join(encounter.overruled)),)


def not_in_force(
    encounter: Encounter, setting: str, payer: str | None, revision: int, says: str
) -> ChargeSet:
    """Return the set of a stay before the first value in force: held, unless a person decided that nothing is billed."""
    everyone = tuple(administration.administration_id for administration in encounter.administrations)
    flags = (FLAGS["F-NOT_IN_FORCE"].on(everyone, says), *refused_event_flags(encounter))
    flags, decided = settled(flags, encounter)
    refused = (*(NOT_GIVEN.refuses(name) for name in encounter.voided), *decided)
    status: Status = "preview" if encounter.standing == "open" else status_of(flags)
    return _bare(encounter, status, setting, payer, revision, flags, refused)
