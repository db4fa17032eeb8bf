"""
A stay as its events tell it: who gave what, through which site, when it flowed.

These are the only facts the rules see. They hold no judgement: the rules decide what a missing stop means, which
source counts and what a minute is worth. Instants are whole seconds since 1970-01-01 UTC. Named tuples, because an
encounter is built once and read often.
"""

from decimal import Decimal
from typing import Literal, NamedTuple

from models.drug import Drug
from models.field import (
    ChartedByRole,
    DepartmentModifier,
    Intent,
    OrderStatus,
    ReviewDecision,
    Setting,
    StopReason,
    SuppliedBy,
    Technique,
)

Standing = Literal["open", "discharged", "cancelled", "merged"]

Fault = Literal[
    "future_time",
    "stop_before_start",
    "stop_without_start",
    "no_duration",
    "overlapping_intervals",
    "started_twice",
]
"""A way in which the chart cannot be true; R-DOC-5 refuses to code such an administration."""


class Flow(NamedTuple):
    """One uninterrupted stretch of flow, in epoch seconds; without a stop it was still running."""

    start: int
    stop: int | None


class AccessSite(NamedTuple):
    """One venipuncture, catheter or port, whatever the number of its lumens (R-DEF-12)."""

    site_id: str
    kind: str | None
    placed_at: int | None
    removed_at: int | None
    restart_of: str | None
    separate_site_reason: str | None


class DepartmentPeriod(NamedTuple):
    """Where the stay was from an instant until the next period began, and that department's modifier (R-MOD-8)."""

    from_at: int
    department: str | None
    department_modifier: DepartmentModifier | None


class Procedure(NamedTuple):
    """Another service, with the time it took; drugs inside may be part of it."""

    procedure_id: str
    kind: str | None
    started_at: int | None
    ended_at: int | None


class Decision(NamedTuple):
    """A person's decision on a code no clock can earn (R-UNL-1)."""

    decision_id: str
    code: str
    units: int
    administration_ids: tuple[str, ...]
    reason: str
    comparable_code: str | None
    decided_at: int


class Review(NamedTuple):
    """
    A person's answer to a flag (R-REV-1), and what of the facts it was made on is different now.

    The facts are what the events stored up to the decision say, the decision's own instant of storage included.
    ``changed_ids`` names the administrations that are now another than then, came since or were taken away;
    ``changed_facts`` the fields of the stay itself. Both are sorted.
    """

    review_id: str
    """The id of its event."""
    flag: str
    administration_ids: tuple[str, ...]
    refusal_ids: tuple[str, ...]
    decision: ReviewDecision
    code: str | None
    comparable_code: str | None
    reason: str
    decided_by: str
    decided_at: int
    changed_ids: tuple[str, ...] = ()
    changed_facts: tuple[str, ...] = ()


class RefusedEvent(NamedTuple):
    """
    An event that could not be used and was neither replayed nor voided since.

    ``event_id`` is the refusal's own, ``refused_event_id`` the refused event's where it could be read.
    """

    event_id: str
    refused_event_id: str | None
    reason: str


class Waste(NamedTuple):
    """What was thrown away of a container opened for one giving; an ``amount`` of 0 says that nothing was."""

    waste_id: str
    """The id of its event."""
    administration_id: str
    amount: Decimal
    unit: str | None
    reason: str | None
    at: int


class Dispense(NamedTuple):
    """A drug that was handed out or charged for the stay; it proves no giving."""

    dispense_id: str
    administration_id: str | None
    order_id: str | None
    drug: Drug
    dose: Decimal | None
    dose_unit: str | None
    at: int


class Administration(NamedTuple):
    """
    One drug given once, as nurse and pump record it.

    ``flows`` is the nurse's record, the billing record; ``pump_flows`` what the pump says of the same
    administration (R-DOC-7). Either may be empty. For a push or an injection ``given_at`` is its moment
    and ``flows`` the time it took, when charted.
    """

    administration_id: str
    technique: Technique
    drug: Drug | None
    route: str | None
    order_id: str | None
    order_status: OrderStatus | None
    dose_id: str | None
    site_id: str | None
    intent: Intent | None
    indication: str | None
    rate_ml_per_h: Decimal | None
    volume_ml: Decimal | None
    planned_minutes: int | None
    dose: Decimal | None
    dose_unit: str | None
    prehospital: bool | None
    device_id: str | None
    counselling: bool | None
    lesion_count: int | None
    complexity_documented: bool | None
    procedure_id: str | None
    """The procedure it was part of, or ``none`` where it was part of none (R-BUN-6)."""
    lumen: str | None
    charted_by_role: ChartedByRole | None
    supplied_by: SuppliedBy | None
    research: bool | None
    order_modifiers: tuple[str, ...] | None
    """As the order says; empty where a correction took them back."""
    ordered_dose: Decimal | None
    ordered_dose_unit: str | None
    weight_kg: Decimal | None
    """The patient's, as charted with the giving; it converts a dose per kilogram and nothing else."""
    body_surface_m2: Decimal | None
    given_at: int | None
    flows: tuple[Flow, ...]
    pump_flows: tuple[Flow, ...]
    rates: tuple[tuple[int, Decimal], ...]
    """Every charted rate in mL/h with the instant from which it held, in time order."""
    bag_changes: tuple[int, ...]
    stop_reason: StopReason | None
    touched: tuple[int, ...]
    """The instants of every event about this administration after its start, in time order."""
    faults: tuple[Fault, ...]
    open_pause: Flow | None = None
    """From a pause that nobody resumed to the stop that followed it."""
    last_seen_at: int | None = None
    """The last instant of its flow that nurse or pump told as it went: a start, a rate, a bag, a pause or a stop."""
    wasted: tuple[Waste, ...] = ()
    """In the order in which it was thrown away."""


class Encounter(NamedTuple):
    """One stay. ``administrations`` are in order of first moment, then id; none is missing."""

    encounter_id: str
    standing: Standing
    setting: Setting | None
    payer: str | None
    facility: str | None
    department: str | None
    department_modifier: DepartmentModifier | None
    time_zone: str | None
    utc_offset_s: int
    """Seconds east of UTC on the stay's earliest event; it dates services where ``time_zone`` is None."""
    arrived_at: int | None
    departed_at: int | None
    inpatient_ordered_at: int | None
    key_reason_order_id: str | None
    follows_encounter_id: str | None
    last_recorded_at: int | None
    """When the newest of its events was stored."""
    sites: tuple[AccessSite, ...]
    procedures: tuple[Procedure, ...]
    administrations: tuple[Administration, ...]
    voided: tuple[str, ...]
    """Administrations entered in error, refused or not given, sorted."""
    decisions: tuple[Decision, ...]
    conflicts: tuple[str, ...]
    """Event ids that came with two different contents, sorted."""
    departments: tuple[DepartmentPeriod, ...] = ()
    """In time order, where the stay moved; what started before the first was there too. Empty where it never moved."""
    overruled: tuple[str, ...] = ()
    """Event ids of discharges that were stored after a cancellation and do not revive the stay, sorted."""
    refused_events: tuple[RefusedEvent, ...] = ()
    """Events that could not be used, by the id of their refusal."""
    merged_into: str | None = None
    """The stay that bills a merged one, at the end of however long a chain; None where no merge is known."""
    reviews: tuple[Review, ...] = ()
    """Answers to flags, in the order in which they were stored."""
    patient_key: str | None = None
    """Opaque and made by the feed: stays that share it are one patient's."""
    other_accounts: tuple[str, ...] = ()
    """Stays of the same patient on a day of this one that no word of registration explains, sorted."""
    wasted_apart: tuple[Waste, ...] = ()
    """Waste of administrations that are not in the stay: voided, or never told."""
    dispensed: tuple[Dispense, ...] = ()
    """In the order in which it was handed out."""


def empty_encounter(encounter_id: str, standing: Standing) -> Encounter:
    """Return a stay of which nothing else is known; its dates of service would be those of UTC."""
    return Encounter(
        encounter_id=encounter_id,
        standing=standing,
        setting=None,
        payer=None,
        facility=None,
        department=None,
        department_modifier=None,
        time_zone=None,
        utc_offset_s=0,
        arrived_at=None,
        departed_at=None,
        inpatient_ordered_at=None,
        key_reason_order_id=None,
        follows_encounter_id=None,
        last_recorded_at=None,
        sites=(),
        procedures=(),
        administrations=(),
        voided=(),
        decisions=(),
        conflicts=(),
    )
